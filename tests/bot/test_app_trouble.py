"""Telegram, the store or we fail, or much comes at once: people are told or answered late, and never twice."""

import asyncio
import threading
from pathlib import Path

import pytest
from bot_api import BotApi, Fault
from catalogues import EN
from recorded import QUESTIONS, hidden, settled
from small_course import BATCH, LR, SURE, WARM_UP, message, read, rows, running, told

from bot.app import MAX_HANDLED
from bot.busy import BURST
from bot.engine import Engine
from bot.inbox import Inbox
from bot.service import Tutor
from data.entries import put, touch
from data.people import Pseudonyms
from data.records import Entry
from data.store import Store


@pytest.mark.parametrize(
    "faults",
    [[Fault.too_many(1)], [Fault.server_error()], [Fault.drop()], [Fault.garbage()]],
    ids=["429", "502", "drop", "garbage"],
)
async def test_an_answer_that_telegram_does_not_take_is_sent_in_the_end(
    api: BotApi, app: None, course: Store, faults: list[Fault]
) -> None:
    api.fail("sendMessage", *faults)
    update = api.send_text(7, SURE)
    assert LR in read(await api.next_sent(7))
    await settled(api, course, update)
    assert len(api.sent) == 1
    assert len(rows(course, QUESTIONS)) == 1


async def test_an_answer_delivered_without_word_of_it_is_sent_again_and_recorded_once(
    api: BotApi, app: None, course: Store
) -> None:
    api.fail("sendMessage", Fault.deliver_then_drop())
    update = api.send_text(7, SURE)
    first, second = await api.next_sent(7), await api.next_sent(7)
    assert first.text == second.text
    await settled(api, course, update)
    assert len(rows(course, QUESTIONS)) == 1


async def test_telegram_says_when_to_come_back(api: BotApi, app: None) -> None:
    api.fail("sendMessage", Fault.too_many(2))
    api.send_text(7, SURE)
    await api.wait_until(lambda: told(api, "sendMessage"))
    begun = asyncio.get_running_loop().time()
    await api.next_sent(7)
    assert asyncio.get_running_loop().time() - begun > 1.8


async def test_the_answer_to_someone_who_blocked_the_bot_is_dropped(api: BotApi, app: None, course: Store) -> None:
    api.fail("sendMessage", Fault.blocked())
    update = api.send_text(7, SURE)
    await settled(api, course, update)
    assert api.sent == []
    assert rows(course, "select attempts from inbox") == [{"attempts": 0}]


async def test_what_fails_by_our_own_fault_is_tried_three_times_then_set_aside_and_told(
    api: BotApi, app: None, course: Store
) -> None:
    # An entry that the engine knows and the store does not: recording the question breaks a reference.
    course.write(lambda db: db.execute("delete from entries where id = 'lr'"))
    update = api.send_text(7, SURE)
    after = api.send_text(7, "/help")
    assert read(await api.next_sent(7)) == EN.failed
    assert EN.help in read(await api.next_sent(7))
    ((state, attempts, error, payload),) = [
        (row["state"], row["attempts"], row["error"], row["payload"])
        for row in rows(course, "select * from inbox where update_id = ?", update)
    ]
    assert (state, attempts) == ("failed", 3)
    assert "IntegrityError" in error
    assert SURE in payload
    await settled(api, course, after)


