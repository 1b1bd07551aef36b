"""Receiving updates by webhook, on the loopback behind a proxy that ends TLS: 200 means that the update is on disk.

Who does not know the secret is refused before the body is read. The library's own server compares the secret with
`!=`, reads up to 100 MB first, logs the body of what it cannot read, and lets Telegram repeat that for ever.
"""

import hmac
import http.client
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from http import HTTPStatus

from telegram import Bot, Update
from tornado import httpserver, web

from bot.delivery import Regrets
from bot.inbox import Inbox, identified
from bot.polling import readable
from bot.settings import Webhook
from data.errors import StoreError, TutorError

PATH = "/telegram"
MAX_BODY_BYTES = 1_000_000
BODY_TIMEOUT_S = 30.0
ANSWER_S = 5.0
LOOPBACK = "127.0.0.1"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"

logger = logging.getLogger(__name__)


@asynccontextmanager
async def listening(hook: Webhook, bot: Bot, inbox: Inbox, regrets: Regrets) -> AsyncIterator[None]:
    """Tell Telegram where to send to, and take what comes.

    Raises TutorError if the port is taken, TelegramError if Telegram does not accept the address.
    """
    application = web.Application(
        [(PATH, _Endpoint, {"hook": hook, "inbox": inbox, "regrets": regrets})], log_function=lambda _: None
    )
    server = httpserver.HTTPServer(application, max_body_size=MAX_BODY_BYTES, body_timeout=BODY_TIMEOUT_S)
    try:
        server.listen(hook.port, LOOPBACK)
    except OSError as error:
        raise TutorError(f"TUTOR_WEBHOOK_PORT: port {hook.port} cannot be used ({error.strerror})") from error
    try:
        await bot.set_webhook(hook.url, secret_token=hook.secret, allowed_updates=Update.ALL_TYPES)
        yield
    finally:
        server.stop()
        await server.close_all_connections()


def answers(hook: Webhook) -> bool:
    """Ask the webhook as anyone could, from another thread than its own; return whether it answers at all."""
    with closing(http.client.HTTPConnection(LOOPBACK, hook.port, timeout=ANSWER_S)) as client:
        try:
            client.request("GET", PATH)
            client.getresponse()
        except (OSError, http.client.HTTPException):
            return False
    return True


@web.stream_request_body
class _Endpoint(web.RequestHandler):
    """One update. Answers 403 without the secret, 400 to what is no update, 503 while it cannot be written down."""

    SUPPORTED_METHODS = ("POST",)

    def initialize(self, hook: Webhook, inbox: Inbox, regrets: Regrets) -> None:
        self._hook = hook
        self._inbox = inbox
        self._regrets = regrets
        self._body = bytearray()

    def prepare(self) -> None:
        said = self.request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(said.encode(), self._hook.secret.encode()):
            raise web.HTTPError(HTTPStatus.FORBIDDEN)

    def data_received(self, chunk: bytes) -> None:
        self._body += chunk  # the server has refused what is longer than MAX_BODY_BYTES

    async def post(self) -> None:
        try:
            update = json.loads(self._body)
        except ValueError:
            update = None
        if not identified(update):
            logger.error("the webhook was sent something that is no update: it is refused")
            raise web.HTTPError(HTTPStatus.BAD_REQUEST)
        try:
            await self._inbox.receive([update])
        except StoreError as error:
            logger.error("update %d stays with Telegram, it cannot be written down: %s", update["update_id"], error)
            await self._regrets.tell(readable([update]))
            raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE) from error
