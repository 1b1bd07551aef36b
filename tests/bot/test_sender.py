"""What waits in the outbox reaches people, in order, whatever Telegram answers, and not faster than it likes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from bot_api import BotApi, Fault, Json
from small_course import rows, told
from telegram import Bot

from bot.app import CONNECTIONS
from bot.inbox import Inbox
from bot.lanes import Lanes
from bot.outbox import Outbox
from bot.outgoing import Outgoing, Turn, send, turn
from bot.replies import File, Reply
from bot.sender import BURST_OF_CHAT, Sender
from data.records import Entry
from data.store import Store

LONG = Entry(
    "ml", "x", "How?", "\n\n".join(f"Step {n}. " + "Write down what you did and why. " * 30 for n in range(12))
)


def said(chat: int, text: str) -> Outgoing:
    return Outgoing(chat, "sendMessage", {"text": text, "parse_mode": "HTML"})


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing wakes the lanes here: they look often."""
    monkeypatch.setattr("bot.lanes.POLL_S", 0.02)


@asynccontextmanager
async def sending(api: BotApi, store: Store, *waiting: Outgoing, per_second: float = 1000) -> AsyncIterator[list[str]]:
    """A sender at work on what waits; yields what makes it give up altogether."""
    await Inbox(store).done(1, waiting)
    withdrawn: list[str] = []
    async with Bot(api.token, api.base_url) as bot:
        sender = Sender(bot, Outbox(store), lambda: withdrawn.append("withdrawn"), per_second=per_second)
        lanes = Lanes(Outbox(store).heads, sender.deliver, CONNECTIONS)
        task = asyncio.create_task(lanes.run())
        yield withdrawn
        await lanes.settle(5.0)
        task.cancel()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


def texts(api: BotApi, chat: int) -> list[str]:
    return [sent.text for sent in api.sent if sent.chat_id == chat]


async def test_each_chat_gets_its_messages_in_order_and_nothing_stays_on_disk(api: BotApi, store: Store) -> None:
    waiting = [said(chat, f"{i}") for i in range(5) for chat in (7, 8)]
    async with sending(api, store, *waiting):
        await api.wait_until(lambda: len(api.sent) == 10)
    assert texts(api, 7) == texts(api, 8) == ["0", "1", "2", "3", "4"]
    assert rows(store, "select * from outbox") == []


async def test_a_part_that_fails_is_sent_again_and_those_before_it_are_not(api: BotApi, store: Store) -> None:
    turn.set(Turn())
    send(7, Reply(entry=LONG), reply_to=3)
    parts = turn.get().outgoing
    assert len(parts) > 2
    async with sending(api, store, *parts):
        await api.wait_until(lambda: len(api.sent) == 1)
        api.fail("sendMessage", Fault.server_error(500), Fault.drop())
        await api.wait_until(lambda: len(api.sent) == len(parts))
    assert texts(api, 7) == [part.params["text"] for part in parts]


@pytest.mark.parametrize(
    ("fault", "copies"),
    [
        (Fault.server_error(500), 1),
        (Fault.server_error(502), 1),
        (Fault.too_many(1), 1),
        (Fault.drop(), 1),
        (Fault.garbage(), 1),
        (Fault.deliver_then_drop(), 2),
    ],
    ids=["500", "502", "429", "drop", "garbage", "delivered and dropped"],
)
async def test_what_is_not_confirmed_is_sent_again(api: BotApi, store: Store, fault: Fault, copies: int) -> None:
    api.fail("sendMessage", fault)
    async with sending(api, store, said(7, "hello")):
        await until(lambda: not rows(store, "select * from outbox"))
    assert texts(api, 7) == ["hello"] * copies


async def test_a_chat_that_is_to_rest_holds_up_no_other(api: BotApi, store: Store) -> None:
    api.fail("sendMessage", Fault.too_many(2))
    begun = time.monotonic()
    async with sending(api, store, said(7, "first"), said(8, "other"), said(7, "second")):
        await api.wait_until(lambda: len(api.sent) == 3)
    assert [sent.text for sent in api.sent] == ["other", "first", "second"]
    assert time.monotonic() - begun >= 2.0


async def test_chats_that_are_over_their_pace_hold_up_no_other(api: BotApi, store: Store) -> None:
    fast = [said(chat, f"{i}") for chat in range(1, CONNECTIONS + 1) for i in range(BURST_OF_CHAT + 1)]
    async with sending(api, store, *fast):
        await api.wait_until(lambda: len(api.sent) == CONNECTIONS * BURST_OF_CHAT)
        begun = time.monotonic()
        await Inbox(store).done(2, [said(99, "hello")])
        await api.wait_until(lambda: texts(api, 99))
        assert time.monotonic() - begun < 0.8
        await api.wait_until(lambda: len(api.sent) == len(fast) + 1)
    assert all(texts(api, chat) == [f"{i}" for i in range(BURST_OF_CHAT + 1)] for chat in range(1, CONNECTIONS + 1))


