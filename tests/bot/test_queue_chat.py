"""A teacher works through the queue on Telegram: one tap each, and everybody who asked gets the answer."""

from collections.abc import AsyncIterator

import pytest_asyncio
from bot_api import BotApi, Sent
from catalogues import EN, ZH
from small_course import FOREIGN, labels, read, rows

from bot.app import serving
from bot.service import Tutor
from bot.settings import Settings
from data.store import Store

ADMIN, TEACHER, ANN, BOB = 1, 5, 7, 8
T = EN.teaching
EXAM = ("Is the exam open book?", "is the exam an open book exam")


@pytest_asyncio.fixture(autouse=True)
async def bot(api: BotApi, course: Store, tutor: Tutor) -> AsyncIterator[None]:
    """The bot with a teacher of the English course."""
    settings = Settings(api.token, api.base_url, api.base_file_url, frozenset({ADMIN}))

    async with serving(settings, tutor, course):
        await say(api, TEACHER, "/start course-ml")
        person = tutor.person(f"telegram:{TEACHER}")
        sql = "insert into teachers (person, course, since) values (?, 'ml', '')"
        course.write(lambda db: db.execute(sql, [person]))
        yield


async def say(api: BotApi, user: int, text: str, **profile: str) -> Sent:
    api.send_text(user, text, **profile)
    return await api.next_sent(user, timeout_s=30)


async def ask(api: BotApi, user: int, text: str) -> int:
    """Let a student ask what the tutor does not know; return the number of their message."""
    if not [call for call in api.sent if call.chat_id == user]:
        await say(api, user, "/start course-ml")
    sent = await say(api, user, text)
    assert sent.reply_to is not None
    return sent.reply_to


async def press(api: BotApi, user: int, message: Sent, button: str) -> Sent:
    api.press(user, message, button)
    return await api.next_sent(user, timeout_s=30)


def reply(api: BotApi, user: int, message: Sent, text: str) -> None:
    """Reply to a message of the bot."""
    quoted = api._message(message)
    api.send_message(user, {"text": text, "reply_to_message": quoted})


async def asked_twice(api: BotApi) -> tuple[int, int]:
    return await ask(api, ANN, EXAM[0]), await ask(api, BOB, EXAM[1])


async def test_one_reply_answers_everybody_who_asked(api: BotApi, course: Store) -> None:
    ann, bob = await asked_twice(api)
    await ask(api, ANN, FOREIGN)
    shown = await say(api, TEACHER, "/queue")
    assert read(shown).startswith(T.queue_head.format(course="Machine learning", left=2))
    assert all(f"• {text}" in read(shown) for text in EXAM)
    assert labels(shown) == [[T.queue_answer, T.queue_same], [T.queue_outside, T.queue_later], [T.queue_alone]]
    reply(api, TEACHER, shown, "Yes, with **one** book.")
    told = await api.next_sent(TEACHER, timeout_s=30)
    assert read(told).startswith(T.queue_answered.format(people=2))
    for user, message in ((ANN, ann), (BOB, bob)):
        sent = await api.next_sent(user, timeout_s=30)
        assert sent.reply_to == message
        assert read(sent).startswith(T.queue_delivered)
        assert "Yes, with one book." in read(sent)
    assert read(await press(api, TEACHER, told, T.queue_next)).count("•") == 1
    assert rows(course, "select count(*) as n from protected") == [{"n": 1}]


async def test_what_was_answered_can_be_taken_back(api: BotApi, course: Store) -> None:
    await asked_twice(api)
    shown = await say(api, TEACHER, "/queue")
    await press(api, TEACHER, shown, T.queue_answer)
    told = await say(api, TEACHER, "Yes.")
    back = await press(api, TEACHER, told, T.take_back)
    assert read(back) == T.taken_back
    assert read(await press(api, TEACHER, told, T.take_back)) == T.not_taken_back
    assert "• " + EXAM[0] in read(await press(api, TEACHER, back, T.queue_next))
    assert rows(course, "select count(*) as n from entries where retired_at is null") == [{"n": 10}]


async def test_the_same_as_an_entry(api: BotApi, course: Store) -> None:
    await asked_twice(api)
    shown = await say(api, TEACHER, "/queue")
    await press(api, TEACHER, shown, T.queue_same)
    found = await say(api, TEACHER, "homework due")
    assert labels(found)[0] == ["When is the homework due?"]
    told = await press(api, TEACHER, found, "When is the homework due?")
    assert read(told).startswith(T.queue_joined.format(people=2))
    assert "On Friday at noon." in read(await api.next_sent(ANN, timeout_s=30))
    confirmed = "select count(*) as n from feedback where vote = 'correction' and role = 'teacher'"
    assert rows(course, confirmed) == [{"n": 2}]


