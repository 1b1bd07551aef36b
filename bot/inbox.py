"""The durable inbox: an update is on disk, as Telegram said it, before Telegram is told that it was received.

It is done in the same transaction that writes down what it sends, so that this happens once whatever comes between.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlite_utils import Database
from telegram import Update

from bot.addressed import is_for_nobody
from bot.lanes import HEADS
from bot.outgoing import Outgoing
from data.records import iso, now
from data.store import Store

KEPT_DAYS = 3  # ids of updates that are done; Telegram repeats an update for one day
KEPT_MOST_RECENT = 10_000  # of them at least, whatever the clock says
MAX_ID = 2**63
FROM_PEOPLE = {"message", "callback_query"}  # updates of people who have not blocked the bot
UNREADABLE = "cannot be read"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """An update that waits: its payload is Telegram's JSON, its lane the person's private chat (0: nobody's)."""

    update_id: int
    chat: int
    payload: str


class Inbox:
    """What was received and is not done. Raises StoreError where it cannot be written or read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.on_received: Callable[[], None] = lambda: None  # called when something new waits

    async def receive(self, updates: Sequence[dict[str, Any]]) -> int:
        """Commit updates, all at once; return how many were new. Each has an `update_id`, see `identified`.

        One that is known already is left as it is; one that cannot be read goes to the quarantine.
        """
        rows = [_row(update) for update in updates]
        writing = [row[1] for row, update in zip(rows, updates, strict=True) if _in_private(update)]
        new = await asyncio.wrap_future(self._store.submit(_receive, rows, writing))
        self.on_received()
        return new

    async def heads(self, closed: Sequence[int], limit: int) -> list[Received]:
        """Return the oldest waiting update of each lane that is not closed, the oldest first."""
        return await asyncio.to_thread(self._store.read, _heads, closed, limit)

    async def waiting(self, updates: Sequence[int]) -> list[Received]:
        """Return those of these updates that wait, in the order given."""
        return await asyncio.to_thread(self._store.read, _waiting, updates)

    async def done(self, update_id: int, outgoing: Sequence[Outgoing]) -> None:
        """Mark an update as done, drop what it said, and queue what it sends; a second time nothing happens."""
        await asyncio.wrap_future(self._store.submit(_finish, update_id, "done", "", outgoing))

    async def later(self, update_id: int, outgoing: Sequence[Outgoing]) -> None:
        """Queue what it sends so far; it goes on waiting."""
        await asyncio.wrap_future(self._store.submit(_finish, update_id, "waiting", "", outgoing))

    async def quarantine(self, update_id: int, reason: str, outgoing: Sequence[Outgoing] = ()) -> None:
        """Set an update aside with the reason; what it said is kept for a look. See bot.quarantine."""
        await asyncio.wrap_future(self._store.submit(_finish, update_id, "failed", reason, outgoing))

    async def tried(self, update_id: int) -> int:
        """Count a try at an update and return how many there were."""
        return await asyncio.wrap_future(self._store.submit(_count_try, update_id))

    async def prune(self) -> None:
        """Forget the ids that Telegram cannot repeat any more."""
        await asyncio.wrap_future(self._store.submit(_prune))


def identified(update: object) -> bool:
    """Whether this is an update with an id that the store can hold."""
    known = update.get("update_id") if isinstance(update, dict) else None
    return isinstance(known, int) and not isinstance(known, bool) and 0 <= known < MAX_ID


def _in_private(update: dict[str, Any]) -> bool:
    """Say whether a person wrote or pressed a button in their own chat, whose number is theirs."""
    said: dict[str, Any] = next((update[kind] for kind in FROM_PEOPLE if isinstance(update.get(kind), dict)), {})
    message = said.get("message") or said
    chat, sender = (message.get("chat"), said.get("from")) if isinstance(message, dict) else (None, None)
    return isinstance(chat, dict) and isinstance(sender, dict) and chat.get("id") == sender.get("id")


def _row(raw: dict[str, Any]) -> tuple[int, int, str | None, str, str, str | None, str]:
    update_id, payload, at = raw["update_id"], json.dumps(raw, ensure_ascii=True), now()
    try:
        update = Update.de_json(raw)
        if is_for_nobody(update):
            return update_id, 0, None, "done", at, at, ""
        return update_id, _lane(update), payload, "waiting", at, None, ""
    except Exception as error:  # whatever the library stumbles over: it must not keep the others waiting
        logger.error("update %d %s (%s): it is in the quarantine", update_id, UNREADABLE, type(error).__name__)
        return update_id, 0, payload, "failed", at, at, f"{UNREADABLE}: {type(error).__name__}"


def _lane(update: Update) -> int:
    """Return the person's chat, 0 for nobody's. Raises TypeError where the library took something else for a person."""
    user = update.effective_user
    if user is None:
        return 0
    if not isinstance(user.id, int) or abs(user.id) >= MAX_ID or not isinstance(user.language_code, str | None):
        raise TypeError("neither an id nor a language of a person")
    return user.id


def _receive(db: Database, rows: Sequence[tuple[Any, ...]], writing: Sequence[int]) -> int:
    sql = """insert into inbox (update_id, chat, payload, state, received_at, done_at, error)
             values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing returning update_id"""
    new = sum(len(list(db.query(sql, row))) for row in rows)
    unblocked = "update chats set blocked_at = null where blocked_at is not null and chat_id in"
    db.execute(f"{unblocked} (select value from json_each(?))", [json.dumps(writing)])
    return new


def _heads(db: Database, closed: Sequence[int], limit: int) -> list[Received]:
    rows = db.query(HEADS.format(table="inbox", key="update_id"), [json.dumps(closed), limit])
    return [Received(row["update_id"], row["chat"], row["payload"] or "") for row in rows]


def _waiting(db: Database, updates: Sequence[int]) -> list[Received]:
    sql = """select i.* from json_each(?) as asked join inbox i on i.update_id = asked.value
             where state = 'waiting' order by asked.key"""
    return [Received(r["update_id"], r["chat"], r["payload"] or "") for r in db.query(sql, [json.dumps(updates)])]


def _finish(db: Database, update_id: int, state: str, error: str, outgoing: Sequence[Outgoing]) -> None:
    # A row that was taken out meanwhile comes back without what it said: its id must stay known.
    sql = """insert into inbox (update_id, state, received_at, done_at, error, messages) values (?, ?, ?, ?, ?, ?)
             on conflict (update_id) do update set state = excluded.state, error = excluded.error,
             done_at = iif(excluded.state = 'waiting', null, excluded.done_at),
             payload = iif(excluded.state = 'done', null, payload), chat = iif(excluded.state = 'done', 0, chat),
             messages = messages + excluded.messages where state = 'waiting' returning messages"""
    at = now()
    for row in list(db.query(sql, [update_id, state, at, at, error, len(outgoing)])):
        first = row["messages"] - len(outgoing)
        db.conn.executemany(
            "insert into outbox (update_id, position, chat, method, params, created_at) values (?, ?, ?, ?, ?, ?)",
            [(update_id, first + i, o.chat, o.method, json.dumps(o.params), at) for i, o in enumerate(outgoing)],
        )


def _count_try(db: Database, update_id: int) -> int:
    sql = "update inbox set attempts = attempts + 1 where update_id = ? returning attempts"
    return next((row["attempts"] for row in list(db.query(sql, [update_id]))), 1)


def _prune(db: Database) -> None:
    oldest = iso(datetime.now(UTC) - timedelta(days=KEPT_DAYS))
    sql = """delete from inbox where state = 'done' and done_at < ? and update_id not in
             (select update_id from inbox where state = 'done' order by done_at desc limit ?)"""
    db.execute(sql, [oldest, KEPT_MOST_RECENT])
