"""Teachers take topics; who took one is told alone, and what is kept of it is theirs to see and to have removed."""

import pytest
from persons import BOB, TEACHER, course, write

from data import people, topics
from data.forgetting import remove
from data.privacy import about
from data.store import Store


@pytest.fixture(autouse=True)
def teachers(store: Store) -> None:
    """Two teachers of the course."""
    course(store)
    for person in (TEACHER, BOB):
        store.write(people.meet, person)
        write(store, "insert into teachers (person, course, since) values (?, 'c', '')", person)


def take(store: Store, person: str, name: str) -> int:
    (topic,) = store.write(topics.keep, "c", [name])
    store.write(topics.turn, person, topic.id, True)
    return topic.id


def test_a_topic_keeps_its_number(store: Store) -> None:
    first = store.write(topics.keep, "c", ["Rates", "Dates"])
    again = store.write(topics.keep, "c", ["Dates", "Gates", "Rates"])
    assert [topic.name for topic in again] == ["Dates", "Gates", "Rates"]
    assert (again[0], again[2]) == (first[1], first[0])
    assert store.read(topics.find, first[0].id) == first[0]
    assert store.read(topics.find, 99) is None


def test_topics_are_taken_and_left(store: Store) -> None:
    number = take(store, BOB, "Rates")
    take(store, BOB, "Dates")
    store.write(topics.turn, BOB, number, True)
    assert [topic.name for topic in store.read(topics.taken, BOB)] == ["Dates", "Rates"]
    store.write(topics.turn, BOB, number, False)
    assert [topic.name for topic in store.read(topics.taken, BOB)] == ["Dates"]
    assert store.read(topics.taken, TEACHER) == []


def test_who_took_a_topic_is_told_alone_and_all_are_where_nobody_did(store: Store) -> None:
    take(store, BOB, "Rates")
    every = [TEACHER, BOB]
    assert store.read(topics.those_who_took, "c", "Rates", every) == [BOB]
    assert store.read(topics.those_who_took, "c", "Dates", every) == every
    assert store.read(topics.those_who_took, "d", "Rates", every) == every
    assert store.read(topics.those_who_took, "c", "Rates", [TEACHER]) == [TEACHER]  # Bob muted, or teaches no longer


def test_a_queue_shows_a_teachers_topics_alone_until_they_want_all(store: Store) -> None:
    assert not store.read(topics.alone, BOB)
    for _ in range(2):
        store.write(topics.show_alone, BOB, True)
    assert store.read(topics.alone, BOB) and not store.read(topics.alone, TEACHER)
    store.write(topics.show_alone, BOB, False)
    assert not store.read(topics.alone, BOB)


def test_what_a_teacher_took_is_exported_and_forgotten(store: Store) -> None:
    assert store.read(about, BOB)["topics_as_a_teacher"] is None
    take(store, BOB, "Rates")
    store.write(topics.show_alone, BOB, True)
    kept = {"taken": [{"course": "c", "topic": "Rates"}], "shown_alone": True}
    assert store.read(about, BOB)["topics_as_a_teacher"] == kept
    store.write(remove, BOB)
    for table in ("topics_taken", "topics_alone"):
        assert store.read(lambda db, name=table: db[name].count) == 0
