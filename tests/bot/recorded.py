"""What the store says of updates, questions and messages while a bot works, and a store that lacks something."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot_api import BotApi
from small_course import rows

from data.store import Store

QUESTIONS = "select text, ref from questions order by id"
WAITING = "select * from outbox where state = 'waiting' order by id"
STATES = "select update_id, state from inbox order by update_id"


def done(store: Store, *update_ids: int) -> bool:
    return {row["update_id"] for row in rows(store, STATES) if row["state"] == "done"} >= set(update_ids)


async def settled(api: BotApi, store: Store, *update_ids: int) -> None:
    """Wait until the updates are done; the bot polls meanwhile, and each poll is a chance to look."""
    await api.wait_until(lambda: done(store, *update_ids))


@asynccontextmanager
async def hidden(store: Store, *tables: str) -> AsyncIterator[None]:
    """A store that lacks tables for a while: the rest of it works, and what needs them fails."""
    for table in tables:
        store.write(lambda db, t=table: db.execute(f"alter table {t} rename to hidden_{t}"))
    try:
        yield
    finally:
        for table in tables:
            store.write(lambda db, t=table: db.execute(f"alter table hidden_{t} rename to {t}"))
