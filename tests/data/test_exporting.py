"""Exported entries are what import reads; exported questions and reactions have the columns of the contract."""

import csv
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database
from written import ENTRY

from data import importing, log
from data.entries import add_course, entries, put
from data.exporting import export
from data.people import meet
from data.records import Answer, Candidate, Entry, Feedback, Question
from data.schema import migrate
from data.store import Store
from data.tables import SUFFIXES

SHARED_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def memory() -> Database:
    """A store in memory: many examples, no disk to wait for."""
    db = Database(memory=True)
    migrate(db)
    return db


def put_all(db: Database, new: list[Entry]) -> None:
    for entry in new:
        add_course(db, entry.course)
        put(db, entry)


@SHARED_FOLDER
@given(
    new=st.lists(ENTRY, min_size=1, max_size=4, unique_by=lambda e: (e.course, e.id)),
    suffix=st.sampled_from([*SUFFIXES, ".md"]),
)
def test_exported_entries_come_back_as_they_were(tmp_path: Path, new: list[Entry], suffix: str) -> None:
    file = tmp_path / f"entries{suffix}"
    with closing(memory()) as db, closing(memory()) as other:
        put_all(db, new)
        assert export(db, "entries", file) == len(new)
        again = importing.plan(db, file)
        assert (again.added, again.changed, again.left) == ((), (), len(new))
        importing.apply(other, importing.plan(other, file))
        assert [replace(e, key=0) for e in entries(other, live=False)] == [
            replace(e, key=0) for e in entries(db, live=False)
        ]


def test_the_export_has_the_columns_that_import_takes(store: Store, tmp_path: Path) -> None:
    store.read(export, "entries", tmp_path / "e.csv")
    header = (tmp_path / "e.csv").read_text().strip().split(",")
    assert header[:4] == ["course", "id", "question", "answer"]
    assert set(header) == {*importing.REQUIRED, *importing.OPTIONAL}


def test_one_course_is_exported_alone_with_what_expired_and_without_what_was_retired(
    store: Store, tmp_path: Path
) -> None:
    old = Entry("c", "old", "O?", "A.", expires_on="2001-01-01")
    gone, elsewhere = Entry("c", "gone", "G?", "A."), Entry("d", "b", "Q?", "A.")
    store.write(put_all, [Entry("c", "a", "Q?", "A."), old, gone, elsewhere])
    file = tmp_path / "e.jsonl"
    store.write(lambda db: db.execute("update entries set retired_at = 'now' where id = 'gone'"))
    assert store.read(export, "entries", file, "c") == 2
    assert [json.loads(line)["id"] for line in file.read_text().splitlines()] == ["a", "old"]


@pytest.fixture
def asked(store: Store) -> Store:
    """A store in which =Ann= was shown b, then a, for one question, and rated a."""
    store.write(put_all, [Entry("c", "a", "Q?", "A."), Entry("c", "b", "Q2?", "B.")])
    a, b = store.read(entries)
    store.write(meet, "ann")
    answer = Answer("suggest", 0.25, (Candidate(b, 2.0, 0.25), Candidate(a, 1.0, 0.125)), "7")
    question = Question("=why?", "c", "en", "ann", "r1", "2026-01-02T03:04:05.000Z")
    number = store.write(log.record_question, question, answer)
    store.write(log.record_question, Question("everywhere?", asked_at="t"), Answer("abstain", 0.0))
    store.write(log.vote, Feedback(number, a.key, "chosen", 1, "ann", given_at="2026-01-02T03:04:06.000Z"))
    store.write(log.vote, Feedback(number, None, "none", None, "ann", given_at="2026-01-02T03:04:07.000Z"))
    return store


def test_exported_questions_tell_what_was_decided_and_shown(asked: Store, tmp_path: Path) -> None:
    assert asked.read(export, "questions", tmp_path / "q.csv") == 2
    with (tmp_path / "q.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert first == {
        "question": "'=why?",
        "course": "c",
        "asked_at": "2026-01-02T03:04:05.000Z",
        "person": "ann",
        "lang": "en",
        "decision": "suggest",
        "confidence": "0.25",
        "entry_ids": "b|a",
    }
    assert (second["course"], second["person"], second["decision"], second["entry_ids"]) == ("", "", "abstain", "")


def test_exported_feedback_tells_who_voted_how_on_what(asked: Store, tmp_path: Path) -> None:
    assert asked.read(export, "feedback", tmp_path / "f.jsonl", "c") == 2
    first, second = map(json.loads, (tmp_path / "f.jsonl").read_text().splitlines())
    assert first == {
        "question": "=why?",
        "course": "c",
        "entry_id": "a",
        "vote": "chosen",
        "position": 1,
        "given_at": "2026-01-02T03:04:06.000Z",
        "person": "ann",
    }
    assert (second["entry_id"], second["vote"], second["position"]) == (None, "none", None)


def test_another_course_exports_nothing_of_this_one(asked: Store, tmp_path: Path) -> None:
    asked.write(add_course, "d")
    for what in ("entries", "questions", "feedback"):
        assert asked.read(export, what, tmp_path / "x.csv", "d") == 0
