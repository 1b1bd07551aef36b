"""“Typing …”: shown in a private chat while something takes its time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

AFTER_S, AGAIN_S = 1.0, 4.5  # Telegram shows it for five seconds


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
        with contextlib.suppress(TelegramError):  # a courtesy
            await bot.send_chat_action(chat, ChatAction.TYPING)
        await asyncio.sleep(AGAIN_S)
