"""Documents are read as text; what gives none says why."""

import io
import zipfile

import pytest
from docx import Document
from pypdf import PdfWriter

from data.documents import MAX_BYTES, MAX_PAGES, DocumentError, text_of

WORDS = "A pretrained encoder knows what words mean."


def docx(*paragraphs: str, table: tuple[str, ...] = ()) -> bytes:
    made = Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    if table:
        for cell, text in zip(made.add_table(1, len(table)).rows[0].cells, table, strict=True):
            cell.text = text
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def pdf(text: str = "", pages: int = 1) -> bytes:
    """A PDF with a line of text on each page, written by hand."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    kids = []
    for _ in range(pages):
        kids.append(f"{len(objects) + 1} 0 R")
        font = b"<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {len(objects) + 2} 0 R/Resources ".encode()
        objects += [page + font + b">>", f"<</Length {len(stream)}>>stream\n".encode() + stream + b"\nendstream"]
    objects[1] = f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {pages}>>".encode()
    out, places = b"%PDF-1.4\n", []
    for i, made in enumerate(objects, 1):
        places.append(len(out))
        out += f"{i} 0 obj\n".encode() + made + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return out + f"{end}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF".encode()


def encrypted(password: str) -> bytes:
    writer, file = PdfWriter(clone_from=io.BytesIO(pdf(WORDS))), io.BytesIO()
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    writer.write(file)
    return file.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    """A Word file with another part in it."""
    file = io.BytesIO(docx(WORDS))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


async def problem(name: str, content: bytes) -> str:
    with pytest.raises(DocumentError) as error:
        await text_of(name, content)
    return error.value.problem


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", WORDS.encode()), ("a.MD", b"\xef\xbb\xbf" + WORDS.encode()), ("a.txt", WORDS.encode("utf-16")),
        ("a.docx", docx(WORDS)), ("a.PDF", pdf(WORDS)), ("a.pdf", encrypted("")),
    ],
)  # fmt: skip
async def test_a_document_of_each_kind_gives_its_text(name: str, content: bytes) -> None:
    assert await text_of(name, content) == WORDS


async def test_paragraphs_and_rows_of_tables_keep_their_lines() -> None:
    assert await text_of("a.docx", docx("One.", "两个。", table=("a", "b"))) == "One.\n两个。\na\tb"
    assert await text_of("a.txt", b"One.\r\n\r\nTwo.\r") == "One.\n\nTwo."


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.odt", b"x", "kind"), ("", b"x", "kind"), ("a.txt", b"  \n", "empty"), ("a.docx", docx(""), "empty"),
        ("a.txt", b"a\0b", "broken"), ("a.txt", b"\xff\x00\x80", "broken"), ("a.txt", b"x" * (MAX_BYTES + 1), "large"),
        ("a.docx", b"no zip", "broken"), ("a.docx", docx(WORDS)[:2000], "broken"),
        ("a.docx", b"\xd0\xcf\x11\xe0", "encrypted"),
        ("a.pdf", b"no pdf", "broken"), ("a.pdf", pdf(WORDS)[:60], "broken"), ("a.pdf", b"", "broken"),
        ("a.pdf", pdf(), "scanned"), ("a.pdf", pdf(WORDS, MAX_PAGES + 1), "pages"),
        ("a.pdf", encrypted("secret"), "encrypted"),
        ("a.docx", zipped("word/extra.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "broken"),
        ("a.docx", zipped("word/zeros.bin", b"0" * 20_000_000), "broken"),
    ],
)  # fmt: skip
async def test_what_gives_no_text_says_why(name: str, content: bytes, told: str) -> None:
    assert await problem(name, content) == told
