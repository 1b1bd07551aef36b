"""What a person answered in a quiz is shown to them, forgotten with them, and kept no longer than their questions."""

import json
from datetime import UTC, datetime
from pathlib import Path

from persons import everything, files_of, write
from practising import ANN, BATCH, BOB, LR, answer, long_ago, stored

from data import reminders
from data.forgetting import forget
from data.privacy import about
from data.records import Entry
from data.reminders import Reminder
from data.retention import apply, retain, set_retention
from data.store import Store

GIVEN = "I would start with something small"


def practised(store: Store) -> list[Entry]:
    known = stored(store, LR, BATCH)
    answer(store, known[0], "partly")
    answer(store, known[1], "right", BOB)
    write(store, "update reviews set given = ? where person = ?", GIVEN, ANN)
    store.write(reminders.set_reminder, ANN, Reminder("18:00", 60))
    return known


def test_a_person_sees_their_answers_cards_and_reminder(store: Store) -> None:
    practised(store)
    kept = store.read(about, ANN)["practice"]
    assert [(row["entry"], row["given"], row["verdict"]) for row in kept["answers"]] == [("lr", GIVEN, "partly")]
    assert [row["entry"] for row in kept["cards"]] == ["lr"]
    assert kept["reminders"] == [{"at": "18:00", "utc_offset_min": 60}]
    assert BOB not in json.dumps(kept)


def test_nothing_of_it_is_left_of_who_is_forgotten(store: Store, tmp_path: Path) -> None:
    practised(store)
    assert forget(store, tmp_path, ANN).counts["practised"] == 1
    assert not [cell for cell in everything(store) if ANN in cell or GIVEN in cell]
    assert GIVEN.encode() not in files_of(store)
    assert len(store.read(about, BOB)["practice"]["answers"]) == 1


def test_answers_and_cards_go_when_their_course_keeps_them_no_longer(store: Store, tmp_path: Path) -> None:
    practised(store)
    long_ago(store)
    assert store.write(apply, datetime.now(UTC)).counts["practised"] == 0
    store.write(set_retention, "c", 30)
    answer(store, stored(store, BATCH)[0], "right", BOB)
    assert retain(store, tmp_path)["practised"] == 3
    assert GIVEN.encode() not in files_of(store)
    assert len(store.read(about, BOB)["practice"]["answers"]) == 1


def test_a_person_of_whom_only_practice_is_kept_stays_until_that_goes(store: Store) -> None:
    practised(store)
    write(store, "update people set first_seen_at = '2020-01-01'")
    store.write(set_retention, None, 30)
    assert store.write(apply, datetime.now(UTC)).counts["people"] == 0
    long_ago(store)
    assert store.write(apply, datetime.now(UTC)).counts["people"] == 2
    assert not [cell for cell in everything(store) if ANN in cell]
