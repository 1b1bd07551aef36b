"""Whatever goes wrong on the way, what was asked is answered, and recorded once."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bot_api import BotApi, Fault, Json
from catalogues import EN
from small_course import BATCH, LR, SURE, WARM_UP, message, read, rows, running, told

from bot.app import MAX_HANDLED
from bot.engine import Engine
from bot.inbox import Inbox
from bot.service import Tutor
from data import log
from data.entries import put, touch
from data.people import Pseudonyms
from data.records import Answer, Entry, Question
from data.store import Store

QUESTIONS = "select text, ref from questions order by id"
WAITING = "select * from outbox where state = 'waiting' order by id"
STATES = "select update_id, state from inbox order by update_id"


def done(store: Store, *update_ids: int) -> bool:
    return {row["update_id"] for row in rows(store, STATES) if row["state"] == "done"} >= set(update_ids)


async def settled(api: BotApi, store: Store, *update_ids: int) -> None:
    """Wait until the updates are done; the bot polls meanwhile, and each poll is a chance to look."""
    await api.wait_until(lambda: done(store, *update_ids), timeout_s=10)


@asynccontextmanager
async def hidden(store: Store, *tables: str) -> AsyncIterator[None]:
    """A store that lacks tables for a while: the rest of it works, and what needs them fails."""
    for table in tables:
        store.write(lambda db, t=table: db.execute(f"alter table {t} rename to hidden_{t}"))
    try:
        yield
    finally:
        for table in tables:
            store.write(lambda db, t=table: db.execute(f"alter table hidden_{t} rename to {t}"))


class Witness(BotApi):
    """Looks, whenever updates are confirmed, whether they are on disk by then."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._db = sqlite3.connect(store.path)
        self.confirmed: list[int] = []
        self.lost: list[int] = []

    async def answer(self, token: str, method: str, params: Json) -> tuple[int, bytes] | None:
        now = [known for known in self.unconfirmed() if method == "getUpdates" and known < params.get("offset", 0)]
        on_disk = {update_id for (update_id,) in self._db.execute("select update_id from inbox")}
        self.confirmed += now
        self.lost += [known for known in now if known not in on_disk]
        return await super().answer(token, method, params)


async def test_updates_are_on_disk_before_they_are_confirmed(course: Store, tutor: Tutor) -> None:
    async with Witness(course) as api, running(api, course, tutor):
        sent = [api.send_text(user, SURE) for user in range(5)]
        await api.wait_confirmed(sent[-1])
    assert api.confirmed == sent
    assert api.lost == []


async def test_an_update_that_cannot_be_written_down_stays_with_telegram_and_the_person_is_told(
    api: BotApi, app: None, course: Store
) -> None:
    async with hidden(course, "inbox"):
        update = api.send_text(7, SURE)
        with pytest.raises(TimeoutError):
            await api.wait_confirmed(update, timeout_s=0.5)
        assert api.unconfirmed() == [update]
        assert read(await api.next_sent(7)) == EN.not_recorded
    assert LR in read(await api.next_sent(7))
    await api.wait_confirmed(update)
    assert len(rows(course, QUESTIONS)) == 1


async def test_an_update_is_done_when_it_is_answered_and_no_longer_says_what_was_asked(
    api: BotApi, app: None, course: Store
) -> None:
    update = api.send_text(7, SURE)
    await api.next_sent(7)
    await settled(api, course, update)
    assert rows(course, "select payload, attempts from inbox") == [{"payload": None, "attempts": 0}]


async def test_what_was_waiting_at_a_crash_is_answered_once_after_the_restart(
    api: BotApi, course: Store, tutor: Tutor
) -> None:
    for update in (message(1, WARM_UP), message(2, SURE), message(3, BATCH, user=8)):
        await Inbox(course).receive([update])
    async with running(api, course, tutor):
        assert WARM_UP in read(await api.next_sent(7))
        assert LR in read(await api.next_sent(7))
        assert BATCH in read(await api.next_sent(8))
        await settled(api, course, 1, 2, 3)
    async with running(api, course, tutor):
        assert len(api.sent) == 3
    assert sorted(row["ref"] for row in rows(course, QUESTIONS)) == ["telegram:1", "telegram:2", "telegram:3"]


async def test_what_was_in_work_at_the_end_is_finished_first(api: BotApi, course: Store, tutor: Tutor) -> None:
    async with running(api, course, tutor):
        api.fail("sendMessage", Fault.hang(0.3))
        update = api.send_text(7, SURE)
        await api.wait_until(lambda: told(api, "sendMessage"))
        assert done(course, update)
        assert [row["update_id"] for row in rows(course, WAITING)] == [update]
    assert rows(course, "select * from outbox") == []
    assert [LR in read(sent) for sent in api.sent] == [True]


