"""Spreadsheets are read as the text that people see, written so that nothing in them runs, and never trusted."""

import io
import re
import traceback
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from data.errors import Refused
from data.spreadsheets import MAX_CHARS, MAX_COLUMNS, read_sheet
from data.tables import read_table, write_table

HEADER = ["question", "answer"]
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/hostname">]>'


def book(path: Path, *rows: list[Any]) -> Path:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    made.save(path)
    return path


def cells(path: Path) -> list[dict[str, str]]:
    table = read_table(path, required=["question"], optional=["answer", "tags", "expires_on"])
    assert table.refused == ()
    return [dict(row.cells) for row in table.rows]


def changed(path: Path, part: str, *pairs: tuple[str, str]) -> Path:
    """Replace text in a part of a spreadsheet."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    text = parts[part].decode()
    for old_text, new_text in pairs:
        assert old_text in text
        text = text.replace(old_text, new_text)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in (parts | {part: text.encode()}).items():
            new.writestr(name, content)
    return path


def shared(path: Path) -> Path:
    """Move the texts of a spreadsheet's cells to the part for shared ones, where a spreadsheet program puts them."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    known = f'<Override PartName="/{STRINGS}" ContentType="{kind}"/></Types>'
    changed(path, "[Content_Types].xml", ("</Types>", known))
    number = iter(range(100))
    with zipfile.ZipFile(path) as archive:
        text = archive.read(SHEET).decode()
    moved = re.sub(r't="inlineStr"><is><t>[^<]*</t></is>', lambda _: f't="s"><v>{next(number)}</v>', text)
    changed(path, SHEET, (text, moved))
    with zipfile.ZipFile(path, "a") as archive:
        texts = [*HEADER, "shared_x000D_2", "shared 3"]
        items = "".join(f"<si><t>{text}</t></si>" for text in texts)
        archive.writestr(STRINGS, f'<sst xmlns="{SPACE}">{items}</sst>')
    return path


def refusal(path: Path, max_rows: int = 1000) -> str:
    with pytest.raises(Refused) as caught:
        read_sheet(path, max_rows)
    return str(caught.value)


def test_sheets_behind_the_first_are_named_as_left_out(tmp_path: Path) -> None:
    made = load_workbook(book(tmp_path / "a.xlsx", HEADER, ["Q", "A"]))
    assert read_table(tmp_path / "a.xlsx", required=HEADER).notes == ()
    made.create_sheet("Week 2").append(["lost", "silently"])
    made.create_sheet("Week 3")
    made.save(tmp_path / "a.xlsx")
    table = read_table(tmp_path / "a.xlsx", required=HEADER)
    assert table.notes == ("only the first sheet is read; left out: Week 2, Week 3",)
    assert len(table.rows) == 1


def test_cells_are_read_as_text_dates_as_iso_and_numbers_without_a_point(tmp_path: Path) -> None:
    values = [" Q? ", 3, 2.0, 2.5, True, date(2026, 12, 1), datetime(2026, 12, 1), datetime(2026, 12, 1, 9, 30), None]
    path = book(tmp_path / "a.xlsx", ["question"], *([value] for value in [*values, time(9, 30), 1e300]))
    assert [row["question"] for row in cells(path)] == [
        *("Q?", "3", "2", "2.5", "True", "2026-12-01", "2026-12-01", "2026-12-01T09:30:00"),
        *("09:30:00", str(int(1e300))),
    ]


def test_rows_are_named_by_their_number_in_the_sheet(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [None], ["Question ", None, "ANSWER"], [None], ["Q1?", None, "A1."], ["Q2?"])
    columns, rows, refused = read_sheet(path, 1000)
    assert columns == HEADER
    assert rows == [(4, {"question": "Q1?", "answer": "A1."}), (5, {"question": "Q2?", "answer": ""})]
    assert refused == []


