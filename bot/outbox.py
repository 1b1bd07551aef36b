"""The durable outbox: what is to be sent waits on disk, a lane for each chat, and is deleted when Telegram took it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from bot import metrics
from bot.lanes import HEADS
from data.records import now
from data.store import Store


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call of the Bot API that waits in the lane of its chat; see bot.outgoing.Outgoing."""

    id: int
    update_id: int
    chat: int
    method: str
    params: dict[str, Any]


class Outbox:
    """What waits to be sent; bot.inbox puts it there. Raises StoreError where it cannot be written or read."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def heads(self, closed: Sequence[int], limit: int) -> list[Waiting]:
        """Return what waits longest in each lane that is not closed, the oldest first."""
        return await asyncio.to_thread(self._store.read, _heads, closed, limit)

    async def sent(self, message: int) -> None:
        """Delete what Telegram took."""
        metrics.replied(await asyncio.wrap_future(self._store.submit(_sent, message)))

    async def refused(self, message: int, reason: str) -> None:
        """Set aside, for a look, what Telegram will never take. See bot.quarantine."""
        await asyncio.wrap_future(self._store.submit(_refused, message, reason))

    async def blocked(self, chat: int, reason: str) -> int:
        """Mark a chat that takes nothing from the bot, and give up all that waits for it; return how many these were.

        That it was given up stays recorded, what it said does not. The mark goes when something comes from the chat.
        """
        return await asyncio.wrap_future(self._store.submit(_blocked, chat, reason))


def _heads(db: Database, closed: Sequence[int], limit: int) -> list[Waiting]:
    rows = db.query(HEADS.format(table="outbox", key="id"), [json.dumps(closed), limit])
    return [Waiting(r["id"], r["update_id"], r["chat"], r["method"], json.loads(r["params"])) for r in rows]


def _sent(db: Database, message: int) -> str | None:
    """Return when the update came in, for the first that is sent for it."""
    received = "(select received_at from inbox i where i.update_id = outbox.update_id and position = 0)"
    rows = list(db.query(f"delete from outbox where id = ? returning {received} as received_at", [message]))
    return rows[0]["received_at"] if rows else None


def _refused(db: Database, message: int, reason: str) -> None:
    db.execute("update outbox set state = 'failed', error = ? where id = ?", [reason, message])


def _blocked(db: Database, chat: int, reason: str) -> int:
    db.execute("update chats set blocked_at = ? where chat_id = ?", [now(), chat])
    sql = "update outbox set state = 'failed', error = ?, params = null where chat = ? and state = 'waiting'"
    return db.execute(sql, [reason, chat]).rowcount
