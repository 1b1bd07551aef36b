"""Files of rows: read whole or refused with reasons; written so that no spreadsheet runs a cell."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data.errors import Refused, TutorError
from data.tables import MAX_CHARS, MAX_ROWS, SUFFIXES, defuse, fuse, read_table, write_table

SHARED_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def read(path: Path, content: str | bytes) -> list[dict[str, str]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    table = read_table(path, required=["question", "answer"], optional=["tags"])
    assert not table.refused
    return [dict(row.cells) for row in table.rows]


def refusals(path: Path, content: str | bytes) -> str:
    with pytest.raises(Refused) as caught:
        read(path, content)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "answer,question\nA.,Q?\n"),
        ("a.tsv", "Answer\t Question \nA.\tQ?\n"),
        ("a.CSV", "question,answer\r\n Q? ,\u00a0A.\r\n"),
        ("a.csv", "question,answer\rQ?,A.\r"),
        ("a.csv", "\n,\nquestion,answer\n\n , \nQ?,A.\n"),
        ("a.csv", "\ufeffquestion,answer\nQ?,A."),
        ("a.csv", "question;answer\nQ?;A.\n"),
        ("a.csv", "question\tanswer\nQ?\tA.\n"),
        ("a.txt", "question\tanswer\r\nQ?\tA.\r\n"),
        ("a.csv", '\ufeff;;\r\n"answer";"question"\r\n"A.";"Q?"\r\n'),
        ("a.jsonl", '\ufeff{"answer": "A.", "question": "Q?"}\r\n\r\n'),
        ("a.jsonl", '{"QUESTION": " Q? ", "answer": "A."}'),
    ],
)
def test_a_table_is_read_whatever_its_order_line_ends_case_and_byte_order_mark(
    tmp_path: Path, name: str, content: str
) -> None:
    assert read(tmp_path / name, content) == [{"question": "Q?", "answer": "A."}]


def test_a_cell_of_a_file_with_semicolons_may_hold_commas_and_quoted_semicolons(tmp_path: Path) -> None:
    rows = read(tmp_path / "a.csv", 'question;answer;tags\nQ, too?;"1;5, or 2,5";\n')
    assert rows == [{"question": "Q, too?", "answer": "1;5, or 2,5", "tags": ""}]
    (tmp_path / "b.csv").write_text("question;answer\nQ?;A.;more\n")
    (reason,) = read_table(tmp_path / "b.csv", required=["question", "answer"]).refused
    assert reason == "line 2: 3 cells where the header has 2; put quotes around a cell with ';' in it"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "question;answer,tags\nQ?;A.,t\n", "both commas and semicolons: put the same one between all cells"),
        ("a.tsv", "question;answer\nQ?;A.\n", "stand no tabs between the cells: name the file .csv"),
        ("a.tsv", "question,answer\nQ?,A.\n", "stand no tabs between the cells: name the file .csv"),
    ],
)
def test_a_wrong_separator_is_named_as_the_reason(tmp_path: Path, name: str, content: str, said: str) -> None:
    assert said in refusals(tmp_path / name, content)


def test_json_lists_become_alternatives_and_null_is_empty(tmp_path: Path) -> None:
    line = json.dumps({"question": "Q?", "answer": None, "tags": ["a", "b"]})
    assert read(tmp_path / "a.jsonl", line) == [{"question": "Q?", "answer": "", "tags": "a|b"}]


def test_json_loses_what_no_text_file_can_hold(tmp_path: Path) -> None:
    line = r'{"question": "a\u0000b\ud83d", "answer": "\u0000 A."}'
    assert read(tmp_path / "a.jsonl", line) == [{"question": "ab?", "answer": "A."}]


def test_unknown_missing_and_doubled_columns_are_named(tmp_path: Path) -> None:
    message = refusals(tmp_path / "a.csv", "question,colour,tags,Tags\nQ?,red,a,b\n")
    assert "column 'answer' is missing" in message
    assert "unknown column 'colour'" in message
    assert "column 'tags' stands twice" in message
    assert "required: question, answer; optional: tags" in message


def test_an_unknown_json_key_is_named(tmp_path: Path) -> None:
    message = refusals(tmp_path / "a.jsonl", '{"question": "Q?", "answer": "A."}\n{"question": "Q?", "anser": "A."}')
    assert "unknown column 'anser'" in message


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "big5", "shift_jis", "latin-1"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_another_encoding_is_refused_with_advice(tmp_path: Path, encoding: str, suffix: str) -> None:
    foreign = {"big5": "什麼是微調", "shift_jis": "微調整とは"}.get(encoding, "Was heißt é")
    raw = f"question,answer\nWhat is 1?,one\n{foreign}?,A.\n".encode(encoding)
    assert "save the file as UTF-8" in refusals(tmp_path / f"a{suffix}", raw) or "save it as UTF-8" in refusals(
        tmp_path / f"a{suffix}", raw
    )


def test_the_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    assert "line 3 is not UTF-8" in refusals(tmp_path / "a.csv", b"question,answer\nQ?,A.\nCaf\xe9?,A.\n")


def test_a_cell_may_hold_what_a_spreadsheet_cell_holds_and_no_more(tmp_path: Path) -> None:
    longest = "x" * MAX_CHARS
    assert read(tmp_path / "a.csv", f"question,answer\nQ?,{longest}\n")[0]["answer"] == longest
    table = read_table(tmp_path / "a.csv", required=["question", "answer"])
    (tmp_path / "b.csv").write_text(f"question,answer\nQ?,{longest}x\nQ2?,A.\n")
    table = read_table(tmp_path / "b.csv", required=["question", "answer"])
    assert [row["question"] for row in table.rows] == ["Q2?"]
    assert table.refused == ("line 2: answer is longer than the 32,767 characters a cell may hold",)


def test_a_refused_row_has_the_line_on_which_it_begins(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('question,answer\n"a\n\nb","c\nd"\nQ?,A.,more\n\n"x\ny",z,more\n')
    table = read_table(tmp_path / "a.csv", required=["question", "answer"])
    assert [row.line for row in table.rows] == [2]
    assert [reason.split(";")[0] for reason in table.refused] == [
        "line 6: 3 cells where the header has 2",
        "line 8: 3 cells where the header has 2",
    ]


def test_a_missing_closing_quote_is_refused_with_its_line(tmp_path: Path) -> None:
    assert "is a closing quote missing?" in refusals(tmp_path / "a.csv", 'question,answer\n"Q?,A.\n')
    assert "line 2" in refusals(tmp_path / "a.csv", 'question,answer\n"Q"?,A.\n')


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 1: no JSON"),
        ("[1]", "line 1: no JSON object"),
        ('{"question": 5}', "line 1: 'question' must be text, not 5"),
        ('{"question": ["a", 1]}', "line 1: 'question' must be text, not [\"a\", 1]"),
        ('{"question": NaN}', "line 1: 'question' must be text, not NaN"),
        ("[" * 100_000, "line 1: no JSON"),
        ('{"question": ' + "1" * 5000 + "}", "line 1: no JSON"),
    ],
)
def test_a_json_line_that_is_no_row_says_why(tmp_path: Path, line: str, reason: str) -> None:
    assert f"a.jsonl: {reason}" in refusals(tmp_path / "a.jsonl", line)


def test_a_bad_json_line_among_good_ones_is_refused_alone(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"question": "Q?", "answer": "A."}\n\nnonsense\n')
    table = read_table(tmp_path / "a.jsonl", required=["question", "answer"])
    assert len(table.rows) == 1
    assert [reason[:7] for reason in table.refused] == ["line 3:"]


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_an_empty_file_says_what_belongs_in_it(tmp_path: Path, suffix: str, content: str) -> None:
    assert "is empty; the first line names the columns" in refusals(tmp_path / f"a{suffix}", content)


def test_a_missing_file_a_folder_and_another_format_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for name, reason in [("none.csv", "No such file"), ("folder.csv", "directory"), ("a.pdf", "cannot read .pdf")]:
        with pytest.raises(Refused, match=reason):
            read_table(tmp_path / name, required=["question"])
    with pytest.raises(Refused, match="without suffix"):
        read_table(tmp_path / "a", required=["question"])


@SHARED_FOLDER
@given(raw=st.binary() | st.text().map(str.encode), suffix=st.sampled_from(SUFFIXES))
@example(raw=b'question,answer\n"', suffix=".csv")
@example(raw=b'{"\\ud800": 1}', suffix=".jsonl")
@example(raw=b'{"a": ' + b"[" * 990 + b"]" * 990 + b"}", suffix=".jsonl")
def test_whatever_bytes_a_file_holds_it_is_read_or_refused(tmp_path: Path, raw: bytes, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(raw)
    try:
        read_table(path, required=[], optional=["question", "answer"])
    except Refused as refused:
        assert refused.reasons
        for reason in refused.reasons:
            reason.encode()


@SHARED_FOLDER
@given(
    text=st.text(st.sampled_from('question,answer\t"\n\r{}[]:null\\u0d8 ')).map(
        lambda text: f"question,answer\n{text}"
    ),
    suffix=st.sampled_from(SUFFIXES),
)
def test_whatever_rows_a_file_holds_they_are_read_or_refused(tmp_path: Path, text: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(text.encode())
    try:
        table = read_table(path, required=["question", "answer"])
    except Refused:
        return
    assert all(row.line > 1 for row in table.rows)
    assert all(cell == cell.strip() for row in table.rows for cell in row.cells.values())


@given(st.text() | st.text(st.sampled_from("'=+-@\t\r\n a\u00a0")))
def test_a_defused_cell_is_no_formula_and_fuses_back(cell: str) -> None:
    safe = defuse(cell)
    assert not safe.lstrip().startswith(("=", "+", "-", "@"))
    assert not safe.startswith(("\t", "\r"))
    assert fuse(safe) == cell


def test_formulas_are_defused_where_spreadsheets_read_and_nowhere_else(tmp_path: Path) -> None:
    row = {"question": '=HYPERLINK("http://x")', "answer": " @SUM(A1)", "tags": "it's"}
    for suffix in SUFFIXES:
        assert write_table(tmp_path / f"a{suffix}", list(row), [row]) == 1
    written = next(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert written == {"question": "'" + row["question"], "answer": "' @SUM(A1)", "tags": "it's"}
    assert "'=HYPER" in (tmp_path / "a.tsv").read_text()
    assert json.loads((tmp_path / "a.jsonl").read_text()) == row


def test_the_quote_before_a_formula_is_taken_away_and_any_other_stays(tmp_path: Path) -> None:
    rows = read(tmp_path / "a.csv", "question,answer\n'=1+1,'tis so\n'-5,''=x\n")
    assert rows == [{"question": "=1+1", "answer": "'tis so"}, {"question": "-5", "answer": "'=x"}]


def test_numbers_and_nothing_are_written_as_such(tmp_path: Path) -> None:
    rows = [{"a": -0.5, "b": None, "c": 3}]
    write_table(tmp_path / "a.csv", ["a", "b", "c"], rows)
    write_table(tmp_path / "a.jsonl", ["a", "b", "c"], rows)
    assert (tmp_path / "a.csv").read_text().splitlines() == ["a,b,c", "-0.5,,3"]
    assert json.loads((tmp_path / "a.jsonl").read_text()) == rows[0]


def test_a_carriage_return_inside_a_cell_is_quoted(tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", ["question", "answer"], [{"question": "a\rb", "answer": "c\r\nd\ne"}])
    assert read(tmp_path / "a.csv", (tmp_path / "a.csv").read_bytes()) == [{"question": "a\rb", "answer": "c\r\nd\ne"}]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "none" / "a.csv", tmp_path / "file" / "a.csv", tmp_path / "folder.csv"):
        with pytest.raises(TutorError, match="cannot be written"):
            write_table(path, ["a"], [{"a": "x"}])
    with pytest.raises(Refused, match=r"cannot write \.pdf"):
        write_table(tmp_path / "a.pdf", ["a"], [])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.csv"]


def test_an_error_among_the_rows_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_table(path, ["a"], ({"a": str(1 // n)} for n in (1, 0)))
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.csv", "old")]


def test_more_rows_than_a_course_has_are_refused(tmp_path: Path) -> None:
    text = "question,answer\n" + "q,a\n" * MAX_ROWS
    assert len(read(tmp_path / "a.csv", text)) == MAX_ROWS
    assert "has more than 200,000 rows" in refusals(tmp_path / "b.csv", f"{text}q,a\n")
