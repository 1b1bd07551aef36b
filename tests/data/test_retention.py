"""A course keeps what students wrote for as long as it says; what a teacher confirmed stays, as nobody's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from persons import ANN, BOB, TEACHER, ask, copied, course, everything, files_of, write

from data.entries import entries
from data.errors import TutorError
from data.privacy import note_learned
from data.retention import apply, in_force, is_due, retain, retentions, set_retention
from data.store import Store

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OLD, NEW = "2026-02-01T00:00:00.000Z", "2026-05-31T00:00:00.000Z"
TEXT = "my name is Anna Schmidt, how fast should it learn"


def texts(store: Store) -> list[tuple[str, str | None]]:
    return store.read(lambda db: db.execute("select text, person from questions order by id").fetchall())


def people(store: Store) -> list[str]:
    return store.read(lambda db: [row["id"] for row in db.query("select id from people order by id")])


def long_known(store: Store) -> None:
    write(store, "update people set first_seen_at = ?", OLD)


def test_what_is_older_than_the_course_keeps_goes_and_the_rest_stays(store: Store) -> None:
    lr, _ = course(store)
    ask(store, ANN, "an old question", lr, asked_at=OLD)
    ask(store, BOB, "a new question", lr, asked_at=NEW)
    long_known(store)
    store.write(set_retention, "c", 90)
    counts = store.write(apply, NOW).counts
    assert counts == {
        "questions": 1,
        "kept": 0,
        "practised": 0,
        "recommended": 0,
        "texts": 0,
        "messages": 0,
        "people": 0,
    }
    assert texts(store) == [("a new question", BOB)]
    store.write(set_retention, None, 90)  # what concerns no course goes by the days of all courses
    assert store.write(apply, NOW).counts["people"] == 1
    assert people(store) == [BOB]
    assert not [cell for cell in everything(store) if ANN in cell]


def test_nothing_goes_where_nothing_was_set(store: Store) -> None:
    ask(store, ANN, "an old question", course(store)[0], asked_at=OLD)
    long_known(store)
    assert not any(store.write(apply, NOW).counts.values())
    assert texts(store) == [("an old question", ANN)]


def test_a_course_goes_by_its_own_days_and_others_by_those_of_all(store: Store) -> None:
    ask(store, ANN, "an old question", course(store)[0], asked_at=OLD)
    store.write(set_retention, None, 90)
    store.write(set_retention, "c", 0)
    assert store.write(apply, NOW).counts["questions"] == 0
    days = store.read(retentions)
    assert days == {None: 90, "c": 0}
    assert [in_force(days, name) for name in ("c", "other", None)] == [0, 90, 90]


def test_a_wording_that_a_teacher_confirmed_stays_an_example_scrubbed_and_nobodys(store: Store) -> None:
    lr, _ = course(store)
    ask(store, ANN, TEXT, lr, confirmed=True, asked_at=OLD)
    store.write(set_retention, "c", 90)
    assert store.write(apply, NOW).counts["kept"] == 1
    assert texts(store) == [("my name is <name>, how fast should it learn", None)]
    assert [e.confirmed for e in store.read(entries)] == [("my name is <name>, how fast should it learn",), ()]
    votes = store.read(lambda db: db.execute("select vote, person from feedback").fetchall())
    assert votes == [("correction", TEACHER)]
    assert store.write(apply, NOW).counts["kept"] == 0  # once


def test_wordings_that_came_by_a_file_stay(store: Store) -> None:
    lr, _ = course(store)
    copied(store, "a wording from a file", lr)
    write(store, "update questions set asked_at = ?", OLD)
    store.write(set_retention, "c", 1)
    store.write(apply, NOW)
    assert [e.confirmed for e in store.read(entries)] == [("a wording from a file",), ()]


def test_teachers_stay_and_of_those_a_version_learned_from_the_pseudonym(store: Store) -> None:
    lr, _ = course(store)
    ask(store, ANN, "an old question", lr, asked_at=OLD)
    write(store, "insert into people (id, first_seen_at, lang) values (?, '', 'en')", TEACHER)
    write(store, "insert into teachers (person, course, since) values (?, 'c', '')", TEACHER)
    long_known(store)
    store.write(note_learned, "0001", [ANN])
    store.write(set_retention, None, 90)
    assert store.write(apply, NOW).counts["people"] == 1
    rows = store.read(lambda db: db.execute("select id, course, lang from people order by id").fetchall())
    assert rows == [(ANN, None, ""), (TEACHER, None, "en")]
    assert store.read(lambda db: db.execute("select * from chats").fetchall()) == []
    assert store.write(apply, NOW).counts["people"] == 0


def test_what_was_set_aside_long_ago_is_emptied(store: Store) -> None:
    sql = "insert into inbox (update_id, payload, state, received_at) values (?, 'what it said', ?, ?)"
    for number, (state, at) in enumerate([("failed", OLD), ("failed", NEW), ("waiting", OLD)]):
        write(store, sql, number, state, at)
    send = """insert into outbox (update_id, position, chat, method, params, state, created_at)
              values (1, ?, 1, 'sendMessage', '{}', ?, ?)"""
    for number, (state, at) in enumerate([("failed", OLD), ("failed", NEW), ("waiting", OLD)]):
        write(store, send, number, state, at)
    store.write(set_retention, None, 90)
    assert store.write(apply, NOW).counts["messages"] == 2
    assert store.read(lambda db: db.execute("select position from outbox").fetchall()) == [(1,), (2,)]
    left = store.read(lambda db: db.execute("select update_id from inbox where payload is not null").fetchall())
    assert left == [(1,), (2,)]


def test_retaining_wipes_the_files_and_is_due_once_a_day(store: Store, tmp_path: Path) -> None:
    ask(store, ANN, TEXT, course(store)[0], asked_at=OLD)
    store.write(set_retention, "c", 1)
    assert store.read(is_due)
    assert retain(store, tmp_path)["questions"] == 1
    assert TEXT.encode() not in files_of(store)
    assert not store.read(is_due)
    store.write(apply, datetime.now(UTC) - timedelta(days=1))
    assert store.read(is_due)


@pytest.mark.parametrize(("name", "days"), [("c", -1), ("c", 40_000), ("nothing", 5)])
def test_days_and_courses_that_make_no_sense_are_refused(store: Store, name: str, days: int) -> None:
    course(store)
    with pytest.raises(TutorError, match=r"must lie between|no course"):
        store.write(set_retention, name, days)