async def test_when_two_chats_are_to_rest_everything_rests(api: BotApi, store: Store) -> None:
    async with sending(api, store, said(7, "a"), said(8, "b")):
        await api.wait_until(lambda: len(api.sent) == 2)
        api.fail("sendMessage", Fault.too_many(1), Fault.too_many(1))
        await Inbox(store).done(2, [said(7, "c"), said(8, "d")])
        await api.wait_until(lambda: len(told(api, "sendMessage")) == 4)
        limited = time.monotonic()
        await Inbox(store).done(3, [said(9, "e")])
        await api.wait_until(lambda: texts(api, 9))
        assert time.monotonic() - limited > 0.5
        await api.wait_until(lambda: len(api.sent) == 5)


async def test_all_together_are_sent_at_the_pace_that_telegram_allows(api: BotApi, store: Store) -> None:
    begun = time.monotonic()
    async with sending(api, store, *(said(chat, "x") for chat in range(1, 41)), per_second=30):
        await api.wait_until(lambda: len(api.sent) == 40)
    assert time.monotonic() - begun >= (40 - 10) / 30 - 0.1


async def test_a_chat_that_does_not_exist_any_more_is_given_up_like_one_that_is_blocked(
    api: BotApi, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    api.fail("sendMessage", Fault((400, b'{"ok": false, "description": "Bad Request: chat not found"}')))
    async with sending(api, store, said(7, "private words"), said(7, "more"), said(8, "other")):
        await api.wait_until(lambda: texts(api, 8))
    failed = rows(store, "select state, error, params from outbox")
    assert failed == [{"state": "failed", "error": "Chat not found", "params": None}] * 2
    assert "2 messages are given up" in caplog.text
    assert "private words" not in caplog.text


async def test_a_message_whose_sending_cannot_be_noted_is_not_sent_again(
    api: BotApi, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.sender.RETRY_S", 0.05)
    api.fail("sendMessage", Fault.hang(0.3))
    async with sending(api, store, said(7, "once"), said(7, "after")):
        await api.wait_until(lambda: told(api, "sendMessage"))
        store.write(lambda db: db.execute("alter table outbox rename to hidden"))
        await until(lambda: caplog.text.count("cannot be noted yet") >= 3)
        store.write(lambda db: db.execute("alter table hidden rename to outbox"))
        await api.wait_until(lambda: len(api.sent) == 2)
    assert texts(api, 7) == ["once", "after"]


async def test_a_file_arrives(api: BotApi, store: Store) -> None:
    turn.set(Turn())
    send(7, Reply("Everything", file=File("about-you.json", b'{"x": 1}')))
    async with sending(api, store, *turn.get().outgoing):
        await until(lambda: not rows(store, "select * from outbox"))
    assert told(api, "sendDocument")


async def test_a_call_that_nobody_can_make_is_set_aside_and_stops_no_other(api: BotApi, store: Store) -> None:
    waiting = Outgoing(7, "sendMessage", {"no": "text"})
    async with sending(api, store, waiting, said(7, "hello")):
        await api.wait_until(lambda: texts(api, 7) == ["hello"])
    assert [row["error"] for row in rows(store, "select error from outbox")] == ["KeyError: 'text'"]


async def test_a_token_that_is_withdrawn_is_told(api: BotApi, store: Store) -> None:
    async with sending(api, store) as withdrawn:
        api.token = "1:OTHER"
        await Inbox(store).done(2, [said(7, "hello")])
        await until(lambda: withdrawn)
    assert [row["state"] for row in rows(store, "select state from outbox")] == ["waiting"]


class Stubborn(BotApi):
    """Fails over messages that begin with "stuck", and over all while it is away."""

    away = False

    async def answer(self, token: str, method: str, params: Json) -> tuple[int, bytes] | None:
        if method == "sendMessage" and (self.away or params["text"].startswith("stuck")):
            self.calls.append((method, params))
            return 500, b'{"ok": false, "error_code": 500, "description": "Internal Server Error"}'
        return await super().answer(token, method, params)


async def test_a_message_that_telegram_fails_over_while_it_takes_others_is_set_aside_and_its_chat_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.sender.STUCK_S", 0.5)
    async with Stubborn() as api, sending(api, store, said(7, "stuck"), said(7, "after"), said(8, "a"), said(8, "b")):
        await until(lambda: texts(api, 7) == ["after"])
        assert texts(api, 8) == ["a", "b"]
    (row,) = rows(store, "select state, error, params from outbox")
    assert (row["state"], "stuck" in row["params"]) == ("failed", True)
    assert row["error"].startswith("given up after 2 tries: ")
    assert "is set aside" in caplog.text


async def test_while_telegram_takes_nothing_from_anybody_nothing_is_given_up_for_a_day(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sender.STUCK_S", 0.0)
    monkeypatch.setattr("bot.sender.delay_s", lambda error, tries: 0.02)
    monkeypatch.setattr(Stubborn, "away", True)
    async with Stubborn() as api, sending(api, store, said(7, "a"), said(8, "b")):
        await until(lambda: len(told(api, "sendMessage")) >= 10)
        assert {row["state"] for row in rows(store, "select state from outbox")} <= {"waiting"}
        monkeypatch.setattr("bot.sender.AWAY_S", 0.0)
        await until(lambda: "waiting" not in {row["state"] for row in rows(store, "select state from outbox")})
    assert len(rows(store, "select * from outbox where error like 'given up after %'")) == 2
