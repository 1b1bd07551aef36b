"""A text on Telegram, from the student who hands it in to the teacher who marks it and back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from bot_api import BotApi, Sent
from catalogues import EN
from small_course import labels, read, rows
from small_essays import ESSAY, GOOD, asked, publish

from bot.app import serving
from bot.scorers import Scorers
from bot.service import Tutor
from bot.settings import Settings
from data.store import Store

STUDENT, TEACHER = 7, 5
T = EN.essay


@pytest_asyncio.fixture(autouse=True)
async def bot(api: BotApi, course: Store, tutor: Tutor, tmp_path: Path) -> AsyncIterator[None]:
    """The bot with a student and a teacher of the English course, where the assignment's scorer serves."""
    tutor.scorers = Scorers(publish(course, tmp_path / "models", prompts=("p1",)))
    asked(course)
    async with serving(Settings(api.token, api.base_url, api.base_file_url), tutor, course):
        for user in (STUDENT, TEACHER):
            api.send_text(user, "/start course-ml")
            await api.next_sent(user, timeout_s=30)
        sql = "insert into teachers (person, course, since) values (?, 'ml', '')"
        course.write(lambda db: db.execute(sql, [tutor.person(f"telegram:{TEACHER}")]))
        yield


async def say(api: BotApi, text: str, user: int = STUDENT) -> Sent:
    api.send_text(user, text)
    return await api.next_sent(user, timeout_s=30)


async def test_a_text_goes_to_the_teacher_and_its_mark_comes_back(api: BotApi, course: Store) -> None:
    offered = await say(api, "/essay")
    assert labels(offered) == [[ESSAY.title]]
    api.press(STUDENT, offered, ESSAY.title)
    assert ESSAY.prompt in read(await api.next_sent(STUDENT, timeout_s=30))
    told = await say(api, GOOD)
    assert read(told).startswith(T.handed_in.format(title=ESSAY.title, n=len(GOOD)))
    assert T.note in read(told)
    shown = await say(api, "/marks", TEACHER)
    assert GOOD in read(shown) and EN.marking.evidence in read(shown)
    assert (await say(api, "3.5 Good.", TEACHER)).text == EN.marking.saved.format(score="3.5")
    marked = await api.next_sent(STUDENT, timeout_s=30)
    assert read(marked).startswith(T.told.format(title=ESSAY.title, score="3.5", most="4"))
    api.press(STUDENT, marked, T.show.format(title=ESSAY.title))
    assert T.comment.format(comment="Good.") in read(await api.next_sent(STUDENT, timeout_s=30))
    assert [row["score"] for row in rows(course, "select score from marks")] == [3.5]
    assert (await say(api, "/marks")).text == EN.not_allowed
