"""A person is reminded at their hour, once a day, whatever ran in between."""

from datetime import UTC, datetime

import pytest
from practising import ANN, LR, answer, long_ago, stored

from data import reminders
from data.reminders import Reminder, read_hour
from data.store import Store


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "read", "zone"),
    [
        ("18:00", Reminder("18:00", 0), "UTC"),
        ("7:05 +2", Reminder("07:05", 120), "UTC+2"),
        ("18：30 UTC+5:30", Reminder("18:30", 330), "UTC+5:30"),
        ("06:00 −3:30", Reminder("06:00", -210), "UTC-3:30"),
    ],
)
def test_an_hour_is_read_with_the_time_it_is_in(text: str, read: Reminder, zone: str) -> None:
    assert read_hour(text) == read
    assert read.zone == zone


@pytest.mark.parametrize("text", ["", "six", "24:00", "18:60", "18:00 +15", "18:00 -13", "1800", "18:00 +2 please"])
def test_what_is_no_hour_is_not_taken_for_one(text: str) -> None:
    assert read_hour(text) is None


def test_the_offset_known_so_far_holds_until_another_is_given() -> None:
    assert read_hour("8:00", 480) == Reminder("08:00", 480)
    assert read_hour("8:00 +0", 480) == Reminder("08:00", 0)


def test_a_person_is_reminded_once_a_day_at_their_hour(store: Store) -> None:
    (lr,) = stored(store, LR)
    answer(store, lr, "right")
    long_ago(store)
    store.write(reminders.set_reminder, ANN, Reminder("18:00", 120), at(1, 9))
    assert store.write(reminders.take_due, at(1, 15, 59)) == []
    (due,) = store.write(reminders.take_due, at(1, 16, 0))
    assert (due.person, due.day, due.cards) == (ANN, "2026-06-01", 1)
    assert store.write(reminders.take_due, at(1, 16, 0)) == []
    assert store.write(reminders.take_due, at(1, 23)) == []  # after midnight there, before the hour
    (late,) = store.write(reminders.take_due, at(2, 20))  # nothing ran at the hour
    assert late.day == "2026-06-02"


def test_an_hour_that_was_over_when_it_was_set_strikes_tomorrow(store: Store) -> None:
    stored(store, LR)
    store.write(reminders.set_reminder, ANN, Reminder("08:00", 0), at(1, 9))
    assert store.write(reminders.take_due, at(1, 10)) == []
    assert [due.cards for due in store.write(reminders.take_due, at(2, 8))] == [0]


def test_nobody_is_reminded_who_does_not_want_it(store: Store) -> None:
    stored(store, LR)
    store.write(reminders.set_reminder, ANN, Reminder("08:00", 0), at(1, 7))
    assert store.read(reminders.reminder_of, ANN) == Reminder("08:00", 0)
    store.write(reminders.set_reminder, ANN, None)
    assert store.read(reminders.reminder_of, ANN) is None
    assert store.write(reminders.take_due, at(2, 9)) == []
