"""What a person is told without having asked just now: an answer by a teacher, a reminder, a digest.

A notice is written in the transaction of what it tells, whoever does it (the bot, the terminal, a job). A running bot
takes it to the person's chat; one to somebody who is only known in the terminal waits for their next chat there.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from data.entries import entry_of
from data.records import Entry, now

Choices = Sequence[Sequence[tuple[str, str]]]  # rows of (label, button as bot.replies.Action encodes it)


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to a person: an entry below a lead, choices, a file; `question` is the one of theirs that it answers.

    `file_name` ending in .png is shown as a picture. `chat` is their private chat, None in the terminal; `message` is
    the one in it that asked the question.
    """

    id: int
    person: str
    lead: str
    entry: Entry | None
    question: int | None
    choices: Choices
    file_name: str
    file: bytes | None
    chat: int | None
    message: int | None


def put(
    db: Database,
    person: str,
    lead: str,
    *,
    key: str,
    question: int | None = None,
    entry: int | None = None,
    choices: Choices = (),
    file: tuple[str, bytes] | None = None,
) -> None:
    """Write a notice down; a second one with the same `key` is the same notice, also when it went long ago.

    Who is not known, or was forgotten, gets none.
    """
    name, content = file if file else ("", None)
    sql = """insert into notices (person, question, entry, lead, choices, file_name, file, key, created_at)
             select id, ?, ?, ?, ?, ?, ?, ?, ? from people where id = ? on conflict (key) do nothing"""
    rows = json.dumps(choices, ensure_ascii=False)
    db.execute(sql, [question, entry, lead, rows, name, content, key, now(), person])


def waiting(db: Database, *, person: str | None = None, limit: int = 100) -> list[Notice]:
    """Return what waits for a person, or (None) for whoever has a chat that takes it; the oldest first."""
    where, args = ("n.person = ?", [person]) if person else ("c.chat_id is not null and c.blocked_at is null", [])
    sql = f"""select n.*, c.chat_id, iif(q.chat is null, q.message, null) as message
              from notices n left join chats c on c.person = n.person
              left join questions q on q.id = n.question where n.sent_at is null and {where} order by n.id limit ?"""
    return [_notice(db, row) for row in list(db.query(sql, [*args, limit]))]


def is_known(db: Database, key: str) -> bool:
    """Say whether there was a notice with this key."""
    return any(True for _ in db.query("select 1 from notices where key = ?", [key]))


def sent(db: Database, notice: int) -> bool:
    """Mark a notice as gone out and forget what it said; False if it had gone before."""
    sql = """update notices set sent_at = ?, lead = '', choices = '[]', file = null
             where id = ? and sent_at is null returning id"""
    return bool(list(db.query(sql, [now(), notice])))


def drop_older(db: Database, before: str) -> None:
    """Delete notices from before this time, gone out or not."""
    db.execute("delete from notices where created_at < ?", [before])


def about(db: Database, person: str) -> list[dict[str, Any]]:
    """Return the notices that wait for a person, for them to see."""
    sql = "select created_at, lead, file_name from notices where person = ? and sent_at is null order by id"
    return list(db.query(sql, [person]))


def _notice(db: Database, row: dict[str, Any]) -> Notice:
    entry = entry_of(db, row["entry"]) if row["entry"] is not None else None
    return Notice(
        **{name: row[name] for name in ("id", "person", "lead", "question", "file_name", "file", "message")},
        entry=entry,
        choices=json.loads(row["choices"]),
        chat=row["chat_id"],
    )
