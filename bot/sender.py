"""Sends what waits in the outbox: at least once, in the order of each chat, as fast as Telegram lets us.

Sent again is whatever Telegram did not confirm. After a failed connect, a 429 or a 5xx nothing was delivered. After a
timeout, a broken connection or an answer that is no JSON it may have been: then a person may read it twice, rather
than never. The same holds when the process ends between Telegram's word and the deletion of the message on disk.
"""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from telegram import Bot, InlineKeyboardMarkup, InlineQueryResultArticle, InputTextMessageContent, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.delivery import delay_s
from bot.lanes import RETRY_S
from bot.outbox import Outbox, Waiting
from bot.pace import Pace
from bot.render import plain
from bot.settings import TELEGRAM_PER_SECOND
from data.errors import StoreError

MAX_PER_SECOND_AND_CHAT = 1.0
MAX_PER_SECOND_AND_GROUP = 1 / 4  # with the burst, 20 a minute; Telegram's limit
INLINE_CACHED_S = 30
BURST, BURST_OF_CHAT = 10, 5
MAX_BACKOFF_TRIES = 6  # half a minute between tries while Telegram is away
STUCK_S = 600.0  # a message that fails for so long while Telegram takes those of other chats is set aside
AWAY_S = 86_400.0  # and one that fails for so long whatever happens to others
CHAT_GONE = ("chat not found", "user is deactivated", "bot can't initiate conversation")

T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Failing:
    """The message at the head of a chat that Telegram does not take: since when, and how often it was tried again."""

    since: float
    tries: int = 0


class Sender:
    """Sends one message at a time to each chat; `withdrawn` is called when Telegram does not take the token."""

    def __init__(
        self, bot: Bot, outbox: Outbox, withdrawn: Callable[[], None], *, per_second: float = TELEGRAM_PER_SECOND
    ) -> None:
        self._bot = bot
        self._outbox = outbox
        self._withdrawn = withdrawn
        self._pace = Pace(per_second, BURST)
        self._chat_pace = Pace(MAX_PER_SECOND_AND_CHAT, BURST_OF_CHAT)
        self._group_pace = Pace(MAX_PER_SECOND_AND_GROUP, BURST_OF_CHAT)
        self._failures: dict[int, _Failing] = {}  # by chat
        self._taken_at = 0.0  # when Telegram took something last
        self._limited: dict[int, float] = {}  # chat: until when Telegram wants nothing for it
        self._closed_until = 0.0  # for every chat

    async def deliver(self, waiting: Waiting) -> float:
        """Send what waits; return how many seconds the lane is to rest."""
        rest_s = await self._place(waiting)
        if rest_s > 0:
            return rest_s
        try:
            await self._send(waiting)
        except BadRequest as error:
            await self._refused(waiting, error)
        except (Forbidden, ChatMigrated) as error:  # a group with another number is another chat
            await self._gone(waiting, error)
        except InvalidToken:
            self._withdrawn()
            return RETRY_S
        except RetryAfter as error:
            return self._limit(waiting.chat, delay_s(error, 0))
        except TelegramError as error:  # the network, a server that fails, an answer that is no JSON
            failing = self._failures.setdefault(waiting.chat, _Failing(asyncio.get_running_loop().time()))
            if not self._is_hopeless(failing):
                failing.tries += 1
                logger.warning("a message of update %d is sent again: %s", waiting.update_id, error)
                return delay_s(error, min(failing.tries, MAX_BACKOFF_TRIES))
            reason = f"given up after {failing.tries + 1} tries: {error}"
            logger.error("a message of update %d is set aside, %s", waiting.update_id, reason)
            await self._certainly(lambda: self._outbox.refused(waiting.id, reason))
        except Exception as error:  # such as parameters that no call takes: trying again would not help
            logger.exception("a message of update %d cannot be sent: it is set aside", waiting.update_id)
            reason = f"{type(error).__name__}: {error}"
            await self._certainly(lambda: self._outbox.refused(waiting.id, reason))
        else:
            self._taken_at = asyncio.get_running_loop().time()
            await self._certainly(lambda: self._outbox.sent(waiting.id))
        self._failures.pop(waiting.chat, None)
        return 0.0

    def _is_hopeless(self, failing: "_Failing") -> bool:
        for_s = asyncio.get_running_loop().time() - failing.since
        return for_s >= AWAY_S or (for_s >= STUCK_S and self._taken_at > failing.since)

    async def _place(self, waiting: Waiting) -> float:
        """Wait until the bot may send; return how long the chat is to rest first, which holds up no other."""
        clock = asyncio.get_running_loop().time
        if waiting.method.startswith("send"):
            pace = self._group_pace if waiting.chat < 0 else self._chat_pace
            rest_s = pace.take(waiting.chat, clock())
            if rest_s > 0:
                return rest_s
        await asyncio.sleep(self._pace.reserve(0, clock()))
        while (closed_s := self._closed_until - clock()) > 0:
            await asyncio.sleep(closed_s)
        return 0.0

    async def _send(self, waiting: Waiting) -> None:
        try:
            await call(self._bot, waiting)
        except BadRequest as error:
            if "parse entities" not in error.message or "parse_mode" not in waiting.params:
                raise
            logger.warning("Telegram refused the HTML of an answer, it goes as plain text: %s", error.message)
            text = {"text": plain(waiting.params["text"]), "parse_mode": None}
            await call(self._bot, replace(waiting, params=waiting.params | text))

    async def _refused(self, waiting: Waiting, error: BadRequest) -> None:
        if any(reason in error.message.lower() for reason in CHAT_GONE):
            await self._gone(waiting, error)
        elif waiting.method.startswith("send"):
            logger.error("Telegram refused a message of update %d, it is set aside: %s", waiting.update_id, error)
            await self._certainly(lambda: self._outbox.refused(waiting.id, error.message))
        else:  # pressed long ago, not modified, or the message is gone: the notice is lost, the press is not
            logger.info("a button press of update %d could not be shown: %s", waiting.update_id, error.message)
            await self._certainly(lambda: self._outbox.sent(waiting.id))

    async def _gone(self, waiting: Waiting, error: TelegramError) -> None:
        given_up = await self._certainly(lambda: self._outbox.blocked(waiting.chat, error.message))
        logger.warning(
            "update %d: the person has blocked the bot: %d messages are given up", waiting.update_id, given_up
        )

    def _limit(self, chat: int, rest_s: float) -> float:
        """Let the chat rest, and everything when it is not the only one: then it is the whole bot that is too fast."""
        now = asyncio.get_running_loop().time()
        self._limited = {known: until for known, until in self._limited.items() if until > now} | {chat: now + rest_s}
        if len(self._limited) > 1:
            self._closed_until = max(self._closed_until, now + rest_s)
        logger.warning(
            "Telegram wants %s to rest for %.0f s", "the bot" if len(self._limited) > 1 else "a chat", rest_s
        )
        return rest_s

    async def _certainly(self, write: Callable[[], Awaitable[T]]) -> T:
        """Write until it succeeds: what was sent must not be sent again because a disk was full for a while."""
        while True:
            try:
                return await write()
            except StoreError as error:
                logger.error("what was sent cannot be noted yet: %s", error)
                await asyncio.sleep(RETRY_S)


