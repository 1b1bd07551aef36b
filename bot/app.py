"""The Telegram application: durable inbox, one lane per person, retries, and a clean start and end.

Raises TutorError from `run` with what to do where Telegram cannot be reached or refuses the token.
"""

import asyncio
import copy
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import BotCommand, Update
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import Application, ApplicationBuilder, BaseUpdateProcessor, ContextTypes

from bot.inbox import Inbox
from bot.polling import Polling
from bot.service import Tutor
from bot.settings import Settings
from bot.telegram import Handlers
from bot.texts import Texts, texts_for
from data.errors import StoreError, TutorError

MAX_CONCURRENT = 256  # persons served side by side
MAX_WAITING = 1_000_000  # updates: one that waits behind another of its person must not take a slot
MAX_TRIES = 3  # of an update that fails by our own fault; one that the network hinders is tried until it goes
MAX_DELAY_S = 60.0
WITHDRAWN = "withdrawn"
REFUSED = "Telegram refuses the token: copy it again from @BotFather into TELEGRAM_BOT_TOKEN"

App = Application[Any, Any, Any, Any, Any, Any]
logger = logging.getLogger(__name__)


class Lanes(BaseUpdateProcessor):
    """Takes the updates of one person in order and those of different persons side by side; then they are done."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(MAX_WAITING)
        self._inbox = inbox
        self._slots = asyncio.Semaphore(MAX_CONCURRENT)
        self._lanes: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: Counter[int] = Counter()
        self.again: set[int] = set()  # updates that the error handler has put back or aside

    async def do_process_update(self, update: object, coroutine: "Awaitable[Any]") -> None:
        """Run the handlers in the person's lane and mark the update as done."""
        if not isinstance(update, Update):
            await coroutine
            return
        person = update.effective_user.id if update.effective_user else 0
        self._waiting[person] += 1
        try:
            async with self._lanes[person], self._slots:
                await coroutine
                if update.update_id in self.again:
                    self.again.discard(update.update_id)
                else:
                    await self._inbox.done(update.update_id)
        finally:
            self._waiting[person] -= 1
            if not self._waiting[person]:
                del self._waiting[person], self._lanes[person]

    async def initialize(self) -> None:
        """Nothing to set up."""

    async def shutdown(self) -> None:
        """Nothing to take down."""


