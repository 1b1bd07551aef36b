"""What was received is on disk, survives a crash, and is answered and recorded once."""

import sqlite3

import pytest
from bot_api import BotApi, Fault, Json
from catalogues import EN
from recorded import QUESTIONS, STATES, WAITING, done, hidden, settled
from small_course import BATCH, LR, SURE, WARM_UP, message, read, rows, running, told

from bot.inbox import Inbox
from bot.service import Tutor
from data import log
from data.records import Answer, Question
from data.store import Store


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
