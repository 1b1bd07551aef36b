"""What was recommended: recorded once, voted on by whom it was made to, shown to them, and forgotten with them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from persons import ANN, BOB, ask, course, everything, write

from data import people, recommended
from data.errors import TutorError
from data.forgetting import forget
from data.privacy import about
from data.recommended import Pick, Recommended, Votes
from data.records import Entry
from data.resources import Resource, put, resources, retire
from data.retention import apply, set_retention
from data.store import Store

LINKS = (Resource("c", "film", "A film", "https://example.org/1", entries=("lr",)), Resource("c", "b", "B", "http://b"))


def shelf(store: Store) -> tuple[Entry, Resource, Resource]:
    """Put a course with two resources and two people into the store."""
    lr, _ = course(store)
    for resource in LINKS:
        store.write(put, resource)
    for person in (ANN, BOB):
        store.write(people.meet, person)
    film, other = store.read(resources)
    return lr, film, other


def test_the_same_event_is_recorded_once_and_says_the_same_again(store: Store) -> None:
    lr, film, other = shelf(store)
    first = store.write(recommended.record, ANN, [Pick(film.key, lr.key, "asked")], "telegram:1")
    assert first == [Recommended(1, film, lr, "asked")]
    assert store.write(recommended.record, ANN, [Pick(other.key, None, "near")], "telegram:1") == first
    assert len(store.write(recommended.record, ANN, [Pick(other.key, None, "near")], None)) == 1
    store.write(retire, [film.key])
    assert store.write(recommended.record, ANN, [], "telegram:1") == []


def test_the_last_word_of_each_person_counts_once(store: Store) -> None:
    _, film, other = shelf(store)
    for person, helped in ((ANN, True), (ANN, False), (BOB, True), (BOB, True)):
        made = store.write(recommended.record, person, [Pick(film.key, None, "near")], None)
        write(store, "update recommended set at = '2020-01-01' where id = 1")
        store.write(recommended.vote, person, made[0].id, helped)
    assert store.read(recommended.votes) == {film.key: Votes(1, 1)}
    assert store.read(recommended.judged, ANN) == {film.key}
    assert other.key not in store.read(recommended.judged, BOB)


def test_nobody_votes_on_what_was_recommended_to_another(store: Store) -> None:
    _, film, _ = shelf(store)
    made = store.write(recommended.record, ANN, [Pick(film.key, None, "near")], None)
    for person, number in ((BOB, made[0].id), (ANN, made[0].id + 1)):
        with pytest.raises(TutorError, match="was not recommended to this person"):
            store.write(recommended.vote, person, number, True)
    assert store.read(recommended.votes) == {}


def test_what_was_asked_lately_comes_once_and_newest_first_with_what_answered_it(store: Store) -> None:
    lr, *_ = shelf(store)
    ask(store, ANN, "an old question", lr, asked_at="2020-01-01T00:00:00.000Z")
    ask(store, ANN, "which rate", lr)
    ask(store, ANN, "Which  rate", lr)
    second = ask(store, ANN, "and then?", lr)
    write(store, "update feedback set vote = 'down' where question = ?", second)
    ask(store, BOB, "not mine", lr)
    lately = store.read(recommended.asked_lately, ANN, "c", 5)
    assert [(question.text, entry) for question, entry in lately] == [("and then?", None), ("Which  rate", lr)]
    assert len(store.read(recommended.asked_lately, ANN, None, 1)) == 1
    assert store.read(recommended.asked_lately, ANN, "other", 5) == []


def test_a_person_sees_what_was_recommended_and_it_is_forgotten_with_them(store: Store, tmp_path: Path) -> None:
    lr, film, _ = shelf(store)
    for person in (ANN, BOB):
        made = store.write(recommended.record, person, [Pick(film.key, lr.key, "practised")], None)
        store.write(recommended.vote, person, made[0].id, True)
    (told,) = store.read(about, ANN)["recommended"]
    assert {**told, "at": ""} == {
        "course": "c", "resource": "film", "because_of": "lr", "why": "practised", "vote": "up", "at": "",
    }  # fmt: skip
    forget(store, tmp_path, ANN)
    assert ANN not in everything(store)
    assert store.read(recommended.votes) == {film.key: Votes(1, 0)}


def test_recommendations_go_when_their_course_keeps_them_no_longer(store: Store) -> None:
    _, film, _ = shelf(store)
    write(store, "update people set first_seen_at = '2020-01-01'")
    store.write(recommended.record, ANN, [Pick(film.key, None, "near")], None)
    store.write(set_retention, None, 30)
    counts = store.write(apply, datetime.now(UTC)).counts
    assert (counts["recommended"], counts["people"]) == (0, 1)  # who was recommended something stays as long as that
    write(store, "update recommended set at = '2020-01-01'")
    counts = store.write(apply, datetime.now(UTC)).counts
    assert (counts["recommended"], counts["people"]) == (1, 1)
