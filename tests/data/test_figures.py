"""What is counted for teachers: by day, by topic, by hour, and when a new version came."""

from datetime import UTC, datetime, timedelta

import pytest
from persons import ANN, BOB, course, write
from sqlite_utils import Database

from data import log, people
from data.entries import entries, put
from data.figures import figures
from data.records import Answer, Candidate, Decision, Entry, Feedback, Question, Vote, iso
from data.store import Store

NOW = datetime.now(UTC)


def ask(
    store: Store,
    decision: Decision,
    *,
    days_ago: int = 0,
    hour: int = 9,
    vote: Vote | None = None,
    in_course: str | None = "c",
    person: str = ANN,
) -> None:
    def work(db: Database) -> None:
        people.meet(db, person)
        at = iso((NOW - timedelta(days=days_ago)).replace(hour=hour, minute=0))
        entry = entries(db, "c")[0]
        answer = Answer(decision, 0.5, (Candidate(entry, 0.5, 0.5),))
        number = log.record_question(db, Question("how fast", in_course, person=person, asked_at=at), answer)
        if vote:
            log.vote(db, Feedback(number, None if vote == "none" else entry.key, vote, 0, person, given_at=at))

    store.write(work)


@pytest.fixture(autouse=True)
def known(store: Store) -> list[Entry]:
    """A small course beside another."""
    return course(store)


def test_questions_and_reactions_are_counted_by_day(store: Store) -> None:
    ask(store, "answer", vote="up")
    ask(store, "suggest", vote="chosen", in_course=None)
    ask(store, "answer", vote="down", person=BOB)
    ask(store, "abstain", days_ago=1)
    ask(store, "suggest", days_ago=6, vote="none")
    ask(store, "answer", days_ago=7)
    counted = store.read(figures, "c", 7)
    assert counted.questions == 5
    assert [day.on for day in counted.days] == [(NOW - timedelta(days=n)).date().isoformat() for n in range(6, -1, -1)]
    first, today = counted.days[0], counted.days[-1]
    assert (today.answer, today.suggest, today.abstain, today.helped, today.reactions) == (2, 1, 0, 2, 3)
    assert (first.suggest, first.helped, first.reactions) == (1, 0, 1)
    assert counted.days[-2].abstain == 1


def test_topics_are_sections_or_else_questions_the_most_asked_first(store: Store, known: list[Entry]) -> None:
    ask(store, "answer")
    store.write(put, Entry("c", "due", "When is it due?", "On Friday.", section="Dates"))
    due = known[1]
    for _ in range(2):
        shown = Answer("answer", 0.9, (Candidate(due, 0.9, 0.9),))
        store.write(log.record_question, Question("due?", "c"), shown)
    assert store.read(figures, "c", 7).topics == (("Dates", 2), ("Which learning rate?", 1))


def test_hours_and_versions(store: Store) -> None:
    ask(store, "answer", hour=0)
    ask(store, "answer", hour=23)
    ask(store, "answer", hour=23)
    insert = "insert into model_versions (kind, version, event, at) values (?, ?, ?, ?)"
    for row in (("answers", "0001", "published"), ("answers", "0002", "fitted"), ("labels", "0003", "published")):
        write(store, insert, *row, iso(NOW))
    write(store, insert, "answers", "0000", "published", iso(NOW - timedelta(days=40)))
    counted = store.read(figures, "c", 7)
    assert (counted.hours[0], counted.hours[23], sum(counted.hours)) == (1, 2, 3)
    assert counted.versions == ((NOW.date().isoformat(), "0001"),)


def test_another_course_and_a_quiet_one_have_nothing(store: Store) -> None:
    ask(store, "answer")
    counted = store.read(figures, "d", 3)
    assert (counted.questions, counted.topics, counted.versions) == (0, (), ())
    assert len(counted.days) == 3
