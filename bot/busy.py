"""“Typing …”: shown in a private chat while something takes its time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.pace import Pace

AFTER_S, AGAIN_S = 1.0, 4.5  # Telegram shows it for five seconds
PER_SECOND, BURST = 3.0, 5  # of all chats: where many wait, showing it to each would make them wait for longer

_pace = Pace(PER_SECOND, BURST)


@contextlib.asynccontextmanager
async def busy(bot: Bot, chat: int) -> AsyncIterator[None]:
    """Show it from the first second on, for as long as the block takes."""
    showing = asyncio.create_task(_show(bot, chat))
    try:
        yield
    finally:
        showing.cancel()


async def _show(bot: Bot, chat: int) -> None:
    await asyncio.sleep(AFTER_S)
    while True:
        now = asyncio.get_running_loop().time()
        if not _pace.wait_s(0, now):
            _pace.reserve(0, now)
            with contextlib.suppress(TelegramError):  # a courtesy
                await bot.send_chat_action(chat, ChatAction.TYPING)
        await asyncio.sleep(AGAIN_S)
