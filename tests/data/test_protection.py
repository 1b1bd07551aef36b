"""A protected question is a test of every new version: kept once, with what is expected, and never of what is gone."""

import pytest
from sqlite_utils import Database

from data.entries import add_course, put, retire
from data.errors import Refused, TutorError
from data.protection import protect, protected, unprotect
from data.records import Entry, LabelledQuestion
from data.store import Store


@pytest.fixture(autouse=True)
def course(store: Store) -> None:
    """Entries a and b of course c, and a of course d."""

    def fill(db: Database) -> None:
        for name, number in (("c", "a"), ("c", "b"), ("d", "a")):
            add_course(db, name)
            put(db, Entry(name, number, f"{number}?", "A."))

    store.write(fill)


def add(store: Store, text: str, course: str, *ids: str) -> None:
    store.write(protect, LabelledQuestion(text, course, ids))


def test_a_protected_question_is_read_back_with_all_that_is_expected(store: Store) -> None:
    add(store, "What is a?", "c", "b", "a")
    add(store, "What is a?", "d", "a")
    assert store.read(protected) == [
        LabelledQuestion("What is a?", "c", ("a", "b")),
        LabelledQuestion("What is a?", "d", ("a",)),
    ]


def test_protecting_the_same_wording_again_unites_what_is_expected(store: Store) -> None:
    for _ in range(2):
        add(store, "What is a?", "c", "a")
        add(store, " WHAT  is a? ", "c", "b")
    assert store.read(protected) == [LabelledQuestion("What is a?", "c", ("a", "b"))]


def test_a_question_taken_out_is_no_longer_protected(store: Store) -> None:
    add(store, "What is a?", "c", "a", "b")
    add(store, "What is a?", "d", "a")
    assert store.write(unprotect, "c", "what is A?")
    assert not store.write(unprotect, "c", "What is a?")
    assert [q.course for q in store.read(protected)] == ["d"]


def test_entries_that_may_not_be_said_are_left_out_until_they_come_back(store: Store) -> None:
    add(store, "one", "c", "a", "b")
    add(store, "two", "c", "b")
    store.write(retire, [2])
    store.write(put, Entry("d", "a", "a?", "A.", expires_on="2001-01-01"))
    assert store.read(protected) == [LabelledQuestion("one", "c", ("a",))]
    store.write(put, Entry("c", "b", "b?", "B."))
    assert [q.expected_ids for q in store.read(protected)] == [("a", "b"), ("b",)]


@pytest.mark.parametrize(
    ("text", "ids", "reason"),
    [
        ("?!", ["a"], "the question has no words"),
        ("one", [], "no entry is named: say which one answers it with --id"),
        ("one", ["a", "x", "y"], "no entry x, y in course c: `python -m data export entries FILE --course c` lists"),
        ("one", ["expired"], "no entry expired in course c"),
    ],
)
def test_what_cannot_be_a_test_is_refused_and_nothing_is_kept(
    store: Store, text: str, ids: list[str], reason: str
) -> None:
    store.write(put, Entry("c", "expired", "e?", "A.", expires_on="2001-01-01"))
    with pytest.raises(Refused, match=reason):
        add(store, text, "c", *ids)
    assert store.read(protected) == []


def test_an_unknown_course_is_refused_with_those_there_are(store: Store) -> None:
    with pytest.raises(TutorError, match="no course 'x'; there are: c, d"):
        add(store, "one", "x", "a")
