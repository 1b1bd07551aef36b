"""Takes notices (data.notices) from the store to the outbox of Telegram, each once."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence

from sqlite_utils import Database

from bot.outgoing import Outgoing, calls
from bot.replies import Action, Choice, File, Reply
from bot.service import Tutor
from data import notices
from data.errors import StoreError
from data.notices import Notice
from data.records import now

EVERY_S = 2.0

logger = logging.getLogger(__name__)


async def posting(tutor: Tutor, on_outgoing: Callable[[], None]) -> None:
    """Look for notices for as long as the bot runs, whoever wrote them."""
    while True:
        try:
            for notice in await tutor.read(notices.waiting):
                assert notice.chat is not None  # by the query
                made = calls(notice.chat, reply_of(notice), reply_to=notice.message)
                await tutor.write(_post, notice.id, made)
                on_outgoing()
        except StoreError as error:
            logger.error("notices are taken up again later: %s", error)
        await asyncio.sleep(EVERY_S)


def reply_of(notice: Notice) -> Reply:
    """Return what a notice says."""
    found = [[(label, Action.decode(button)) for label, button in row] for row in notice.choices]
    rows = tuple(tuple(Choice(label, action) for label, action in row if action is not None) for row in found)
    file = File(notice.file_name, notice.file) if notice.file is not None else None
    return Reply(notice.lead, notice.entry, rows=rows, file=file)


def _post(db: Database, notice: int, made: Sequence[Outgoing]) -> None:
    if notices.sent(db, notice):
        # A negative number is no update's.
        rows = [(-notice, i, o.chat, o.method, json.dumps(o.params), now()) for i, o in enumerate(made)]
        sql = "insert into outbox (update_id, position, chat, method, params, created_at) values (?, ?, ?, ?, ?, ?)"
        db.conn.executemany(sql, rows)
