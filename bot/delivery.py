"""From the inbox through the handlers: an update is done, tried again, put off or set aside, never silently dropped."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from telegram import Bot, Update
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError
from telegram.ext import Application, ContextTypes

from bot.addressed import is_private
from bot.in_work import MAX_ENDS, InWork
from bot.inbox import UNREADABLE, Inbox, Received
from bot.lanes import RETRY_S
from bot.outgoing import Later, Outgoing, Turn, send, turn
from bot.replies import Reply
from bot.texts import texts_for
from data.errors import StoreError

MAX_TRIES = 3  # of an update that fails by our own fault; one that the network hinders is tried until it goes
MAX_DELAY_S = 60.0
LAST_TRY_AFTER_S = 30.0
MAX_TOLD = 10_000

App = Application[Any, Any, Any, Any, Any, Any]
logger = logging.getLogger(__name__)


class Delivery:
    """Handles one update at a time for each person; what handlers send is written down when the update is done."""

    def __init__(
        self, app: App, inbox: Inbox, in_work: InWork, regrets: "Regrets", on_outgoing: Callable[[], None]
    ) -> None:
        self._app = app
        self._in_work = in_work
        self._inbox = inbox
        self._regrets = regrets
        self._on_outgoing = on_outgoing  # called when something new waits to be sent
        self._begun_at = asyncio.get_running_loop().time()
        app.add_error_handler(_note)

    async def resume(self) -> None:
        """Handle first, one after the other, what was in work when a process ended: only so can one get the blame.

        What MAX_ENDS processes in a row ended of is set aside. Before its last try it waits until the process has run
        for a while: who kills processes from outside, one soon after the other, must not seem to be an update.
        """
        try:
            waiting = await self._inbox.waiting(self._in_work.left())
        except StoreError as error:
            logger.error("what was in work is taken with the rest, it cannot be read: %s", error)
            return
        for received in waiting:
            await self.handle(received)

    async def handle(self, received: Received) -> float:
        """Handle an update; return how many seconds the lane is to rest."""
        ends = self._in_work.ends(received.update_id)
        wait_s = self._begun_at + LAST_TRY_AFTER_S - asyncio.get_running_loop().time()
        if ends == MAX_ENDS - 1 and wait_s > 0:
            return wait_s
        with self._in_work.noted(received.update_id):
            return await self._handle(received, ends)

    async def _handle(self, received: Received, ends: int) -> float:
        try:
            update = Update.de_json(json.loads(received.payload), self._app.bot)
        except Exception as error:  # whatever the library stumbles over
            logger.exception("update %d cannot be read again: it is in the quarantine", received.update_id)
            return await self._set_aside(received.update_id, f"{UNREADABLE}: {type(error).__name__}")
        now = Turn()
        turn.set(now)
        if ends >= MAX_ENDS:
            return await self._give_up(update, ends)
        try:
            await self._app.process_update(update)
        except Exception as error:  # the library itself stumbled: as if a handler had
            now.error = error
        try:
            rest_s = await self._conclude(update, now)
        except StoreError as error:
            logger.error("update %d is tried again, it cannot be recorded: %s", update.update_id, error)
            await self._regrets.tell([update])
            return RETRY_S
        self._on_outgoing()
        self._regrets.forget(update.update_id)
        return rest_s

    async def _conclude(self, update: Update, now: Turn) -> float:
        error = now.error
        if error is None:
            await self._inbox.done(update.update_id, now.outgoing)
            return 0.0
        if isinstance(error, StoreError):
            raise error
        if isinstance(error, Later):
            await self._inbox.later(update.update_id, now.outgoing)
            return error.delay_s
        tries = await self._inbox.tried(update.update_id)
        if isinstance(error, NetworkError | RetryAfter) and not isinstance(error, BadRequest):
            logger.warning("update %d is tried again (try %d): %s", update.update_id, tries, error)
            return delay_s(error, tries)
        logger.error("update %d failed (try %d)", update.update_id, tries, exc_info=error)
        if tries < MAX_TRIES:
            return delay_s(error, tries)
        now.outgoing.clear()  # an apology, not half an answer
        _apologise(update)
        await self._inbox.quarantine(update.update_id, f"{type(error).__name__}: {error}", now.outgoing)
        return 0.0

    async def _give_up(self, update: Update, ends: int) -> float:
        reason = f"the process ended {ends} times while this was handled"
        logger.error("update %d is in the quarantine: %s", update.update_id, reason)
        _apologise(update)
        rest_s = await self._set_aside(update.update_id, reason, turn.get().outgoing)
        self._on_outgoing()
        return rest_s

    async def _set_aside(self, update_id: int, reason: str, outgoing: Sequence[Outgoing] = ()) -> float:
        try:
            await self._inbox.quarantine(update_id, reason, outgoing)
        except StoreError as error:
            logger.error("update %d cannot be set aside yet: %s", update_id, error)
            return RETRY_S
        return 0.0


class Regrets:
    """Tells people, once for each update, that nothing can be recorded just now, past the outbox that fails too."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._told: set[int] = set()

    async def tell(self, updates: Sequence[Update]) -> None:
        """Tell those who sent these updates, unless they know."""
        for update in updates:
            user = update.effective_user
            if update.update_id in self._told or user is None or len(self._told) >= MAX_TOLD or not is_private(update):
                continue
            self._told.add(update.update_id)
            try:
                await self._bot.send_message(user.id, texts_for(user.language_code or "").not_recorded)
            except TelegramError as error:
                logger.warning("update %d: the person could not be told: %s", update.update_id, error)

    def forget(self, update_id: int) -> None:
        """It is recorded now."""
        self._told.discard(update_id)


def _apologise(update: Update) -> None:
    if update.effective_user is not None and is_private(update):
        send(update.effective_user.id, Reply(texts_for(update.effective_user.language_code or "").failed))


async def _note(_: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    turn.get().error = context.error


def delay_s(error: Exception, tries: int) -> float:
    """Return when to try again: what Telegram says, or longer each time."""
    if isinstance(error, RetryAfter):
        after = error.retry_after
        return float(after if isinstance(after, int) else after.total_seconds())
    return min(MAX_DELAY_S, 0.5 * 2.0 ** min(tries, 10))
