"""Training pairs: known wordings with what answers them and what does not, without what points to a person."""

import csv
import json
from pathlib import Path

from sqlite_utils import Database

from data import log
from data.entries import add_course, entries, put
from data.exporting import export
from data.pairs import COLUMNS, pairs
from data.records import Answer, Candidate, Entry, LabelledQuestion, Question
from data.store import Store

CELL = Entry("bio", "cell", "What is a cell?", "The smallest unit that lives.", alternates=("Define cell", "=cells?"))
GENE = Entry("bio", "gene", "What is a gene?", "A part of the DNA of a cell.")
EXAM = Entry("bio", "exam", "When is the exam?", "In May.")


def put_all(db: Database, new: list[Entry]) -> None:
    for entry in new:
        add_course(db, entry.course)
        put(db, entry)


def test_the_negative_is_the_likeliest_wrong_answer_by_its_words(store: Store) -> None:
    store.write(put_all, [CELL, EXAM, GENE])
    assert [row["anchor"] for row in store.read(lambda db: list(pairs(db)))] == ["Define cell", "=cells?"]
    first = store.read(lambda db: next(pairs(db)))
    assert first["positive"] == "What is a cell?\nThe smallest unit that lives."
    assert first["negative"] == "What is a gene?\nA part of the DNA of a cell."


def test_what_a_student_was_shown_and_is_wrong_comes_before_it(store: Store) -> None:
    store.write(put_all, [CELL, EXAM, GENE])
    cell, exam, _ = store.read(entries)

    def ask(db: Database) -> None:
        shown = Answer("suggest", 0.4, (Candidate(cell, 2.0, 0.4), Candidate(exam, 1.0, 0.3)))
        log.record_question(db, Question("define  CELL", "bio"), shown)

    store.write(ask)
    assert store.read(lambda db: next(pairs(db)))["negative"] == "When is the exam?\nIn May."


def test_a_wording_of_a_student_is_scrubbed_and_one_with_nothing_left_is_left_out(store: Store) -> None:
    store.write(put_all, [CELL, GENE])
    gene = store.read(entries)[1]

    def confirm(db: Database) -> None:
        for i, text in enumerate(("I am Anna Schmidt, what are genes?", "anna.schmidt@example.org")):
            log.confirm_wording(db, f"r{i}", LabelledQuestion(text, "bio", ("gene",)), [gene.key])

    store.write(confirm)
    rows = store.read(lambda db: list(pairs(db)))
    assert [row["anchor"] for row in rows if row["positive"].startswith("What is a gene")] == [
        "I am <name>, what are genes?"
    ]


def test_no_answer_that_fits_the_wording_too_is_a_negative(store: Store) -> None:
    other = Entry("bio", "cell-2", "Cell?", "Another text.", alternates=("define cell",))
    same = Entry("bio", "cell-3", "Cells of life?", CELL.answer)
    store.write(put_all, [CELL, other, same])
    rows = store.read(lambda db: [row for row in pairs(db) if row["anchor"].lower() == "define cell"])
    assert [row["negative"] for row in rows] == ["Cells of life?\nThe smallest unit that lives."]


def test_a_course_of_one_entry_and_another_course_give_none(store: Store) -> None:
    store.write(put_all, [CELL, Entry("physics", "a", "Q?", "A.", alternates=("R?",))])
    assert store.read(lambda db: list(pairs(db))) == []


def test_pairs_are_written_with_the_columns_that_trainers_take(store: Store, tmp_path: Path) -> None:
    store.write(put_all, [CELL, GENE])
    assert store.read(export, "pairs", tmp_path / "p.jsonl", "bio") == 2
    assert store.read(export, "pairs", tmp_path / "p.csv") == 2
    rows = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    assert [tuple(row) for row in rows] == [COLUMNS, COLUMNS]
    assert rows[1]["anchor"] == "=cells?"
    with (tmp_path / "p.csv").open(newline="") as file:
        assert [row["anchor"] for row in csv.DictReader(file)] == ["Define cell", "'=cells?"]
