"""Fetching goes on through everything that passes, and ends the process, with the reason, where it does not."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from bot_api import BotApi, Fault
from small_course import SURE, message, rows, told
from telegram import Bot

from bot.delivery import Regrets
from bot.inbox import Inbox
from bot.polling import CONFLICT, REFUSED, Polling, Raw
from data.errors import TutorError
from data.store import Store

CONFLICTING = Fault(
    (409, b'{"ok": false, "error_code": 409, "description": "Conflict: terminated by other getUpdates"}')
)
NO_IDS = Fault((200, json.dumps({"ok": True, "result": [{"message": 1}, 5, {"update_id": True}]}).encode()))


@pytest_asyncio.fixture
async def raw(api: BotApi) -> AsyncIterator[tuple[Bot, Raw]]:
    """A client whose getUpdates keep what Telegram said."""
    raw = Raw()
    async with Bot(api.token, api.base_url, get_updates_request=raw) as bot:
        yield bot, raw


def polling(raw: tuple[Bot, Raw], store: Store, silent_s: float = 60.0) -> Polling:
    return Polling(raw[0], raw[1], Inbox(store), Regrets(raw[0]), silent_s=silent_s)


@pytest.mark.parametrize(
    "fault",
    [Fault.server_error(), Fault.too_many(1), Fault.garbage(), Fault.drop(), CONFLICTING, NO_IDS],
    ids=["502", "429", "garbage", "drop", "409", "no ids"],
)
async def test_what_passes_is_waited_for(
    api: BotApi, raw: tuple[Bot, Raw], store: Store, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    api.fail("getUpdates", fault)
    fetching = asyncio.create_task(polling(raw, store).run())
    update = api.send_text(7, SURE)
    await api.wait_confirmed(update)
    assert [row["update_id"] for row in rows(store, "select * from inbox")] == [update]
    assert "no updates from Telegram (try 1)" in caplog.text
    assert (CONFLICT in caplog.text) == (fault is CONFLICTING)
    fetching.cancel()


async def test_updates_of_one_batch_are_kept_as_they_came_in_whatever_order(
    api: BotApi, raw: tuple[Bot, Raw], store: Store
) -> None:
    batch = [message(9, "nine") | {"new_in_the_api": {"x": 1}}, message(4, "four"), {"message": 1}, message(9, "nine")]
    api.fail("getUpdates", Fault((200, json.dumps({"ok": True, "result": batch}).encode())))
    fetching = asyncio.create_task(polling(raw, store).run())
    await api.wait_until(lambda: any(call["offset"] == 10 for call in told(api, "getUpdates")))
    fetching.cancel()
    kept = {row["update_id"]: json.loads(row["payload"]) for row in rows(store, "select * from inbox")}
    assert kept == {9: batch[0], 4: batch[1]}


async def test_a_telegram_that_hangs_ends_the_process_with_the_reason(
    api: BotApi, raw: tuple[Bot, Raw], store: Store
) -> None:
    api.fail("getUpdates", *[Fault.hang(60)] * 10)
    with pytest.raises(TutorError, match=r"nothing from Telegram for 1 s \(no answer\)"):
        await polling(raw, store, silent_s=1.0).run()


async def test_a_telegram_that_fails_on_and_on_ends_the_process_with_what_it_said(
    api: BotApi, raw: tuple[Bot, Raw], store: Store
) -> None:
    api.fail("getUpdates", *[CONFLICTING] * 50)
    with pytest.raises(TutorError, match="one token serves one bot"):
        await polling(raw, store, silent_s=1.5).run()


async def test_a_store_that_cannot_be_written_is_no_silence_of_telegram(
    api: BotApi, raw: tuple[Bot, Raw], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.polling.RETRY_S", 0.2)
    store.write(lambda db: db.execute("alter table inbox rename to hidden"))
    fetching = asyncio.create_task(polling(raw, store, silent_s=1.0).run())
    update = api.send_text(7, SURE)
    with pytest.raises(TimeoutError):
        await api.wait_confirmed(update, timeout_s=2.0)
    assert not fetching.done()
    store.write(lambda db: db.execute("alter table hidden rename to inbox"))
    await api.wait_confirmed(update)
    fetching.cancel()


async def test_a_token_that_is_withdrawn_ends_the_process(api: BotApi, raw: tuple[Bot, Raw], store: Store) -> None:
    api.token = "1:OTHER"
    with pytest.raises(TutorError, match=REFUSED):
        await polling(raw, store).run()
