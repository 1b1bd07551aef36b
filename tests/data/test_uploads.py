"""A file sent in chat goes into one course, whole; what was refused comes back with the reasons beside the rows."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from data import audit
from data.entries import entries
from data.errors import Refused
from data.store import Store
from data.uploads import MAX_UPLOAD_BYTES, MAX_UPLOAD_ROWS, check_file, import_file, marked

GOOD = b"question,answer\nWhat is a cell?,The smallest unit.\n"


def refused(store: Store, name: str, content: bytes) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        store.read(check_file, name, content, "biology")
    return caught.value.reasons


def book(*rows: list[str]) -> bytes:
    made, out = Workbook(), io.BytesIO()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    made.save(out)
    return out.getvalue()


def test_a_check_writes_nothing_and_the_import_does(store: Store) -> None:
    plan = store.read(check_file, "qa.csv", GOOD, "biology")
    assert ([e.question for e in plan.added], plan.source, plan.encoding) == (["What is a cell?"], "qa.csv", "UTF-8")
    assert store.read(entries) == []
    done, change = store.write(import_file, "qa.csv", GOOD, "biology", actor="ann")
    assert done == plan
    assert [e.course for e in store.read(entries)] == ["biology"]
    assert change == store.read(audit.changes)[0].id


def test_importing_the_same_file_again_is_no_change(store: Store) -> None:
    store.write(import_file, "qa.csv", GOOD, "biology", actor="ann")
    plan, change = store.write(import_file, "qa.csv", GOOD, "biology", actor="ann")
    assert (plan.left, change) == (1, None)


def test_a_file_changes_no_other_course(store: Store) -> None:
    content = b"course,question,answer\nbiology,Q?,A.\nphysics,Q?,A.\nPhysics 2,Q?,A.\n"
    assert refused(store, "qa.csv", content) == (
        "line 3: the course is physics; here only biology is changed: leave the cell empty",
        "line 4: the course is physics-2; here only biology is changed: leave the cell empty",
    )


def test_a_page_of_markdown_may_be_sent_too(store: Store) -> None:
    plan = store.read(check_file, "Fragen.MD", b"# Cells\n\n## What is a cell?\nA unit.\n", "biology")
    assert [(e.section, e.answer) for e in plan.added] == [("Cells", "A unit.")]


@pytest.mark.parametrize("name", ["qa", "qa.pdf", "../../etc/passwd", "a\0.csv/x", "." * 300, ".xlsx.exe"])
def test_another_file_is_refused_by_its_name(store: Store, name: str) -> None:
    (reason,) = refused(store, name, GOOD)
    assert reason.startswith("cannot read ")


def test_a_file_that_is_too_large_or_has_too_many_rows_is_refused(store: Store) -> None:
    assert "larger than the 5 MiB" in refused(store, "qa.csv", b"x" * (MAX_UPLOAD_BYTES + 1))[0]
    rows = "".join(f"{n} thing {n}?,A.\n" for n in range(MAX_UPLOAD_ROWS + 1))
    assert "5,001 questions" in refused(store, "qa.csv", f"question,answer\n{rows}".encode())[0]


def test_refused_rows_come_back_marked_beside_the_others(store: Store) -> None:
    content = b"question;answer;problem\n=1+1;;old\nQ2?;A.;\nQ3?;A.;;more\n"
    reasons = refused(store, "qa.csv", content)
    assert [reason[:7] for reason in reasons] == ["line 2:", "line 4:"]
    name, back = marked("qa.csv", content, reasons)
    assert name == "qa-marked.csv"
    assert back.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(back.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows[0] == ["question", "answer", "", "problem"]
    assert rows[1] == ["'=1+1", "", "", "the answer is empty"]
    assert rows[2] == ["Q2?", "A.", "", ""]
    assert rows[3][:3] == ["Q3?", "A.", "more"]
    assert rows[3][3].startswith("4 cells where the header has 3")


def test_a_marked_table_is_read_again_once_it_is_mended(store: Store) -> None:
    content = b"question,answer\nQ1?,\nQ2?,A.\n"
    _, back = marked("qa.csv", content, refused(store, "qa.csv", content))
    mended = back.replace(b"Q1?,,", b"Q1?,B.,")
    assert [e.answer for e in store.read(check_file, "qa.csv", mended, "biology").added] == ["B.", "A."]


def test_a_spreadsheet_comes_back_as_one_and_runs_nothing(store: Store, tmp_path: Path) -> None:
    content = book(["question", "answer"], ["'=cmd", ""], ["Q2?", "A."])
    name, back = marked("Fragen 1.xlsx", content, refused(store, "Fragen 1.xlsx", content))
    assert name == "Fragen 1-marked.xlsx"
    sheet = load_workbook(io.BytesIO(back)).active
    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["question", "answer", "problem"],
        ["'=cmd", None, "the answer is empty"],
        ["Q2?", "A.", None],
    ]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("qa.md", b"## Q?\n\n## R?\nA.\n"),
        ("qa.jsonl", b'{"question": "Q?"}\n{"question": "R?", "answer": "A."}\n'),
        ("qa.csv", b"question,antwort\nQ?,A.\n"),
        ("qa.csv", b'question,answer\n"Q?,A.\n'),
    ],
)
def test_what_is_no_table_or_is_refused_whole_comes_back_as_a_list(store: Store, name: str, content: bytes) -> None:
    reasons = refused(store, name, content)
    told, back = marked(name, content, reasons)
    assert told == "qa-problems.txt"
    assert back.decode("utf-8-sig").splitlines() == list(reasons)


@given(st.lists(st.lists(st.text("=+-@'\t\r\n ,;\"aQ", max_size=5), min_size=1, max_size=4), max_size=4))
def test_whatever_stands_in_a_table_no_cell_of_the_marked_one_is_a_formula(cells: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["question", "answer"], *cells])
    name, back = marked("qa.csv", text.getvalue().encode(), ["line 2: =problem"])
    if name.endswith(".csv"):
        for row in csv.reader(io.StringIO(back.decode("utf-8-sig"), newline="")):
            assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in row)