async def call(bot: Bot, waiting: Waiting) -> None:
    """Make a call of the Bot API from what stands in the outbox. Raises ValueError for an unknown one."""
    params, chat = waiting.params, waiting.chat
    markup = InlineKeyboardMarkup.de_json(params["reply_markup"], bot) if "reply_markup" in params else None
    quoted = ReplyParameters.de_json(params["reply_parameters"], bot) if "reply_parameters" in params else None
    if waiting.method == "sendMessage":
        await bot.send_message(
            chat, params["text"], parse_mode=params["parse_mode"], reply_markup=markup, reply_parameters=quoted
        )
    elif waiting.method in ("sendDocument", "sendPhoto"):
        content, caption, name = base64.b64decode(params["content"]), params["caption"] or None, params["filename"]
        send = bot.send_photo if waiting.method == "sendPhoto" else bot.send_document
        await send(chat, content, caption=caption, filename=name, reply_markup=markup, reply_parameters=quoted)
    elif waiting.method == "answerCallbackQuery":
        await bot.answer_callback_query(params["callback_query_id"], params.get("text"))
    elif waiting.method == "answerInlineQuery":
        found = [_article(**result) for result in params["results"]]
        await bot.answer_inline_query(params["inline_query_id"], found, cache_time=INLINE_CACHED_S, is_personal=True)
    elif waiting.method == "editMessageReplyMarkup":
        await bot.edit_message_reply_markup(chat, params["message_id"], reply_markup=markup)
    else:
        raise ValueError(f"{waiting.method}: no call that waits in the outbox")


def _article(id: str, title: str, description: str, text: str) -> InlineQueryResultArticle:
    return InlineQueryResultArticle(id, title, InputTextMessageContent(text, ParseMode.HTML), description=description)