def test_a_formula_is_the_value_that_was_saved_and_nothing_where_none_was(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", HEADER, ["Q?", "=1+1"])
    assert cells(path) == [{"question": "Q?", "answer": ""}]
    changed(path, SHEET, ("<f>1+1</f><v />", "<f>1+1</f><v>2</v>"))
    assert cells(path) == [{"question": "Q?", "answer": "2"}]


def test_a_row_with_an_error_or_an_unnamed_cell_is_refused_with_its_line(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx", [*HEADER, None], ["Q?", "#REF!"], ["Q?", "A."], ["Q?", "A.", "x"], ["", "", "", "y"]
    )
    table = read_table(path, required=HEADER)
    assert [row.line for row in table.rows] == [3]
    assert table.refused == (
        "line 2: cell B2 holds the error #REF!",
        "line 4: a cell stands in a column without a name",
        "line 5: a cell stands in a column without a name",
    )


def test_columns_are_checked_as_in_every_file(tmp_path: Path) -> None:
    for name, rows, reason in (
        ("a.xlsx", [["question", "anser"], ["Q?", "A."]], "unknown column 'anser'"),
        ("b.xlsx", [["question", "question"], ["Q?", "A."]], "column 'question' stands twice"),
        ("c.xlsx", [], "is empty; the first line names the columns"),
    ):
        with pytest.raises(Refused, match=reason):
            read_table(book(tmp_path / name, *rows), required=["question"])


@pytest.mark.parametrize("sign", [*"=+-@\t\r＝＋－＠", " =", "\u00a0=", "\u3000＝", "\n=", "\u200b=", "\ufeff@", "'="])
def test_nothing_that_is_exported_runs_in_a_spreadsheet(tmp_path: Path, sign: str) -> None:
    text = f'{sign}HYPERLINK("http://x")'
    for suffix in (".xlsx", ".csv", ".tsv"):
        write_table(tmp_path / f"a{suffix}", ["question"], [{"question": text}])
    cell = load_workbook(tmp_path / "a.xlsx").worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")
    for suffix in (".csv", ".tsv"):
        assert (tmp_path / f"a{suffix}").read_text().splitlines()[1].lstrip('"').startswith("'")


def test_text_that_looks_like_an_error_stays_text(tmp_path: Path) -> None:
    write_table(tmp_path / "a.xlsx", HEADER, [{"question": "#N/A", "answer": "#REF!"}])
    assert cells(tmp_path / "a.xlsx") == [{"question": "#N/A", "answer": "#REF!"}]


ODD = st.text(st.sampled_from("=+-@＝'\t\r\n aé微\x01\x1f\ufffe_x000D_")) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0")
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(ODD, ODD), min_size=1, max_size=5))
def test_what_is_written_is_read_back(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "a.xlsx"
    kept = [{"question": f"q{q}".strip(), "answer": a.strip()} for q, a in rows]
    assert write_table(path, HEADER, kept) == len(rows)
    assert cells(path) == kept


def test_what_does_not_fit_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    write_table(tmp_path / "a.xlsx", ["question"], [{"question": "x" * MAX_CHARS}])
    assert len(cells(tmp_path / "a.xlsx")[0]["question"]) == MAX_CHARS
    with pytest.raises(Refused, match=r"32,768 characters does not fit"):
        write_table(tmp_path / "b.xlsx", ["question"], [{"question": "=" * MAX_CHARS}])
    assert not list(tmp_path.glob("b.xlsx*"))


def test_numbers_and_nothing_are_written_as_such(tmp_path: Path) -> None:
    write_table(tmp_path / "a.xlsx", ["a", "b", "c"], [{"a": -0.5, "b": None, "c": 3}])
    row = load_workbook(tmp_path / "a.xlsx").worksheets[0][2]
    assert [cell.value for cell in row] == [-0.5, None, 3]


@pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/workbook.xml", "xl/styles.xml"])
@pytest.mark.parametrize("entities", [ENTITIES, OUTSIDE])
def test_entities_are_refused_wherever_they_stand(tmp_path: Path, part: str, entities: str) -> None:
    path = shared(book(tmp_path / "a.xlsx", HEADER, ["Q?", "A."]))
    with zipfile.ZipFile(path) as archive:
        text = archive.read(part).decode()
    root = text[text.index("<", text.startswith("<?xml") * 5) :]
    changed(path, part, (text, entities + root))
    with pytest.raises(Refused, match=r"cannot be read as \.xlsx") as caught:
        read_sheet(path, 1000)
    assert "EntitiesForbidden" in "".join(traceback.format_exception(caught.value))


def test_texts_that_cells_share_are_read(tmp_path: Path) -> None:
    path = shared(book(tmp_path / "a.xlsx", HEADER, ["Q?", "A."]))
    assert cells(path) == [{"question": "shared\r2", "answer": "shared 3"}]


def test_rows_past_the_limit_are_refused_however_they_are_announced(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", HEADER, *(["Q?", "A."] for _ in range(10)))
    assert len(read_sheet(path, 11)[1]) == 10
    assert "has more than 10 rows" in refusal(path, 10)
    path = book(tmp_path / "b.xlsx", HEADER, ["Q?", "A."])
    changed(path, SHEET, ('<row r="2"', '<row r="999999999999"'))
    assert "has more than 1,000 rows" in refusal(path)


def test_a_sheet_that_announces_more_than_it_holds_is_read_by_what_it_holds(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", HEADER, ["Q?", "A."])
    changed(path, SHEET, ('ref="A1:B2"', 'ref="A1:XFD1048576"'))
    assert cells(path) == [{"question": "Q?", "answer": "A."}]


def test_columns_past_the_limit_are_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["question", *[""] * (MAX_COLUMNS - 1), "x"])
    assert "more than 255 columns" in refusal(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", HEADER)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", bytes(10_000_000))
    assert "unpacks to more than 100 times its size" in refusal(path)


def test_a_file_too_large_to_be_honest_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.xlsx").open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    assert "larger than 64 MiB" in refusal(tmp_path / "a.xlsx")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.xlsx")


@pytest.fixture(scope="module")
def sound() -> bytes:
    """A sound spreadsheet, its parts not packed, so that what is changed in it is changed in the XML."""
    packed, plain = io.BytesIO(), io.BytesIO()
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    for row in (HEADER, ["Q?", 1.5], ["Q2?", date(2026, 1, 1)]):
        sheet.append(row)
    made.save(packed)
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(plain, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return plain.getvalue()


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(st.integers(0, 30_000), st.binary(min_size=1, max_size=6)), min_size=1, max_size=4))
def test_a_damaged_spreadsheet_is_read_or_refused(tmp_path: Path, sound: bytes, edits: list[tuple[int, bytes]]) -> None:
    raw = bytearray(sound)
    for at, piece in edits:
        raw[at % len(raw) : at % len(raw) + len(piece)] = piece
    (tmp_path / "a.xlsx").write_bytes(bytes(raw))
    try:
        read_sheet(tmp_path / "a.xlsx", 1000)
    except Refused as refused:
        assert refused.reasons


