"""The text of a document that somebody sent: .txt, .md, .docx or .pdf.

Word and PDF files are read in a process of their own, with little memory and time: what is made to harm its reader
harms nobody else there. `python -m data.documents SUFFIX` is that process: the file comes on stdin, JSON goes out.
"""

import asyncio
import io
import json
import resource
import sys
from collections.abc import Callable
from typing import Literal
from zipfile import ZipFile

from data.archives import Unsafe, check_archive
from data.encodings import decode

MAX_BYTES = 10 * 1024 * 1024
MAX_PAGES = 200
MAX_CHARS = 1_000_000  # more is no text of a student
TIMEOUT_S, MEMORY_BYTES = 30, 2**30
PLAIN, BUILT = (".txt", ".md"), (".docx", ".pdf")
SUFFIXES = (*PLAIN, *BUILT)
Problem = Literal["kind", "large", "broken", "encrypted", "pages", "scanned", "empty"]


class DocumentError(ValueError):
    """A document that gives no text; `problem` tells the front end which sentence to show."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"the document cannot be read: {problem}")


async def text_of(name: str, content: bytes) -> str:
    """Return the text of a document; `name` tells the format by its end. Raises DocumentError."""
    suffix = f".{name.lower().rpartition('.')[2]}"
    if suffix not in SUFFIXES:
        raise DocumentError("kind")
    if len(content) > MAX_BYTES:
        raise DocumentError("large")
    text = _plain(content) if suffix in PLAIN else await _apart(suffix, content)
    if len(text) > MAX_CHARS:
        raise DocumentError("large")
    if not text.strip():
        raise DocumentError("empty")
    return text.strip()


def _plain(content: bytes) -> str:
    try:
        text = decode(content).content
    except ValueError as error:
        raise DocumentError("broken") from error
    if "\0" in text:
        raise DocumentError("broken")
    return text.replace("\r\n", "\n").replace("\r", "\n")


async def _apart(suffix: str, content: bytes) -> str:
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    command = (sys.executable, "-m", "data.documents", suffix)
    child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=nowhere)
    try:
        out, _ = await asyncio.wait_for(child.communicate(content), TIMEOUT_S)
        told = json.loads(out)
    except (TimeoutError, ValueError) as error:
        raise DocumentError("broken") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if told["problem"]:
        raise DocumentError(told["problem"])
    return str(told["text"])


def _docx(content: bytes) -> str:
    """Return the text of a Word file, with a line for each paragraph, and for each row of a table."""
    from defusedxml.ElementTree import fromstring
    from docx import Document
    from docx.table import Table

    file = io.BytesIO(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):  # a Word file behind a password is a container of another kind
        raise DocumentError("encrypted")
    check_archive(file)
    with ZipFile(file) as archive:
        for part in archive.namelist():
            if part.endswith((".xml", ".rels")):
                fromstring(archive.read(part), forbid_dtd=True)
    lines = []
    for block in Document(file).iter_inner_content():
        if isinstance(block, Table):
            lines += ["\t".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            lines.append(block.text)
    return "\n".join(lines)


def _pdf(content: bytes) -> str:
    """Return the text of a PDF. Raises DocumentError if it is encrypted, too long, or has pictures of text alone."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise DocumentError("encrypted")
    if len(reader.pages) > MAX_PAGES:
        raise DocumentError("pages")
    text = "\n".join(page.extract_text() for page in reader.pages)
    if not text.strip():
        raise DocumentError("scanned")
    return text


READ: dict[str, Callable[[bytes], str]] = {".docx": _docx, ".pdf": _pdf}


def main() -> None:
    """Read a document from stdin and write its text, or what the matter is."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT_S, TIMEOUT_S))
    told: dict[str, str] = {"text": "", "problem": ""}
    try:
        told["text"] = READ[sys.argv[1]](sys.stdin.buffer.read())[: MAX_CHARS + 1]
    except DocumentError as error:
        told["problem"] = error.problem
    except Unsafe as error:
        told["problem"] = "encrypted" if "encrypted" in str(error) else "broken"
    except Exception:  # both libraries stumble over what is damaged in many ways
        told["problem"] = "broken"
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