async def test_a_button_pressed_before_a_crash_counts_after_the_restart(
    api: BotApi, course: Store, tutor: Tutor
) -> None:
    async with running(api, course, tutor):
        api.send_text(7, SURE)
        answer = await api.next_sent(7)
    update_id = api.press(7, answer, "👍")
    query = {"id": str(update_id), "from": {"id": 7, "is_bot": False, "first_name": "Ada"}, "chat_instance": "1"}
    press = {"update_id": update_id, "callback_query": query | {"data": answer.buttons[0][0].callback_data}}
    await Inbox(course).receive([press])
    async with running(api, course, tutor):
        await settled(api, course, update_id)
    assert [row["vote"] for row in rows(course, "select vote from feedback")] == ["up"]


async def test_an_update_that_comes_twice_is_answered_once(api: BotApi, app: None, course: Store) -> None:
    update = api.send_text(7, SURE)
    await api.next_sent(7)
    await settled(api, course, update)
    again = message(update, SURE)
    api.send_update(again)
    after = api.send_text(7, BATCH)
    assert BATCH in read(await api.next_sent(7))
    await settled(api, course, update, after)
    assert len(rows(course, QUESTIONS)) == 2


async def test_an_update_that_comes_twice_at_once_is_answered_once(api: BotApi, app: None, course: Store) -> None:
    api.fail("sendMessage", Fault.hang(0.5))
    update = api.send_text(7, SURE)
    await api.wait_confirmed(update)
    api.send_update(message(update, SURE))
    after = api.send_text(7, BATCH)
    assert LR in read(await api.next_sent(7))
    assert BATCH in read(await api.next_sent(7))
    await settled(api, course, update, after)
    assert len(rows(course, QUESTIONS)) == 2


async def test_a_question_recorded_before_a_crash_is_answered_from_the_record(
    api: BotApi, course: Store, tutor: Tutor
) -> None:
    question = Question(SURE, person=tutor.person("telegram:7"), ref="telegram:1")
    await tutor.meet(str(question.person))
    course.write(log.record_question, question, Answer("abstain", 0.0))  # what the engine would not say
    await Inbox(course).receive([message(1, SURE)])
    async with running(api, course, tutor):
        assert read(await api.next_sent(7)) == EN.abstain
        await settled(api, course, 1)
    assert len(rows(course, QUESTIONS)) == 1


async def test_an_update_that_cannot_be_read_again_is_set_aside_and_stops_no_other(
    api: BotApi, course: Store, tutor: Tutor
) -> None:
    sql = "insert into inbox (update_id, payload, state, received_at) values (?, ?, 'waiting', '2026-01-01')"
    for update_id, payload in enumerate(["{", "[]", '{"update_id": "x", "message": 5}'], 1):
        course.write(lambda db, *row: db.execute(sql, row), update_id, payload)
    await Inbox(course).receive([message(4, SURE)])
    async with running(api, course, tutor):
        assert LR in read(await api.next_sent(7))
        await settled(api, course, 4)
    assert [row["state"] for row in rows(course, STATES)] == ["failed", "failed", "failed", "done"]
    assert all("cannot be read" in row["error"] for row in rows(course, "select * from inbox where state = 'failed'"))


async def test_an_update_that_the_library_cannot_read_is_set_aside_as_it_came_and_holds_up_no_other(
    api: BotApi, app: None, course: Store, caplog: pytest.LogCaptureFixture
) -> None:
    strange = api.send_update({"message": {"message_id": "x", "date": "never", "text": "private words"}})
    update = api.send_text(7, SURE)
    assert LR in read(await api.next_sent(7))
    await settled(api, course, update)
    (row,) = rows(course, "select * from inbox where update_id = ?", strange)
    assert (row["state"], "private words" in row["payload"], "cannot be read" in row["error"]) == ("failed", True, True)
    assert f"update {strange} cannot be read" in caplog.text
    assert "private words" not in caplog.text


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
    assert LR in read(await api.next_sent(7, timeout_s=10))
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
    assert read(await api.next_sent(7, timeout_s=10)) == EN.failed
    assert read(await api.next_sent(7)) == EN.help
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
    assert LR in read(await api.next_sent(7, timeout_s=10))
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
        assert read(await api.next_sent(user, timeout_s=10)) != EN.not_recorded
    await settled(api, course, *updates)
    assert len(rows(course, QUESTIONS)) == 5


async def test_typing_is_shown_when_an_answer_takes_its_time(api: BotApi, course: Store, tutor: Tutor) -> None:
    await Inbox(course).receive([message(1, SURE)])
    busy = threading.Event()
    course.submit(lambda _: busy.wait(10))  # nothing can be recorded meanwhile
    async with running(api, course, tutor):
        await api.wait_until(lambda: told(api, "sendChatAction"))
        assert told(api, "sendChatAction")[0]["action"] == "typing"
        busy.set()
        assert LR in read(await api.next_sent(7))


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
    async with running(api, course, Tutor(course, engine, Pseudonyms.open(tmp_path / "key"))), asyncio.timeout(20):
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
