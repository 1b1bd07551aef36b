"""Every handler says who may use it, and how fast one person is answered is decided before any of them runs."""

import asyncio

import pytest
from bot_api import BotApi
from catalogues import EN
from small_course import LR, SURE, read, rows, running, told
from telegram import Update
from telegram.ext import CommandHandler, ContextTypes

from bot import app as application
from bot import limits
from bot.access import ROLES, Access, guard
from bot.app import build
from bot.limits import Limits
from bot.polling import Raw
from bot.service import Tutor
from bot.settings import Settings
from data.store import Store

QUESTIONS = "select person, asked_at from questions order by id"


def test_every_registered_handler_states_its_role_and_is_guarded(tutor: Tutor) -> None:
    app = build(Settings("1:TEST"), tutor, Raw())
    registered = [handler.callback for handlers in app.handlers.values() for handler in handlers]
    assert {callback.__qualname__ for callback in registered} == set(ROLES)
    assert all(hasattr(callback, "__wrapped__") for callback in registered)


async def open_to_all(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """A handler that nobody has given a role."""


def test_a_handler_without_a_role_does_not_start(tutor: Tutor) -> None:
    settings = Settings("1:TEST")
    app = build(settings, tutor, Raw())
    app.add_handler(CommandHandler("open", open_to_all))
    with pytest.raises(ValueError, match="say in ROLES"):
        guard(app, Access(settings.admins, tutor), Limits(), Limits())


async def flood(api: BotApi, course: Store, more: int, recorded: int) -> None:
    """One person sends so many messages more than a burst; wait until so many are recorded."""
    for _ in range(limits.BURST + more):
        api.send_text(7, SURE)
    await api.wait_until(lambda: len(rows(course, QUESTIONS)) == recorded)


async def test_a_flood_is_told_once_recorded_and_answered_later(
    api: BotApi, course: Store, tutor: Tutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INTERVAL_S", 1.0)  # longer than handling a burst takes
    async with running(api, course, tutor):
        await flood(api, course, more=3, recorded=limits.BURST + 3)
        waiting = "select 1 from inbox where state = 'waiting'"
        await api.wait_until(lambda: not rows(course, waiting))
    to_be_sent = [row["params"] for row in rows(course, "select params from outbox")]
    said = [read(sent) for sent in api.sent] + to_be_sent
    assert len(said) == limits.BURST + 4
    assert sum(EN.too_fast in text for text in said) == 1


async def test_a_flood_slows_nobody_else_and_is_on_disk(
    api: BotApi, course: Store, tutor: Tutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INTERVAL_S", 600.0)
    async with running(api, course, tutor):
        await flood(api, course, more=5, recorded=limits.BURST)
        begun = asyncio.get_running_loop().time()
        api.send_text(8, SURE)
        await api.next_sent(8)
        assert asyncio.get_running_loop().time() - begun < 3.0
        waiting = "select count(*) as n from inbox where state = 'waiting'"
        assert rows(course, waiting)[0]["n"] == 5
        assert len(rows(course, QUESTIONS)) == limits.BURST + 1
    monkeypatch.setattr(limits, "INTERVAL_S", 0.01)
    async with running(api, course, tutor):
        await api.wait_until(lambda: len(rows(course, QUESTIONS)) == limits.BURST + 6)


async def test_a_press_is_answered_at_once_however_many_there_are(
    api: BotApi, course: Store, tutor: Tutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INTERVAL_S", 600.0)
    async with running(api, course, tutor):
        api.send_text(7, SURE)
        answer = await api.next_sent(7)
        for _ in range(limits.BURST + 5):
            api.press(7, answer, answer.buttons[0][0].callback_data or "")
        await api.wait_until(lambda: [m for m, _ in api.calls].count("answerCallbackQuery") == limits.BURST + 5)


async def test_fast_typing_of_an_inline_question_does_not_use_up_the_pace_of_messages(
    api: BotApi, course: Store, tutor: Tutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "INLINE_INTERVAL_S", 600.0)
    async with running(api, course, tutor):
        for n in range(40):
            api.type_inline(7, SURE[:n])
        api.send_text(7, SURE)
        assert LR in (await api.next_sent(7)).text
        assert len(told(api, "answerInlineQuery")) < 40
