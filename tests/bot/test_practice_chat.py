"""A student practises on Telegram: a question, an answer in their own words, a verdict that they can overrule."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from bot_api import BotApi, Sent
from catalogues import EN, ZH
from small_course import BATCH, LR, WARM_UP, labels, read, rows

from bot.app import serving
from bot.practice import remind
from bot.service import Tutor
from bot.settings import Settings
from data import reminders
from data.entries import retire
from data.reminders import Reminder
from data.store import Store

STUDENT, TEACHER = 7, 5
T = EN.practice


@pytest_asyncio.fixture(autouse=True)
async def bot(api: BotApi, course: Store, tutor: Tutor) -> AsyncIterator[None]:
    """The bot with a student and a teacher of the English course."""
    async with serving(Settings(api.token, api.base_url, api.base_file_url), tutor, course):
        for user in (STUDENT, TEACHER):
            await say(api, "/start course-ml", user)
        sql = "insert into teachers (person, course, since) values (?, 'ml', '')"
        course.write(lambda db: db.execute(sql, [tutor.person(f"telegram:{TEACHER}")]))
        yield


async def say(api: BotApi, text: str, user: int = STUDENT, **profile: str) -> Sent:
    api.send_text(user, text, **profile)
    return await api.next_sent(user, timeout_s=30)


async def press(api: BotApi, message: Sent, button: str, user: int = STUDENT) -> Sent:
    api.press(user, message, button)
    return await api.next_sent(user, timeout_s=30)


async def test_an_answer_is_judged_and_the_approved_one_shown_with_its_source(api: BotApi, course: Store) -> None:
    asked = await say(api, "/quiz")
    assert read(asked) == f"{T.ask}\n\n{LR}"
    assert labels(asked) == [[T.skip, T.stop]]
    judged = await say(api, "Start with 2e-5 and halve it when the loss jumps.")
    assert read(judged).startswith(f"{T.right}\n\n{LR}\n\nStart with 2e-5 & halve it")
    assert "Training" in read(judged)
    assert "https://example.org/lr" in read(judged)
    assert read(judged).endswith(T.estimate)
    assert labels(judged) == [[T.was_partly, T.was_not_yet], [T.next]]
    (kept,) = rows(course, "select given, verdict, own, ref from reviews")
    assert (kept["verdict"], kept["own"]) == ("right", None)
    assert kept["ref"].startswith("telegram:")
    assert read(await press(api, judged, T.next)) == f"{T.ask}\n\n{WARM_UP}"


async def test_an_answer_that_says_nothing_is_not_yet_and_the_student_has_the_last_word(
    api: BotApi, course: Store
) -> None:
    await say(api, "/quiz")
    judged = await say(api, "I don't know")
    assert read(judged).startswith(T.not_yet)
    told = await press(api, judged, T.was_right)
    assert told.text == T.noted.format(verdict=T.right, when=T.in_days.format(n=2))
    assert (await press(api, judged, T.was_partly)).text.startswith(T.partly)
    assert rows(course, "select verdict, own from reviews") == [{"verdict": "not yet", "own": "partly"}]
    assert read(await press(api, told, T.next)) == f"{T.ask}\n\n{WARM_UP}"


async def test_between_two_questions_a_text_is_a_question_again(api: BotApi, course: Store) -> None:
    await say(api, "/quiz")
    await say(api, "no idea")
    await say(api, LR)
    assert [row["text"] for row in rows(course, "select text from questions")] == [LR]


async def test_skip_puts_a_question_off_and_stop_ends(api: BotApi, course: Store) -> None:
    asked = await say(api, "/quiz")
    api.press(STUDENT, asked, T.skip)
    second = await press(api, asked, T.skip)  # twice, and yet only one is passed over
    assert read(second) == f"{T.ask}\n\n{WARM_UP}"
    third = await say(api, "/skip")
    assert read(third) == f"{T.ask}\n\n{BATCH}"
    assert (await press(api, third, T.stop)).text == T.stopped
    assert (await say(api, "/skip")).text == T.none_waiting
    assert rows(course, "select count(*) as n from reviews") == [{"n": 0}]
    assert read(await say(api, "/quiz")) == f"{T.ask}\n\n{BATCH}"


async def test_what_was_retired_while_it_waited_is_not_judged(api: BotApi, course: Store) -> None:
    await say(api, "/quiz")
    (lr,) = rows(course, "select key from entries where id = 'lr'")
    course.write(retire, [lr["key"]])
    assert (await say(api, "2e-5")).text == T.not_asked
    assert read(await api.next_sent(STUDENT)) == f"{T.ask}\n\n{WARM_UP}"
    assert rows(course, "select count(*) as n from reviews") == [{"n": 0}]


async def test_when_all_is_answered_it_says_when_the_next_falls_due(api: BotApi, course: Store) -> None:
    course.write(lambda db: db.execute("update entries set retired_at = '' where id <> 'lr'"))
    await say(api, "/quiz")
    judged = await say(api, "no idea")
    assert (await press(api, judged, T.next)).text == T.all_answered.format(when=T.in_minutes.format(n=10))
    course.write(lambda db: db.execute("update entries set retired_at = ''"))
    assert (await say(api, "/quiz")).text == T.nothing


async def test_an_older_answer_to_the_same_question_cannot_be_overruled(api: BotApi, course: Store) -> None:
    await say(api, "/quiz")
    first = await say(api, "no idea")
    course.write(lambda db: db.execute("update cards set due_at = ''"))
    await say(api, "/quiz")
    await say(api, "no idea, again")
    assert (await press(api, first, T.was_right)).text == T.gone


async def test_a_teacher_takes_a_question_out_and_puts_it_back(api: BotApi, course: Store) -> None:
    await say(api, "/quiz", TEACHER)
    judged = await say(api, "no idea", TEACHER)
    assert labels(judged)[-1] == [T.take_out]
    out = await press(api, judged, T.take_out, TEACHER)
    assert read(out) == T.taken_out.format(question=LR)
    assert read(await say(api, "/quiz")) == f"{T.ask}\n\n{WARM_UP}"
    assert (await press(api, judged, T.take_out)).text == EN.not_allowed  # pressed by a student
    assert read(await press(api, out, T.put_back, TEACHER)) == T.back.format(question=LR)
    assert rows(course, "select * from not_quizzed") == []


async def test_progress_is_a_picture_and_a_sentence(api: BotApi) -> None:
    assert (await say(api, "/progress")).text == T.progress_none
    await say(api, "/quiz")
    await say(api, "no idea")
    shown = await say(api, "/progress")
    assert shown.file is not None
    name, content = shown.file
    assert (name, content[:4]) == ("progress.png", b"\x89PNG")
    assert shown.text.splitlines()[:2] == [
        T.progress_lead.format(answered=1, questions=6, right=0),
        T.progress_weak.format(topics="1. Training"),
    ]
    assert labels(shown) == [[T.next]]


async def test_everything_is_said_in_the_student_s_language(api: BotApi) -> None:
    asked = await say(api, "/quiz", language_code="zh")
    assert read(asked) == f"{ZH.practice.ask}\n\n{LR}"
    assert read(await say(api, "不知道", language_code="zh")).startswith(ZH.practice.not_yet)


async def test_a_reminder_is_set_shown_and_ended(api: BotApi) -> None:
    assert (await say(api, "/remind")).text == T.remind_usage
    assert (await say(api, "/remind at six")).text == T.remind_usage
    told = (await say(api, "/remind 18:00 +2")).text
    clock = f"{datetime.now(UTC) + timedelta(hours=2):%H}:"
    assert "18:00 (UTC+2)" in told
    assert clock in told
    assert "(UTC+2)" in (await say(api, "/remind 7:30")).text
    assert "07:30 (UTC+2)" in (await say(api, "/remind")).text
    assert (await say(api, "/remind off")).text == T.remind_off
    assert (await say(api, "/remind")).text == T.remind_usage


async def test_a_reminder_comes_once_a_day_when_something_is_due(api: BotApi, course: Store, tutor: Tutor) -> None:
    person = tutor.person(f"telegram:{STUDENT}")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    course.write(reminders.set_reminder, person, Reminder("00:00", 0))
    course.write(remind, tomorrow)  # nothing is due
    await say(api, "/quiz")
    await say(api, "no idea")
    for later in (tomorrow + timedelta(days=1), tomorrow + timedelta(days=1, minutes=1)):
        course.write(remind, later)
    told = await api.next_sent(STUDENT, timeout_s=30)
    assert told.text == T.remind_lead.format(n=1)
    assert rows(course, "select count(*) as n from notices") == [{"n": 1}]
    assert read(await press(api, told, T.begin)) == f"{T.ask}\n\n{WARM_UP}"
