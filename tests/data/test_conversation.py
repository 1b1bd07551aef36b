"""What a question may lean on, and what becomes of one whose message was changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tiny import fill, topics

from data import conversation, log
from data.records import Answer, Candidate, Entry, Feedback, Question, iso
from data.store import Store

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def entry(store: Store) -> Entry:
    (entry,) = fill(store, topics(roots=["ba"]))
    store.write(lambda db: db.execute("insert into people (id, first_seen_at) values ('ann', ''), ('bob', '')"))
    return entry


def ask(store: Store, entry: Entry, text: str, *, minute: float = 0, **rest: object) -> int:
    question = Question(text, "tiny", person="ann", asked_at=iso(AT + timedelta(minutes=minute)))
    answer = Answer("answer", 0.9, (Candidate(entry, 0.9, 0.9),))
    return store.write(log.record_question, replace(question, **rest), answer)  # type: ignore[arg-type]


def context(store: Store, text: str = "why?", *, minute: float = 1, before: int | None = None, **rest: object) -> str:
    question = Question(text, "tiny", person="ann", asked_at=iso(AT + timedelta(minutes=minute)))
    return store.read(conversation.context, replace(question, **rest), before)  # type: ignore[arg-type]


def test_a_question_may_lean_on_the_last_one_of_the_same_person_chat_and_course(store: Store, entry: Entry) -> None:
    ask(store, entry, "older")
    ask(store, entry, "what is it")
    assert context(store) == "what is it"
    assert context(store, person="bob") == ""
    assert context(store, chat=-5) == ""
    assert context(store, course=None) == ""


def test_after_ten_minutes_it_stands_alone(store: Store, entry: Entry) -> None:
    ask(store, entry, "what is it")
    assert context(store, minute=10) == "what is it"
    assert context(store, minute=10.1) == ""


def test_the_same_question_again_leans_on_nothing(store: Store, entry: Entry) -> None:
    ask(store, entry, "Why?")
    assert context(store, "why?") == ""


def test_a_context_has_its_own_until_that_grows_too_long(store: Store, entry: Entry) -> None:
    ask(store, entry, "and for gpt", context="how is bert trained")
    assert context(store) == "how is bert trained and for gpt"
    ask(store, entry, "z" * 299, context="how is bert trained")
    assert context(store) == "z" * 299
    ask(store, entry, "z" * 999)
    assert len(context(store)) == conversation.MAX_CONTEXT_CHARS


def test_a_changed_question_takes_the_place_of_the_old_one_with_all_that_was_said_of_it(
    store: Store, entry: Entry
) -> None:
    first = ask(store, entry, "first")
    old = ask(store, entry, "old", message=5)
    store.write(log.vote, Feedback(old, entry.key, "up", 0, "ann"))
    assert store.read(conversation.of_message, "ann", None, 5) == old
    assert context(store, before=old) == "first"
    changed = Question("new", "tiny", person="ann", ref="edit:1", message=5)
    number = store.write(conversation.record_changed, old, changed, Answer("abstain", 0.1))
    assert store.read(conversation.text_of, number) == "new"
    assert store.read(log.feedback_rows) == []
    assert [q.text for q in store.read(log.last_questions, 9)] == ["new", "first"]
    assert store.write(conversation.record_changed, first, changed, Answer("abstain", 0.1)) == number
    assert store.read(conversation.text_of, first) == "first"


def test_a_question_that_a_teacher_spoke_of_stays_beside_the_changed_one(store: Store, entry: Entry) -> None:
    old = ask(store, entry, "old", message=5)
    store.write(log.vote, Feedback(old, entry.key, "correction", role="teacher"))
    changed = Question("new", "tiny", person="ann", ref="edit:1", message=5)
    number = store.write(conversation.record_changed, old, changed, Answer("abstain", 0.1))
    assert number != old
    assert store.read(conversation.text_of, old) == "old"
    assert store.read(conversation.of_message, "ann", None, 5) == number


def test_a_leaning_question_teaches_nothing_and_is_no_known_wording(store: Store, entry: Entry) -> None:
    number = ask(store, entry, "and for gpt", context="how is bert trained")
    store.write(log.vote, Feedback(number, entry.key, "correction", role="teacher"))
    assert store.read(log.feedback_rows) == []
    assert ("tiny", "how is bert trained and for gpt") not in store.read(log.settled)
    assert number in store.read(log.settled)
    (question,) = store.read(log.last_questions, 1)
    assert (question.text, question.context) == ("and for gpt", "how is bert trained")


def test_a_group_has_a_course_and_keeps_it_when_its_number_changes(store: Store, entry: Entry) -> None:
    asked = ask(store, entry, "in the group", chat=-5)
    assert store.read(conversation.group_course, -5) is None
    store.write(conversation.choose_group_course, -5, "tiny")
    store.write(conversation.move_group, -5, -1005)
    assert store.read(conversation.group_course, -1005) == "tiny"
    assert store.read(conversation.group_course, -5) is None
    assert store.read(conversation.asked_in, asked) == -1005