class Failures:
    """What happens when a handler fails: again later, set aside, or given up, never silently."""

    def __init__(self, inbox: Inbox, lanes: Lanes) -> None:
        self._inbox = inbox
        self._lanes = lanes
        self._admitted: set[int] = set()  # updates whose person was told that nothing can be recorded

    async def handle(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Decide by the kind of error; see MAX_TRIES."""
        error = context.error
        if not isinstance(update, Update):
            known = isinstance(error, TelegramError)
            logger.error("outside of an update: %s", error, exc_info=None if known else error)
        elif isinstance(error, Forbidden):
            logger.warning("update %d: the person has blocked the bot, the reply is dropped", update.update_id)
        elif isinstance(error, NetworkError | RetryAfter | StoreError) and not isinstance(error, BadRequest):
            tries = await self._tried(update)
            self._again(update, _delay_s(error, tries))
            logger.warning("update %d is tried again (try %d): %s", update.update_id, tries, error)
            if isinstance(error, StoreError) and update.update_id not in self._admitted:
                self._admitted.add(update.update_id)
                await self._tell(update, context, lambda texts: texts.not_recorded)
        else:
            await self._fault(update, context, error)

    async def _fault(self, update: Update, context: ContextTypes.DEFAULT_TYPE, error: Exception | None) -> None:
        tries = await self._tried(update)
        logger.error("update %d failed (try %d)", update.update_id, tries, exc_info=error)
        if tries < MAX_TRIES:
            self._again(update, _delay_s(error, tries))
            return
        self._lanes.again.add(update.update_id)
        await self._inbox.failed(update.update_id, f"{type(error).__name__}: {error}")
        await self._tell(update, context, lambda texts: texts.failed)

    async def _tried(self, update: Update) -> int:
        try:
            return await self._inbox.tried(update.update_id)
        except StoreError:
            return 1  # the store itself is what fails

    def _again(self, update: Update, delay_s: float) -> None:
        self._lanes.again.add(update.update_id)
        asyncio.get_running_loop().call_later(delay_s, self._inbox.put_nowait, update)

    async def _tell(self, update: Update, context: ContextTypes.DEFAULT_TYPE, text: Callable[[Texts], str]) -> None:
        if update.effective_user is None:
            return
        try:
            texts = texts_for(update.effective_user.language_code or "")
            await context.bot.send_message(update.effective_user.id, text(texts))
        except TelegramError as error:
            logger.warning("update %d: the person could not be told: %s", update.update_id, error)


def build(settings: Settings, tutor: Tutor, inbox: Inbox) -> App:
    """Return the application, not started; `begin` must run before it is."""
    lanes = Lanes(inbox)
    app: App = (
        ApplicationBuilder()
        .token(settings.token)
        .base_url(settings.base_url)
        .base_file_url(settings.base_file_url)
        .get_updates_request(Polling(lambda: _withdrawn(app)))
        .update_queue(inbox)
        .concurrent_updates(lanes)
        .post_init(begin)
        .build()
    )
    # Whatever handles updates stands here, a line each; the first that fits wins, and Handlers fit everything.
    # They send with bot.outgoing: send(chat, reply, reply_to=None), send_file, acknowledge.
    for handlers in (Handlers(tutor),):
        handlers.register(app)
    app.add_error_handler(Failures(inbox, lanes).handle)
    return app


async def begin(app: App) -> None:
    """Replay what was received and not done, and tell Telegram the commands in both languages."""
    inbox = app.update_queue
    assert isinstance(inbox, Inbox)  # by build
    count = await inbox.replay(app.bot)
    if count:
        logger.warning("%d updates from before are taken up again", count)
    for code, texts in ((None, texts_for("en")), ("zh", texts_for("zh"))):
        commands = {"start": texts.command_start, "help": texts.command_help, "course": texts.command_course}
        try:
            await app.bot.set_my_commands([BotCommand(*item) for item in commands.items()], language_code=code)
        except TelegramError as error:  # the menu is a courtesy; the bot serves without it
            logger.warning("the menu of commands could not be set: %s", error)


def run(settings: Settings, app: App) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was begun. Raises TutorError if Telegram cannot be reached."""
    _quiet(settings.token)
    try:
        if settings.webhook is None:
            app.run_polling(allowed_updates=Update.ALL_TYPES)
        else:
            hook = settings.webhook
            app.run_webhook(
                listen="127.0.0.1",
                port=hook.port,
                url_path="telegram",
                webhook_url=hook.url,
                secret_token=hook.secret,
                allowed_updates=Update.ALL_TYPES,
            )
        if WITHDRAWN in app.bot_data:
            raise TutorError(REFUSED)
    except InvalidToken as error:
        raise TutorError(REFUSED) from error
    except NetworkError as error:
        where = settings.base_url.removesuffix("/bot")
        raise TutorError(f"Telegram cannot be reached at {where} ({error}): check network and proxy") from error


def _withdrawn(app: App) -> None:
    """End the bot in good order, once: without a token no update comes any more."""
    if WITHDRAWN not in app.bot_data:
        app.bot_data[WITHDRAWN] = True
        app.stop_running()


def _delay_s(error: Exception | None, tries: int) -> float:
    if isinstance(error, RetryAfter):
        after = error.retry_after
        return float(after if isinstance(after, int) else after.total_seconds())
    return min(MAX_DELAY_S, 0.5 * 2.0**tries)


def _quiet(token: str) -> None:
    """Keep the token and what students write out of the logs."""
    for name in ("httpx", "httpx2", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Redacted(handler.formatter or logging.Formatter(), token))


class _Redacted(logging.Formatter):
    """Writes a record without the token, and what the library logs without its tracebacks: `run` says what to do."""

    def __init__(self, inner: logging.Formatter, token: str) -> None:
        super().__init__()
        self._inner = inner
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        """See logging."""
        if record.name.startswith("telegram"):
            record = copy.copy(record)
            record.exc_info = record.exc_text = None
        return self._inner.format(record).replace(self._token, "<token>")
