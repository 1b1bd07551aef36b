"""A dialogue is kept, ends, and looks to an event that comes again as it did the first time."""

from datetime import UTC, datetime, timedelta

import pytest

from data import dialogues, people
from data.dialogues import Dialogue
from data.records import iso
from data.store import Store

ASKED, ANSWERED = Dialogue("quiz", {"entry": 1}), Dialogue("quiz", {"entry": 2})


@pytest.fixture(autouse=True)
def ada(store: Store) -> None:
    store.write(people.meet, "ada")


def test_nobody_is_waited_for_at_first_and_after_the_end(store: Store) -> None:
    assert store.read(dialogues.current, "ada") is None
    store.write(dialogues.put, "ada", ASKED)
    assert store.read(dialogues.current, "ada") == ASKED
    store.write(dialogues.put, "ada", None)
    assert store.read(dialogues.current, "ada") is None


def test_an_event_that_comes_again_finds_what_was_there_before_it(store: Store) -> None:
    store.write(dialogues.put, "ada", ASKED, "telegram:1")
    for _ in range(3):  # the second and third time after a crash
        assert store.read(dialogues.current, "ada", "telegram:2") == ASKED
        store.write(dialogues.put, "ada", ANSWERED, "telegram:2")
    assert store.read(dialogues.current, "ada", "telegram:3") == ANSWERED
    assert store.read(dialogues.current, "ada", "telegram:2") == ASKED


def test_a_day_without_a_word_ends_it(store: Store) -> None:
    store.write(dialogues.put, "ada", ASKED)
    old = iso(datetime.now(UTC) - timedelta(hours=25))
    store.write(lambda db: db.execute("update dialogues set updated_at = ?", [old]))
    assert store.read(dialogues.current, "ada") is None
    store.write(dialogues.drop_older, iso(datetime.now(UTC) - timedelta(hours=1)))
    assert store.read(dialogues.about, "ada") is None
