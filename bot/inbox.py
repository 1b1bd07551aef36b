"""The durable inbox: an update is on disk before Telegram is told that it was received, and done after its effects.

It is the application's update queue. What was not done when the process ended is replayed at the next start.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database
from telegram import Bot, Update

from data.errors import StoreError
from data.records import now
from data.store import Store

P = ParamSpec("P")
T = TypeVar("T")
KEPT_DAYS = 3  # ids of updates that are done; Telegram repeats an update for one day
RETRY_S = 1.0

logger = logging.getLogger(__name__)


class Inbox(asyncio.Queue[object]):
    """A queue whose `put` commits the update before it returns; an update that is already known is not queued again."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    async def put(self, item: object) -> None:
        """Commit an update, then queue it. It waits for as long as the store cannot be written: Telegram keeps it."""
        if isinstance(item, Update) and not await self._committed(item):
            return
        await super().put(item)

    async def replay(self, bot: Bot) -> int:
        """Queue the updates that were received and not done, in their order; return how many."""
        waiting = await asyncio.to_thread(self._store.read, _waiting)
        for update_id, payload in waiting:
            try:
                update = Update.de_json(json.loads(payload), bot)
            except Exception as error:  # whatever the library stumbles over: it must not keep the others waiting
                logger.exception("update %d cannot be read again", update_id)
                await self.failed(update_id, f"cannot be read: {type(error).__name__}")
                continue
            self.put_nowait(update)
        return len(waiting)

    async def done(self, update_id: int) -> None:
        """Mark an update as done and drop what it said."""
        await self._patiently(update_id, _finish, update_id, "done", "")

    async def failed(self, update_id: int, reason: str) -> None:
        """Set an update aside with the reason; what it said is kept for a look."""
        await self._write(_finish, update_id, "failed", reason)

    async def tried(self, update_id: int) -> int:
        """Count a try at an update and return how many there were."""
        return await self._write(_count_try, update_id)

    async def _committed(self, update: Update) -> bool:
        """Write the update down; False if it already was."""
        return await self._patiently(update.update_id, _receive, update.update_id, update.to_json())

    async def _patiently(
        self, update_id: int, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Write until it succeeds: an error out of `put` would end the polling, one after the reply would repeat it."""
        while True:
            try:
                return await self._write(work, *args, **kwargs)
            except StoreError as error:
                logger.error("update %d cannot be written down yet: %s", update_id, error)
                await asyncio.sleep(RETRY_S)

    async def _write(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._store.submit(work, *args, **kwargs))


def _receive(db: Database, update_id: int, payload: str) -> bool:
    sql = """insert into inbox (update_id, payload, state, received_at) values (?, ?, 'waiting', ?)
             on conflict do nothing returning update_id"""
    return any(True for _ in db.query(sql, [update_id, payload, now()]))


def _waiting(db: Database) -> list[tuple[int, str]]:
    rows = db.query("select update_id, payload from inbox where state = 'waiting' order by update_id")
    return [(row["update_id"], row["payload"]) for row in rows]


def _finish(db: Database, update_id: int, state: str, error: str) -> None:
    payload = "payload" if state == "failed" else "null"
    sql = f"update inbox set state = ?, payload = {payload}, done_at = ?, error = ? where update_id = ?"
    db.execute(sql, [state, now(), error, update_id])
    oldest = (datetime.now(UTC) - timedelta(days=KEPT_DAYS)).isoformat()
    db.execute("delete from inbox where state = 'done' and done_at < ?", [oldest])


def _count_try(db: Database, update_id: int) -> int:
    sql = "update inbox set attempts = attempts + 1 where update_id = ? returning attempts"
    return next((row["attempts"] for row in db.query(sql, [update_id])), 1)
