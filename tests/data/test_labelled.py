"""Questions with known answers: refused whole, or a teacher's word at once and once."""

from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from data import labelled
from data.entries import add_course, entries, put, retire, revision
from data.errors import Refused
from data.labelled import read_labelled
from data.log import feedback_rows
from data.records import Entry, LabelledQuestion
from data.store import Store

HEADER = "question,course,expected_ids\n"


@pytest.fixture(autouse=True)
def course(store: Store) -> None:
    """Two entries, a and b, of course c."""

    def fill(db: Database) -> None:
        add_course(db, "c")
        put(db, Entry("c", "a", "Q1?", "A."))
        put(db, Entry("c", "b", "Q2?", "B."))

    store.write(fill)


def confirm(store: Store, text: str) -> int:
    path = store.path.with_name("questions.csv")
    path.write_text(text, encoding="utf-8")
    return store.write(lambda db: labelled.confirm(db, read_labelled(db, path)))


def confirmed(store: Store) -> dict[str, tuple[str, ...]]:
    return {entry.id: entry.confirmed for entry in store.read(entries)}


def votes(store: Store) -> list[tuple[str, int | None, str, str]]:
    return [(row["text"], row["entry"], row["vote"], row["role"]) for row in store.read(feedback_rows)]


def rows_of(store: Store, table: str) -> list[dict[str, Any]]:
    return store.read(lambda db: list(db.query(f"select * from {table}")))


def test_confirmed_wordings_are_phrasings_at_once(store: Store) -> None:
    before = store.read(revision)
    assert confirm(store, HEADER + "wat is it,c,a\nboth?,c, a | b \n") == 2
    assert confirmed(store) == {"a": ("wat is it", "both?"), "b": ("both?",)}
    assert store.read(entries)[0].phrasings == ("wat is it", "both?")
    assert store.read(revision) != before


def test_confirming_the_same_file_again_adds_nothing(store: Store) -> None:
    text = HEADER + "wat is it,c,a|b\nno answer,c,\n"
    confirm(store, text)
    before = rows_of(store, "questions"), rows_of(store, "feedback")
    confirm(store, text)
    assert (rows_of(store, "questions"), rows_of(store, "feedback")) == before


def test_the_same_wording_twice_unites_its_ids(store: Store) -> None:
    confirm(store, HEADER + "Wat is it,c,a\n wat  IS it,c,b\n")
    assert confirmed(store) == {"a": ("Wat is it",), "b": ("Wat is it",)}
    assert len(rows_of(store, "questions")) == 1


def test_a_question_without_ids_is_known_to_have_no_answer(store: Store) -> None:
    confirm(store, HEADER + "where is the canteen,c,\n")
    assert votes(store) == [("where is the canteen", None, "none", "teacher")]
    assert confirmed(store) == {"a": (), "b": ()}


@pytest.mark.parametrize("rows", ["huh,c,\nhuh,c,a\n", "huh,c,a\nhuh,c,\n"])
def test_an_answer_outweighs_no_answer_in_any_order(store: Store, rows: str) -> None:
    confirm(store, HEADER + rows)
    assert votes(store) == [("huh", 1, "correction", "teacher")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("q,c,a|nope|no", "no entry nope, no in course c"),
        ("q,d,a", "no course 'd'; there are: c"),
        ("q,,a", "no course ''; there are: c"),
        (",c,a", "the question is empty"),
        ("q,c", "2 cells where the header has 3; put quotes around a cell with ',' in it"),
    ],
)
def test_a_row_that_cannot_be_taken_refuses_the_whole_file(store: Store, row: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        confirm(store, f'{HEADER}"good\none",c,a\n{row}\n')
    assert [r.partition("questions.csv: ")[2] for r in caught.value.reasons] == [f"line 4: {reason}"]
    assert rows_of(store, "questions") == []


def test_a_retired_entry_is_no_expected_answer(store: Store) -> None:
    store.write(retire, [1])
    with pytest.raises(Refused, match="no entry a in course c"):
        confirm(store, HEADER + "q,c,a\n")


def test_every_column_is_required_and_an_empty_file_refused(store: Store) -> None:
    with pytest.raises(Refused, match="'expected_ids' is missing"):
        confirm(store, "question,course\nq,c\n")
    with pytest.raises(Refused, match="has no rows"):
        confirm(store, HEADER)


def test_labelled_questions_are_read_in_order_with_repeats(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(
        '{"question": "q", "course": "c", "expected_ids": ["a", "b"]}\n'
        '{"question": "q", "course": "c", "expected_ids": null}\n'
    )
    assert store.read(read_labelled, path) == [LabelledQuestion("q", "c", ("a", "b")), LabelledQuestion("q", "c", ())]
