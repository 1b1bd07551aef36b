"""The Telegram application: what is registered, and how it starts, serves and ends.

Raises TutorError from `run` with what to do where Telegram cannot be reached or refuses the token.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from telegram.error import InvalidToken, NetworkError
from telegram.ext import ApplicationBuilder

from bot import logs, watchdog
from bot.access import Access, guard
from bot.all_skills import skills_of
from bot.commands import Commands
from bot.delivery import App, Delivery, Regrets
from bot.digest import telling
from bot.groups import Groups
from bot.in_work import InWork
from bot.inbox import Inbox, Received
from bot.inline import Inline
from bot.lanes import Lanes
from bot.limits import Limits
from bot.menu import show_menus
from bot.outbox import Outbox
from bot.personal import Personal
from bot.polling import REFUSED, Polling, Raw
from bot.posting import posting
from bot.practice import reminding
from bot.privacy import retaining
from bot.sender import Sender
from bot.service import Tutor
from bot.settings import Settings
from bot.skilled import SkillHandlers
from bot.teachers import TeacherHandlers
from bot.telegram import Handlers, account
from bot.webhook import listening
from data.errors import StoreError, TutorError
from data.store import Store

MAX_HANDLED = 256  # persons served side by side
CONNECTIONS = 16  # to Telegram at once; the client looks at each of them for each request
CONNECTION_WAIT_S = 30.0  # for one that is free
HANDLE_S, SEND_S = 20.0, 10.0  # what is in work at the end may take so long; the rest stays on disk
PRUNE_EVERY_S = 3600.0
INLINE_BURST, INLINE_INTERVAL_S = 30, 0.5  # inline questions of a person at once, then one after each
SIGNALS = (signal.SIGTERM, signal.SIGINT)

logger = logging.getLogger(__name__)


def build(settings: Settings, tutor: Tutor, raw: Raw) -> App:
    """Return the application with its handlers; `raw` makes its getUpdates."""
    app: App = (
        ApplicationBuilder()
        .token(settings.token)
        .base_url(settings.base_url)
        .base_file_url(settings.base_file_url)
        .get_updates_request(raw)
        .connection_pool_size(CONNECTIONS)
        .pool_timeout(CONNECTION_WAIT_S)
        .updater(None)
        .build()
    )
    # Whatever handles updates stands here, a line each; the first that fits wins, and Handlers fit everything.
    # They send with bot.outgoing: send(chat, reply, reply_to=None), acknowledge.
    access = Access(settings.admins, tutor)
    skills = skills_of(tutor)
    skilled, commands = SkillHandlers(tutor, access, skills), Commands(skills, access.courses)
    for handlers in (TeacherHandlers(tutor, access), Personal(tutor), skilled, Groups(tutor), Inline(tutor)):
        handlers.register(app)
    Handlers(tutor, commands, skilled.hear).register(app)
    guard(app, access, Limits(), Limits(burst=INLINE_BURST, interval_s=INLINE_INTERVAL_S))
    return app


@asynccontextmanager
async def serving(settings: Settings, tutor: Tutor, store: Store) -> AsyncIterator[asyncio.Future[None]]:
    """Serve within the context; the future it yields gets the error that makes it impossible to go on.

    At its end no update is taken any more; what is in work is finished, and what can be sent at once is sent.
    Raises InvalidToken or NetworkError if Telegram does not let it begin.
    """
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    raw = Raw()
    app = build(settings, tutor, raw)
    inbox, outbox, regrets = Inbox(store), Outbox(store), Regrets(app.bot)
    sender = Sender(app.bot, outbox, lambda: _end(ended, TutorError(REFUSED)), per_second=settings.per_second)
    sending = Lanes(outbox.heads, sender.deliver, CONNECTIONS)
    delivery = Delivery(app, inbox, InWork(store.path), regrets, sending.wake)
    handling = Lanes(inbox.heads, delivery.handle, MAX_HANDLED)
    inbox.on_received = handling.wake
    async with app, AsyncExitStack() as stack:
        await show_menus(app.bot, tutor, skills_of(tutor), settings.admins)
        beside = (watchdog.beating(), sending.run(), _handle(delivery, handling), _prune(inbox))
        admins = [tutor.person(account(number)) for number in settings.admins]
        for work in (*beside, retaining(tutor), posting(tutor, sending.wake), reminding(tutor), telling(tutor, admins)):
            await stack.enter_async_context(_beside(work, ended))
        try:
            if settings.webhook is not None:
                receiving = listening(settings.webhook, app.bot, inbox, regrets)
            else:
                await app.bot.delete_webhook()
                receiving = _beside(Polling(app.bot, raw, inbox, regrets).run(), ended)
            async with receiving:
                yield ended
        finally:
            handling.take_no_more()
            await handling.settle(HANDLE_S)
            await sending.settle(SEND_S)


def run(settings: Settings, tutor: Tutor, store: Store) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was begun; a second signal ends the process at once.

    Raises TutorError if Telegram cannot be reached, refuses the token, or falls silent.
    """
    logs.guard(settings.token, settings.log)
    try:
        asyncio.run(_until_told(settings, tutor, store))
    except InvalidToken as error:
        raise TutorError(REFUSED) from error
    except NetworkError as error:
        where = settings.base_url.removesuffix("/bot")
        raise TutorError(f"Telegram cannot be reached at {where} ({error}): check network and proxy") from error


async def _until_told(settings: Settings, tutor: Tutor, store: Store) -> None:
    async with serving(settings, tutor, store) as ended:
        loop = asyncio.get_running_loop()

        def told() -> None:
            for name in SIGNALS:  # back to what they do by themselves: everything is on disk anyway
                loop.remove_signal_handler(name)
                signal.signal(name, signal.SIG_DFL)
            logger.info("told to end: what is in work is finished first")
            _end(ended)

        for name in SIGNALS:
            loop.add_signal_handler(name, told)
        await ended


def _end(ended: asyncio.Future[None], error: BaseException | None = None) -> None:
    if ended.done():
        return
    if error is None:
        ended.set_result(None)
    else:
        ended.set_exception(error)


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None], ended: asyncio.Future[None]) -> AsyncIterator[None]:
    """Run something beside; it must not end before the context does."""

    def broken(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            _end(ended, task.exception())

    task = asyncio.create_task(work)
    task.add_done_callback(broken)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _handle(delivery: Delivery, handling: Lanes[Received]) -> None:
    await delivery.resume()
    await handling.run()


async def _prune(inbox: Inbox) -> None:
    while True:
        try:
            await inbox.prune()
        except StoreError as error:
            logger.warning("old ids of updates stay for now: %s", error)
        await asyncio.sleep(PRUNE_EVERY_S)