async def test_a_store_that_cannot_record_is_admitted_once_and_the_question_answered_later(
    api: BotApi, app: None, course: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with hidden(course, "questions"):
        update = api.send_text(7, SURE)
        assert read(await api.next_sent(7)) == EN.not_recorded
        await api.wait_until(lambda: caplog.text.count("it cannot be recorded") == 2)
    assert LR in read(await api.next_sent(7))
    await settled(api, course, update)
    assert len(api.sent) == 2
    assert len(rows(course, QUESTIONS)) == 1


async def test_a_vote_that_cannot_be_recorded_is_not_taken_for_an_old_button(
    api: BotApi, app: None, course: Store
) -> None:
    api.send_text(7, SURE)
    answer = await api.next_sent(7)
    async with hidden(course, "feedback"):
        press = api.press(7, answer, "👍")
        assert read(await api.next_sent(7)) == EN.not_recorded
    await settled(api, course, press)
    await api.wait_until(lambda: told(api, "answerCallbackQuery"))
    assert [call["text"] for call in told(api, "answerCallbackQuery")] == [EN.thanks]
    assert len(rows(course, "select * from feedback")) == 1


async def test_on_a_full_disk_the_bot_says_that_it_cannot_record_and_answers_when_there_is_room(
    api: BotApi, app: None, course: Store
) -> None:
    first = api.send_text(7, SURE)
    await api.next_sent(7)
    await settled(api, course, first)
    course.write(lambda db: db.execute(f"pragma max_page_count = {db.execute('pragma page_count').fetchone()[0]}"))
    updates = [api.send_text(user, f"{BATCH} {'x' * 3900}") for user in range(10, 14)]
    for user in range(10, 14):
        assert read(await api.next_sent(user)) == EN.not_recorded
    assert api.unconfirmed() == updates
    course.write(lambda db: db.execute("pragma max_page_count = 1000000"))
    for user in range(10, 14):
        assert read(await api.next_sent(user)) != EN.not_recorded
    await settled(api, course, *updates)
    assert len(rows(course, QUESTIONS)) == 5


async def test_typing_is_shown_when_an_answer_takes_its_time(api: BotApi, course: Store, tutor: Tutor) -> None:
    await Inbox(course).receive([message(1, SURE)])
    busy = threading.Event()
    course.submit(lambda _: busy.wait(60))  # nothing can be recorded meanwhile
    async with running(api, course, tutor):
        await api.wait_until(lambda: told(api, "sendChatAction"))
        assert told(api, "sendChatAction")[0]["action"] == "typing"
        busy.set()
        assert LR in read(await api.next_sent(7))


async def test_where_many_wait_typing_is_shown_to_few_of_them(api: BotApi, course: Store, tutor: Tutor) -> None:
    people = range(100, 140)
    await Inbox(course).receive([message(person, SURE, user=person) for person in people])
    hold = threading.Event()
    course.submit(lambda _: hold.wait(60))  # nothing can be recorded meanwhile
    async with running(api, course, tutor):
        await api.wait_until(lambda: told(api, "sendChatAction"))
        await asyncio.sleep(0.5)
        assert len(told(api, "sendChatAction")) <= BURST + 2
        hold.set()
        for person in people:
            assert LR in read(await api.next_sent(person))


async def test_one_persons_messages_are_answered_in_order_and_nobody_elses_wait(
    api: BotApi, app: None, course: Store
) -> None:
    api.fail("sendMessage", Fault.hang(1.0))
    updates = [api.send_text(7, text) for text in (WARM_UP, SURE, BATCH)]
    await api.wait_until(lambda: told(api, "sendMessage"))
    updates.append(api.send_text(8, SURE))
    assert (await api.next_sent()).chat_id == 8
    for question in (WARM_UP, LR, BATCH):
        assert question in read(await api.next_sent(7))
    await settled(api, course, *updates)


async def test_many_messages_of_one_person_do_not_fill_the_house(api: BotApi, app: None) -> None:
    api.fail("sendMessage", Fault.hang(2.0))
    for _ in range(MAX_HANDLED + 10):
        api.send_text(7, "/help")
    await api.wait_until(lambda: told(api, "sendMessage"))
    update = api.send_text(8, SURE)
    await api.wait_confirmed(update)
    assert (await api.next_sent()).chat_id == 8


async def test_an_entry_written_while_it_runs_reaches_people_as_its_text_says(
    api: BotApi, course: Store, engine: Engine, tmp_path: Path
) -> None:
    question = "Is <script>alert(1)</script> & co allowed in homework files?"
    async with running(api, course, Tutor(course, engine, Pseudonyms.open(tmp_path / "key"))), asyncio.timeout(60):
        course.write(put, Entry("ml", "script", question, "<img src=x> No & never.", "<i>", (), "https://e.org/?a=<b>"))
        course.write(touch)
        said = ""
        while "<img src=x> No & never." not in said:
            api.send_text(7, question)
            said = read(await api.next_sent(7))
    assert question in said
    assert "<i>\nhttps://e.org/?a=<b>" in said


async def test_the_bot_serves_without_its_menu(api: BotApi, course: Store, tutor: Tutor) -> None:
    api.fail("setMyCommands", Fault.server_error(), Fault.too_many())
    async with running(api, course, tutor):
        api.send_text(7, SURE)
        assert LR in read(await api.next_sent(7))
    assert len(told(api, "setMyCommands")) == 2
