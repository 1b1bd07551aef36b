"""What a labels model of a course learns from: wordings with the section of their entry, and what is out of scope."""

import csv
from collections.abc import Iterable
from pathlib import Path

from persons import BOB, write
from sqlite_utils import Database

from data import log, people, queue, settling
from data.entries import add_course, put
from data.exporting import export
from data.labelled import confirm
from data.records import Answer, Entry, LabelledQuestion, Question
from data.store import Store
from data.topic_rows import rows

CELL = Entry("bio", "cell", "What is a cell?", "The smallest unit.", "Cells", alternates=("define cell",))
GENE = Entry("bio", "gene", "What is a gene?", "A stretch of DNA.", tags="genes dna", alternates=("define gene",))
BARE = Entry("bio", "bare", "Who are you?", "A bot.", alternates=("your name",))
LONE = Entry("bio", "lone", "When is the exam?", "In May.", "Dates")


def put_all(db: Database, known: Iterable[Entry]) -> None:
    for entry in known:
        add_course(db, entry.course)
        put(db, entry)


def pairs(store: Store, course: str | None = None) -> list[tuple[str, str]]:
    return store.read(lambda db: [(row["text"], row["label"]) for row in rows(db, course)])


def dismissed(store: Store, *texts: str) -> int:
    """Let students ask what a teacher says is not for the course; return the change."""

    def work(db: Database) -> int:
        people.meet(db, BOB)
        numbers = [log.record_question(db, Question(t, "bio", person=BOB), Answer("abstain", 0.1)) for t in texts]
        cluster = queue.keep_cluster(db, numbers, "bio")
        return settling.not_here(db, cluster, actor=BOB, ref=None).change

    return store.write(work)


def test_a_topic_is_the_section_or_the_first_tag(store: Store) -> None:
    store.write(put_all, [CELL, GENE, BARE])
    assert pairs(store) == [
        ("What is a cell?", "Cells"),
        ("define cell", "Cells"),
        ("What is a gene?", "genes"),
        ("define gene", "genes"),
    ]


def test_a_topic_of_one_wording_is_left_out_and_so_is_one_called_oos(store: Store) -> None:
    store.write(put_all, [CELL, LONE, Entry("bio", "x", "A?", "B.", "oos", alternates=("C?",))])
    assert {label for _, label in pairs(store)} == {"Cells"}


def test_confirmed_wordings_are_scrubbed_and_wordings_stand_once(store: Store) -> None:
    store.write(put_all, [CELL])
    store.write(confirm, [LabelledQuestion(t, "bio", ("cell",)) for t in ("Define CELL", "cells? ann@example.org")])
    assert pairs(store)[1:] == [("Define CELL", "Cells"), ("cells? <email>", "Cells")]


def test_what_teachers_dismissed_is_out_of_scope_until_they_take_it_back(store: Store) -> None:
    store.write(put_all, [CELL])
    change = dismissed(store, "Who won the match? Tell bob@example.org", "who won the match?")
    outside = [(text, label) for text, label in pairs(store, "bio") if label == "oos"]
    assert outside == [("Who won the match? Tell <email>", "oos"), ("who won the match?", "oos")]
    store.write(settling.undo, change)
    assert all(label != "oos" for _, label in pairs(store))


def test_what_an_entry_answers_by_now_is_not_out_of_scope_nor_what_leans_on_another(store: Store) -> None:
    store.write(put_all, [CELL])
    dismissed(store, "cell wall?", "and plants?")
    store.write(confirm, [LabelledQuestion("Cell wall?", "bio", ("cell",))])
    write(store, "update questions set context = 'What is a cell?' where text = 'and plants?'")
    assert all(label != "oos" for _, label in pairs(store))


def test_it_is_a_file_that_fit_labels_reads_of_the_course_that_is_named(store: Store, tmp_path: Path) -> None:
    store.write(put_all, [CELL, Entry("math", "sum", "What is a sum?", "a + b", "Sums", alternates=("adding?",))])
    assert store.read(export, "labels", tmp_path / "rows.csv", "math") == 2
    with (tmp_path / "rows.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert found == [{"text": "What is a sum?", "label": "Sums"}, {"text": "adding?", "label": "Sums"}]
    assert store.read(export, "labels", tmp_path / "all.jsonl") == 4
