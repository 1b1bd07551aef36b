"""Teachers say what they want to be told, and only then are told it."""

import pytest
from persons import BOB, TEACHER, course, write

from data import people, wishes
from data.forgetting import remove
from data.privacy import about
from data.store import Store
from data.wishes import Wishes


@pytest.fixture(autouse=True)
def teachers(store: Store) -> None:
    """Two teachers of the course."""
    course(store)
    for person in (TEACHER, BOB):
        store.write(people.meet, person)
        write(store, "insert into teachers (person, course, since) values (?, 'c', '')", person)


def test_teachers_are_told_until_they_mute_it(store: Store) -> None:
    assert store.read(wishes.to_be_told, "c") == [TEACHER, BOB]
    store.write(wishes.mute, BOB, True)
    assert store.read(wishes.to_be_told, "c") == [TEACHER]
    store.write(wishes.mute, BOB, False)
    assert store.read(wishes.to_be_told, "c") == [TEACHER, BOB]
    assert store.read(wishes.to_be_told, "d") == []


def test_the_digest_goes_to_who_wants_it_of_their_courses(store: Store) -> None:
    assert store.read(wishes.digest_readers) == {}
    store.write(wishes.want_digest, TEACHER, True)
    store.write(wishes.want_digest, BOB, True)
    assert store.read(wishes.digest_readers, [BOB]) == {BOB: None, TEACHER: frozenset({"c"})}
    write(store, "delete from teachers where person = ?", TEACHER)
    assert store.read(wishes.digest_readers) == {BOB: frozenset({"c"})}
    store.write(wishes.want_digest, BOB, False)
    assert store.read(wishes.digest_readers) == {}


def test_one_wish_leaves_the_other(store: Store) -> None:
    store.write(wishes.mute, BOB, True)
    store.write(wishes.want_digest, BOB, True)
    assert store.read(wishes.wishes, BOB) == Wishes(muted=True, digest=True)


def test_wishes_are_exported_and_forgotten(store: Store) -> None:
    assert store.read(about, BOB)["wishes_as_a_teacher"] is None
    store.write(wishes.mute, BOB, True)
    assert store.read(about, BOB)["wishes_as_a_teacher"] == {"muted": True, "digest": False}
    store.write(remove, BOB)
    assert store.read(lambda db: list(db.query("select * from wishes"))) == []
