"""A course to practise and a person who does."""

from dataclasses import replace

from sqlite_utils import Database

from data import people, practice
from data.entries import add_course, put
from data.practice import Review, Verdict
from data.records import Entry
from data.store import Store

ANN, BOB = "a" * 32, "b" * 32
LR = Entry("c", "lr", "Which learning rate?", "Start with 2e-5 and halve it when the loss jumps.", "Training")
BATCH = Entry("c", "batch", "How large is a batch?", "Take 16 or 32 texts in a batch.", "Training")
TOKENS = Entry("c", "tokens", "What does a tokenizer do?", "It cuts a text into pieces that the model knows.", "Text")
LAST_WEEK = "2026-01-05T10:00:00.000Z"


def stored(store: Store, *known: Entry) -> list[Entry]:
    """Put the entries and both persons into the store; return the entries with their keys."""

    def work(db: Database) -> list[Entry]:
        for person in (ANN, BOB):
            people.meet(db, person)
        for entry in known:
            add_course(db, entry.course)
        return [replace(entry, key=put(db, entry)) for entry in known]

    return store.write(work)


def answer(store: Store, entry: Entry, verdict: Verdict, person: str = ANN, ref: str | None = None) -> Review:
    """Let a person answer an entry's question."""
    return store.write(practice.review, person, entry.key, "so and so", verdict, 0.5, ref)


def long_ago(store: Store) -> None:
    """Move every card and answer so far into the past that all of them are due."""

    def work(db: Database) -> None:
        sql = "update cards set due_at = ?, reviewed_at = ?, state = json_set(state, '$.last_review', ?)"
        db.execute(sql, [LAST_WEEK, LAST_WEEK, LAST_WEEK])
        db.execute("update reviews set reviewed_at = ?", [LAST_WEEK])

    store.write(work)
