"""The tutoring service: answers, reactions and escalations, each in the store before it returns."""

from pathlib import Path

import pytest
from small_course import FOREIGN, LR, SURE, UNSURE, fill, rows

from bot.asking import QuestionError, check_question
from bot.service import Tutor, open_tutor
from data.entries import courses, retire
from data.errors import StoreError, TutorError
from data.people import Pseudonyms
from data.records import Question
from data.store import Store

ADA = "ada"


@pytest.fixture
async def ada(tutor: Tutor) -> str:
    """A person who is known."""
    await tutor.meet(ADA)
    return ADA


async def test_a_question_is_recorded_with_what_was_decided_and_shown(tutor: Tutor, ada: str, course: Store) -> None:
    asked = await tutor.ask(Question(UNSURE, person=ada, ref="event:1"))
    assert asked.answer.decision == "suggest"
    (row,) = rows(course, "select * from questions")
    assert (row["id"], row["text"], row["person"], row["ref"]) == (asked.question, UNSURE, ada, "event:1")
    assert (row["decision"], row["confidence"], row["model"]) == ("suggest", asked.answer.confidence, "0001")
    shown = [row["entry"] for row in rows(course, "select entry from shown order by position")]
    assert shown == [c.entry.key for c in asked.answer.candidates]


async def test_the_same_event_is_answered_the_same_and_recorded_once(tutor: Tutor, ada: str, course: Store) -> None:
    first = await tutor.ask(Question(UNSURE, person=ada, ref="event:1"))
    second = await tutor.ask(Question(UNSURE, person=ada, ref="event:1"))
    assert first == second
    assert len(rows(course, "select * from questions")) == 1


async def test_an_entry_taken_out_meanwhile_is_not_replaced_by_a_lesser_one(
    tutor: Tutor, ada: str, course: Store
) -> None:
    asked = await tutor.ask(Question(SURE, person=ada, ref="event:1"))
    assert asked.best is not None
    course.write(retire, [asked.best.key])
    again = await tutor.ask(Question(SURE, person=ada, ref="event:1"))
    assert again.best is None
    course.write(retire, [c.entry.key for c in again.answer.candidates])
    empty = await tutor.ask(Question(SURE, person=ada, ref="event:1"))
    assert (empty.best, empty.choices) == (None, ())


async def test_a_question_is_asked_in_the_course_that_the_person_chose(tutor: Tutor, ada: str) -> None:
    await tutor.choose_course(ada, "zh")
    asked = await tutor.ask(Question(SURE, person=ada))
    assert {c.entry.course for c in asked.answer.candidates} == {"zh"}
    named = await tutor.ask(Question(SURE, "ml", person=ada))
    assert {c.entry.course for c in named.answer.candidates} == {"ml"}


async def test_an_unknown_course_cannot_be_chosen(tutor: Tutor, ada: str) -> None:
    with pytest.raises(TutorError, match="there are: ml, zh"):
        await tutor.choose_course(ada, "old")
    assert await tutor.course_of(ada) is None


async def test_a_course_whose_entries_are_all_gone_is_not_offered(tutor: Tutor, course: Store) -> None:
    keys = [row["key"] for row in rows(course, "select key from entries where course = 'zh'")]
    course.write(retire, keys)
    assert [known.id for known in await tutor.courses()] == ["ml"]
    assert [known.id for known in course.read(courses)] == ["ml", "zh"]


async def test_a_reaction_is_refused_unless_it_is_ones_own_question_and_was_shown(
    tutor: Tutor, ada: str, course: Store
) -> None:
    asked = await tutor.ask(Question(SURE, person=ada))
    assert asked.best is not None
    refused = [("bob", asked.question, asked.best.key), (ada, 99, asked.best.key), (ada, asked.question, 10)]
    for person, question, entry in refused:
        with pytest.raises(TutorError, match="not shown"):
            await tutor.react(person, question, entry, "up")
    with pytest.raises(TutorError, match="not asked"):
        await tutor.escalate("bob", asked.question)
    assert rows(course, "select * from feedback") == []


async def test_a_question_is_handed_over_once(tutor: Tutor, ada: str) -> None:
    asked = await tutor.ask(Question(FOREIGN, person=ada))
    assert [await tutor.escalate(ada, asked.question) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(("text", "reason"), [("x" * 4001, "too_long"), ("?!🙂", "no_words"), ("", "no_words")])
def test_what_is_no_question_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(QuestionError) as refused:
        check_question(text)
    assert refused.value.reason == reason


async def test_a_question_that_cannot_be_recorded_is_not_answered(tutor: Tutor, ada: str, course: Store) -> None:
    course.write(lambda db: db.execute("alter table shown rename to hidden"))
    with pytest.raises(StoreError):
        await tutor.ask(Question(SURE, person=ada))
    assert rows(course, "select * from questions") == []


async def test_a_tutor_opens_on_a_store_with_entries(course: Store, models: Path, tmp_path: Path) -> None:
    tutor, engine = open_tutor(course, models, tmp_path / "tutor.key")
    try:
        asked = await tutor.ask(Question(SURE))
        assert asked.best is not None
        assert asked.best.question == LR
    finally:
        engine.close()


def test_a_tutor_needs_entries(store: Store, models: Path, tmp_path: Path) -> None:
    with pytest.raises(TutorError, match="data import FILE"):
        open_tutor(store, models, tmp_path / "tutor.key")
    assert not (tmp_path / "tutor.key").exists()


def test_another_key_than_the_stores_is_refused(store: Store, models: Path, tmp_path: Path) -> None:
    store.write(fill)
    open_tutor(store, models, tmp_path / "one.key")[1].close()
    Pseudonyms.open(tmp_path / "other.key")
    with pytest.raises(TutorError, match="TUTOR_KEY_FILE"):
        open_tutor(store, models, tmp_path / "other.key")
