"""Entries and courses: what is live, what is known of it, and when readers must look again."""

import pytest
from sqlite_utils import Database

from data.entries import Course, add_course, courses, entries, find_course, put, retire, retired, revision, touch
from data.errors import TutorError
from data.records import Entry
from data.store import Store

PAST, FUTURE = "2001-01-01", "2999-01-01"


def some_entries(db: Database) -> None:
    add_course(db, "c", "A title")
    add_course(db, "empty")
    put(db, Entry("c", "live", "Q1?", "A.", alternates=("one", "two"), expires_on=FUTURE))
    put(db, Entry("c", "expired", "Q2?", "A.", expires_on=PAST))
    retire(db, [put(db, Entry("c", "retired", "Q3?", "A."))])


def test_only_live_entries_are_counted_and_returned(store: Store) -> None:
    store.write(some_entries)
    assert store.read(courses) == [Course("c", "A title", 1), Course("empty", "empty", 0)]
    assert [e.id for e in store.read(entries, "c")] == ["live"]
    assert [e.id for e in store.read(entries, live=False)] == ["live", "expired"]
    assert store.read(entries, "empty") == []


def test_what_was_taken_out_is_kept_apart(store: Store) -> None:
    store.write(some_entries)
    assert [e.id for e in store.read(retired)] == ["retired"]
    store.write(put, Entry("c", "retired", "Q3?", "A."))
    assert store.read(retired) == []


def test_alternates_keep_their_order_and_are_phrasings(store: Store) -> None:
    store.write(some_entries)
    (entry,) = store.read(entries)
    assert entry.alternates == entry.phrasings == ("one", "two")


def test_putting_an_entry_again_replaces_its_alternates(store: Store) -> None:
    store.write(some_entries)
    key = store.write(put, Entry("c", "live", "Q1?", "A.", alternates=("three",)))
    (entry,) = store.read(entries)
    assert (entry.key, entry.alternates) == (key, ("three",))


def test_a_course_is_found_or_those_there_are_are_named(store: Store) -> None:
    with pytest.raises(TutorError, match="no course 'x'; there are: none yet"):
        store.read(find_course, "x")
    store.write(some_entries)
    assert store.read(find_course, "c").title == "A title"
    with pytest.raises(TutorError, match="no course 'C'; there are: c, empty"):
        store.read(find_course, "C")


def test_adding_a_course_again_keeps_the_title_a_teacher_gave(store: Store) -> None:
    store.write(add_course, "c", "First")
    store.write(add_course, "c")
    store.write(add_course, "c", "Second")
    assert [course.title for course in store.read(courses)] == ["First"]


def test_touch_changes_the_revision_every_time(store: Store) -> None:
    seen = {store.read(revision)}
    for _ in range(3):
        store.write(touch)
        seen.add(store.read(revision))
    assert len(seen) == 4