async def test_not_for_this_course_and_later_go_on_with_the_next(api: BotApi, course: Store) -> None:
    await ask(api, ANN, FOREIGN)
    await ask(api, BOB, EXAM[0])
    shown = await say(api, TEACHER, "/queue")
    first = FOREIGN if FOREIGN in read(shown) else EXAM[0]
    assert read(await press(api, TEACHER, shown, T.queue_outside)) == T.queue_not_here
    following = await api.next_sent(TEACHER, timeout_s=30)
    assert (EXAM[0] if first == FOREIGN else FOREIGN) in read(following)
    assert read(await press(api, TEACHER, following, T.queue_later)) == T.queue_put_off
    assert read(await api.next_sent(TEACHER, timeout_s=30)) == T.queue_empty
    assert rows(course, "select vote from feedback") == [{"vote": "none"}]


async def test_only_the_first_wording_of_a_cluster(api: BotApi) -> None:
    await asked_twice(api)
    shown = await say(api, TEACHER, "/queue")
    alone = await press(api, TEACHER, shown, T.queue_alone)
    assert read(alone).count("•") == 1
    assert labels(alone) == labels(shown)[:2]


async def test_the_second_of_two_teachers_is_told(api: BotApi, course: Store) -> None:
    await asked_twice(api)
    mine, theirs = await say(api, TEACHER, "/queue"), await say(api, ADMIN, "/queue")
    await press(api, TEACHER, mine, T.queue_answer)
    await press(api, ADMIN, theirs, T.queue_answer)
    await say(api, TEACHER, "Yes.")
    assert read(await say(api, ADMIN, "No.")) == T.queue_settled
    for button in (T.queue_answer, T.queue_same, T.queue_outside, T.queue_later, T.queue_alone):
        assert read(await press(api, ADMIN, theirs, button)) == T.queue_settled
    assert "Yes." in read(await api.next_sent(ANN, timeout_s=30))


async def test_a_teacher_sees_and_deals_with_their_courses_alone(api: BotApi, course: Store) -> None:
    await say(api, ANN, "/start course-zh", language_code="zh")
    await say(api, ANN, "今天天气怎么样")
    assert read(await say(api, TEACHER, "/queue")) == T.queue_empty
    shown = await say(api, ADMIN, "/queue", language_code="zh")
    assert read(shown).startswith(ZH.teaching.queue_head.format(course="机器学习", left=1))
    api.press(ADMIN, shown, ZH.teaching.queue_answer)
    await api.next_sent(ADMIN, timeout_s=30)
    course.write(lambda db: db.execute("update teachers set course = 'zh'"))
    assert "今天天气怎么样" in read(await say(api, TEACHER, "/queue"))
    course.write(lambda db: db.execute("update teachers set course = 'ml'"))
    reply(api, TEACHER, shown, "晴天。")
    assert read(await api.next_sent(TEACHER, timeout_s=30)) == T.queue_settled


async def test_a_student_may_not(api: BotApi) -> None:
    await asked_twice(api)
    assert read(await say(api, ANN, "/queue")) == EN.not_allowed


async def test_an_empty_answer_is_refused_and_the_dialogue_can_be_left(api: BotApi) -> None:
    await asked_twice(api)
    shown = await say(api, TEACHER, "/queue")
    await press(api, TEACHER, shown, T.queue_answer)
    assert read(await say(api, TEACHER, "/cancel")) == EN.cancelled
    assert read(await say(api, TEACHER, "learning rate")) != T.queue_settled


async def test_a_teacher_is_told_of_a_question_and_their_reply_reaches_the_student(api: BotApi) -> None:
    message = await ask(api, ANN, EXAM[0])
    asked = api.sent[-1]
    assert read(await press(api, ANN, asked, EN.ask_teacher)) == EN.escalated
    told = await api.next_sent(TEACHER, timeout_s=30)
    assert read(told) == T.queue_new.format(course="Machine learning", text=EXAM[0])
    reply(api, TEACHER, told, "Yes.")
    assert read(await api.next_sent(TEACHER, timeout_s=30)).startswith(T.queue_answered.format(people=1))
    answer = await api.next_sent(ANN, timeout_s=30)
    assert (answer.reply_to, read(answer).endswith("Yes.")) == (message, True)


async def test_a_file_that_a_teacher_sends_is_imported(api: BotApi, course: Store) -> None:
    api.send_file(TEACHER, "qa.csv", b"question,answer\nWhat is dropout?,Hiding units.\n")
    report = await api.next_sent(TEACHER, timeout_s=30)
    assert read(report).startswith(
        T.file_report.format(file="qa.csv", course="Machine learning", added=1, changed=0, left=0)
    )
    done = await press(api, TEACHER, report, T.file_import)
    assert "/undo" in read(done)
    assert rows(course, "select answer from entries where question = 'What is dropout?'") == [
        {"answer": "Hiding units."}
    ]


async def test_stats_come_as_pictures(api: BotApi) -> None:
    await asked_twice(api)
    sent = await say(api, TEACHER, "/stats")
    assert sent.method == "sendPhoto"
    assert sent.file is not None