SHEET_XML = st.recursive(
    st.sampled_from(["", "<v>1</v>", "<v>x</v>", "<is><t>Q</t></is>", "<f>1+1</f>", "&amp;", "<v></v>", "<is/>"]),
    lambda inner: st.builds(
        lambda tag, attributes, body: f"<{tag}{''.join(attributes)}>{''.join(body)}</{tag}>",
        st.sampled_from(["row", "c", "sheetData", "mergeCells", "sheetProtection", "cols", "col", "hyperlinks", "x"]),
        st.lists(
            st.sampled_from(
                [
                    ' r="A1"',
                    ' r="1"',
                    ' r="ZZZZ9"',
                    ' r="-1"',
                    ' t="s"',
                    ' t="d"',
                    ' t="b"',
                    ' t="e"',
                    ' s="1"',
                    ' s="99"',
                ]
            ),
            max_size=3,
            unique_by=lambda text: text[1],
        ),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(xml=SHEET_XML)
def test_a_sheet_of_any_structure_is_read_or_refused(tmp_path: Path, sound: bytes, xml: str) -> None:
    with zipfile.ZipFile(io.BytesIO(sound)) as old, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as new:
        for name in old.namelist():
            changed_sheet = f'<worksheet xmlns="{SPACE}"><sheetData>{xml}</sheetData></worksheet>'
            new.writestr(name, changed_sheet if name.endswith("sheet1.xml") else old.read(name))
    try:
        read_sheet(tmp_path / "a.xlsx", 1000)
    except Refused as refused:
        assert refused.reasons
