"""The local Bot API goes wrong as it is told to."""

from __future__ import annotations

import asyncio

import pytest
from api_client import client
from bot_api import BotApi, Fault
from telegram import Bot
from telegram import error as errors

FAULTS = [
    (Fault.too_many(retry_after=7), errors.RetryAfter, "Retry in 7 seconds"),
    (Fault.server_error(), errors.NetworkError, "Bad Gateway"),
    (Fault.server_error(500), errors.NetworkError, "Internal Server Error"),
    (Fault.garbage(), errors.TelegramError, "Invalid server response"),
    (Fault.drop(), errors.NetworkError, "disconnected"),
    (Fault.blocked(), errors.Forbidden, "bot was blocked by the user"),
    (Fault.refuse_html(), errors.BadRequest, "an't parse entities"),
]


@pytest.mark.parametrize(("fault", "error", "words"), FAULTS)
async def test_a_fault_happens_once_and_nothing_is_sent(
    api: BotApi, bot: Bot, fault: Fault, error: type[errors.TelegramError], words: str
) -> None:
    api.fail("sendMessage", fault)
    with pytest.raises(error, match=words):
        await bot.send_message(5, "x")
    assert api.sent == []
    assert [method for method, _ in api.calls] == ["sendMessage"]
    await bot.send_message(5, "x")
    assert len(api.sent) == 1


async def test_a_message_can_arrive_without_the_bot_knowing(api: BotApi, bot: Bot) -> None:
    api.fail("sendMessage", Fault.deliver_then_drop())
    with pytest.raises(errors.NetworkError):
        await bot.send_message(5, "x")
    assert len(api.sent) == 1


async def test_a_hanging_request_is_carried_out_late(api: BotApi, bot: Bot) -> None:
    api.fail("sendMessage", Fault.hang(0.05))
    sending = asyncio.create_task(bot.send_message(5, "x"))
    await api.wait_until(lambda: api.calls)
    assert api.sent == []
    await asyncio.wait_for(sending, 5)
    assert len(api.sent) == 1


async def test_a_hanging_request_given_up_is_not_carried_out(api: BotApi, bot: Bot) -> None:
    api.fail("sendMessage", Fault.hang(60))
    with pytest.raises(errors.TimedOut):
        await bot.send_message(5, "x", read_timeout=0.05)
    await bot.send_message(5, "y")
    assert [sent.text for sent in api.sent] == ["y"]


async def test_faults_come_in_order_and_per_method(api: BotApi, bot: Bot) -> None:
    api.fail("sendMessage", Fault.blocked(), Fault.too_many())
    api.fail("sendMessage", Fault.server_error(503))
    await bot.get_me()
    for error in (errors.Forbidden, errors.RetryAfter, errors.NetworkError):
        with pytest.raises(error):
            await bot.send_message(5, "x")
    await bot.send_message(5, "x")


async def test_leaving_ends_requests_that_still_wait() -> None:
    async with BotApi(max_wait_s=60.0) as api, client(api) as bot:
        poll = asyncio.create_task(bot.get_updates(timeout=50))
        await api.wait_until(lambda: ("getUpdates", {"timeout": 50}) in api.calls)
        await api.__aexit__()
        with pytest.raises(errors.NetworkError):
            await asyncio.wait_for(poll, 5)
