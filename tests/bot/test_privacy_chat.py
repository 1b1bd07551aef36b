"""What both front ends say of what is kept, and that retention goes on where it failed."""

import asyncio
import logging

import pytest
from catalogues import EN
from small_course import LR, SURE, rows

from bot.privacy import decided, explained, retaining
from bot.replies import Action
from bot.service import Tutor
from data.records import Question
from data.retention import set_retention
from data.store import Store

FORGET = Action("forget")


class Told(logging.Handler):
    """Wakes whoever waits for something to be logged."""

    def __init__(self) -> None:
        super().__init__()
        self.event = asyncio.Event()
        self.message = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.message = record.getMessage()
        self.event.set()


@pytest.mark.parametrize("action", [FORGET, Action("keep")])
async def test_of_a_stranger_nothing_is_kept(tutor: Tutor, action: Action) -> None:
    said = (await decided(tutor, "ada", action, EN)).lead
    assert said == (EN.nothing_kept if action == FORGET else EN.forget_kept)


async def test_an_answer_worded_by_a_teacher_as_the_person_asked_is_said_to_stay(tutor: Tutor, course: Store) -> None:
    await tutor.meet("ada")
    await tutor.ask(Question(LR.upper(), "ml", person="ada"))
    assert EN.forget_alike in (await decided(tutor, "ada", FORGET, EN)).lead
    await tutor.meet("ada")
    await tutor.ask(Question("which rate to start with?", "ml", person="ada"))
    said = (await decided(tutor, "ada", FORGET, EN)).lead
    assert EN.forget_alike not in said
    assert EN.forget_versions.split(":")[0] not in said
    assert rows(course, "select * from questions") == []


async def test_the_days_are_those_of_the_course_that_was_chosen(tutor: Tutor, course: Store) -> None:
    await tutor.meet("ada")
    course.write(set_retention, "ml", 30)
    await tutor.choose_course("ada", "ml")
    assert "are kept: 30 days." in await explained(tutor, "ada", EN)
    await tutor.choose_course("ada", "zh")
    assert f"are kept: {EN.kept_until_forgotten}." in await explained(tutor, "ada", EN)


@pytest.mark.parametrize("fails", [True, False])
async def test_retention_says_what_it_removed_or_why_it_failed_and_goes_on(
    tutor: Tutor, course: Store, fails: bool
) -> None:
    await tutor.meet("ada")
    await tutor.ask(Question(SURE, "ml", person="ada", asked_at="2020-01-01T00:00:00.000Z"))
    course.write(set_retention, "ml", 30)
    if fails:
        course.write(lambda db: db.execute("alter table questions rename to hidden"))
    told, logger = Told(), logging.getLogger("bot.privacy")
    logger.addHandler(told)
    logger.setLevel(logging.INFO)
    task = asyncio.create_task(retaining(tutor))
    try:
        await asyncio.wait_for(told.event.wait(), 30)
        assert not task.done()
    finally:
        task.cancel()
        logger.removeHandler(told)
        logger.setLevel(logging.NOTSET)
    assert told.message.startswith("retention is tried again" if fails else "retention: 1 questions")
