"""Fetching updates by long polling, so that nothing ends or holds up the bot unseen.

Each batch is on disk before the next request confirms it to Telegram. A process that hears nothing of Telegram for
SILENT_S seconds ends with the reason, so that a supervisor starts it anew.
"""

import asyncio
import json
import logging
from http import HTTPStatus
from typing import Any

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot import metrics
from bot.delivery import Regrets, delay_s
from bot.inbox import Inbox, identified
from bot.lanes import RETRY_S
from bot.often import Often
from data.errors import StoreError, TutorError

SILENT_S = 120.0
POLL_S = 10  # how long Telegram holds a request that finds nothing
GATHER_S = 0.05  # between two requests where updates are often: what comes meanwhile comes with the next one
OFTEN, OFTEN_S = 16, 0.4  # so many updates in so many seconds
MAX_BACKOFF_TRIES = 5
REFUSED = "Telegram refuses the token: copy it again from @BotFather into TELEGRAM_BOT_TOKEN"
CONFLICT = "another program fetches the updates of this bot (409 Conflict): one token serves one bot, stop the other"

Json = dict[str, Any]
logger = logging.getLogger(__name__)


class Raw(HTTPXRequest):
    """The requests of getUpdates: they keep the updates as Telegram said them and show the library none.

    It would drop what it does not know, and one update that it cannot read would keep back all others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.updates: list[object] = []

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: ANN401  # the library's
        """See the library."""
        self.updates = []
        code, payload = await super().do_request(*args, **kwargs)
        if code == HTTPStatus.OK:
            answer = self.parse_json_payload(payload)
            if isinstance(answer.get("result"), list):
                self.updates = answer["result"]
                payload = json.dumps(answer | {"result": []}).encode()
        return code, payload


class Polling:
    """Puts into the inbox what Telegram has; `bot` makes its getUpdates with `raw`."""

    def __init__(self, bot: Bot, raw: Raw, inbox: Inbox, regrets: Regrets, *, silent_s: float = SILENT_S) -> None:
        self._bot = bot
        self._raw = raw
        self._inbox = inbox
        self._regrets = regrets
        self._silent_s = silent_s
        self._offset = 0
        self._heard_at = 0.0
        self._trouble = "no answer"
        self._often = Often(OFTEN, OFTEN_S)

    async def run(self) -> None:
        """Fetch until it is cancelled. Raises TutorError when that cannot go on: see REFUSED and SILENT_S."""
        self._heard()
        fetching, watching = asyncio.create_task(self._fetch()), asyncio.create_task(self._watch())
        try:
            await asyncio.wait((fetching, watching), return_when=asyncio.FIRST_COMPLETED)
            for task in (fetching, watching):
                if task.done():
                    task.result()
        finally:
            fetching.cancel()
            watching.cancel()
            await asyncio.gather(fetching, watching, return_exceptions=True)

    async def _fetch(self) -> None:
        failures, clock = 0, asyncio.get_running_loop().time
        while True:
            asked_at = clock()
            try:
                await self._bot.get_updates(self._offset, timeout=POLL_S, allowed_updates=Update.ALL_TYPES)
                self._heard()
                await self._keep(self._raw.updates)
                failures = 0
                if self._often:
                    await asyncio.sleep(asked_at + GATHER_S - clock())
            except InvalidToken as error:
                raise TutorError(REFUSED) from error
            except TelegramError as error:
                failures += 1
                self._trouble = CONFLICT if isinstance(error, Conflict) else str(error)
                logger.warning("no updates from Telegram (try %d): %s", failures, self._trouble)
                await asyncio.sleep(delay_s(error, min(failures, MAX_BACKOFF_TRIES)))

    async def _keep(self, batch: list[object]) -> None:
        """Commit a batch, for as long as that takes: until then Telegram keeps it too."""
        updates = [update for update in batch if isinstance(update, dict) and identified(update)]
        if len(updates) < len(batch):
            logger.error("%d updates of Telegram have no id and are left out", len(batch) - len(updates))
        if batch and not updates:
            raise TelegramError("updates without an id")
        while updates:
            try:
                await self._inbox.receive(updates)
                break
            except StoreError as error:
                logger.error("%d updates stay with Telegram, they cannot be written down: %s", len(updates), error)
                await self._regrets.tell(readable(updates))
                await asyncio.sleep(RETRY_S)
                self._heard()  # it is not Telegram that is silent
        for _ in updates:
            self._often.note()
        self._offset = max((update["update_id"] + 1 for update in updates), default=self._offset)

    def _heard(self) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        metrics.heard()

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        while (left_s := self._heard_at + self._silent_s - clock()) > 0:
            await asyncio.sleep(left_s)
        raise TutorError(
            f"nothing from Telegram for {self._silent_s:.0f} s ({self._trouble}): the bot ends here, to be started anew"
        )


def readable(updates: list[Json]) -> list[Update]:
    """Return those that the library can read."""
    found = []
    for update in updates:
        try:
            found.append(Update.de_json(update))
        except Exception as error:  # whatever the library stumbles over
            logger.info("update %d cannot be read: %s", update["update_id"], type(error).__name__)
    return found
