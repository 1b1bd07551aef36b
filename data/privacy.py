"""What the store knows of a person, as it is shown to them, and which model versions learned from their words."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from data import dialogues, notices, practice, recommended, sent_files, submissions, topics, wishes
from data.words import normalise

_REACTIONS = """select e.course, e.id as entry, f.vote, f.position, f.role, f.given_at from feedback f
                join questions q on q.id = f.question left join entries e on e.key = f.entry"""
_SHOWN = """select e.course, e.id as entry, s.position, s.score, s.probability
            from shown s join entries e on e.key = s.entry where s.question = ? order by s.position"""

_TO_SEND = "select created_at, state, method, params from outbox where chat = ? order by id"


def about(db: Database, person: str) -> dict[str, Any]:
    """Return everything that is kept about a person, as it goes into a file for them; empty for an unknown person."""
    sql = """select id, course, lang, language, first_seen_at, chat_id as chat, blocked_at as blocked_the_bot_at
             from people left join chats on chats.person = people.id where id = ?"""
    known = list(db.query(sql, [person]))
    if not known:
        return {}
    account = account_of(db, person)
    questions = list(db.query("select * from questions where person = ? order by id", [person]))
    of_others = f"{_REACTIONS} where f.person = ? and q.person is not f.person order by f.id"
    return {
        "person": known[0],
        "questions": [_question(db, row) for row in questions],
        "reactions_to_questions_of_others": _rows(db, of_others, person),
        "teacher_of": _rows(db, "select course, name, since from teachers where person = ?", person),
        "changes": _rows(db, "select at, action, course, detail from changes where actor = ? order by id", person),
        "messages_received": [row | {"payload": _parsed(row["payload"])} for row in received(db, account)],
        "messages_to_send": [row | {"params": _parsed(row["params"])} for row in _rows(db, _TO_SEND, account)],
        "notices_to_send": notices.about(db, person),
        "dialogue": dialogues.about(db, person),
        "put_off": _rows(db, "select question, until from postponed where person = ? order by question", person),
        "files_sent": sent_files.about(db, person),
        "wishes_as_a_teacher": wishes.about(db, person),
        "topics_as_a_teacher": topics.about(db, person),
        "practice": practice.about(db, person),
        "texts": submissions.about(db, person),
        "recommended": recommended.about(db, person),
        "model_versions_that_learned": list(versions_of(db, person)),
    }


def account_of(db: Database, person: str) -> int | None:
    """Return the number of a person's private chat, on Telegram their own number; None if there is none."""
    return next((row["chat_id"] for row in db.query("select chat_id from chats where person = ?", [person])), None)


def received(db: Database, account: int | None) -> list[dict[str, Any]]:
    """Return the inbox's rows that still hold what came from this account."""
    if account is None:
        return []
    # What was set aside unread stands in no lane, but somewhere in it is the account's number.
    theirs = re.compile(rf'"(?:id|user_id|chat_id)":\s*{account}(?!\d)')
    sql = "select update_id, state, received_at, chat, payload from inbox where payload is not null order by update_id"
    found = (row for row in db.query(sql) if row["chat"] == account or theirs.search(row["payload"]))
    return [{name: value for name, value in row.items() if name != "chat"} for row in found]


def learners(db: Database) -> frozenset[str]:
    """Return whose words a round learns from now: they asked a wording to which there is a reaction, by whomever."""
    reacted = "select distinct text from questions where id in (select question from feedback)"
    judged = {normalise(row["text"]) for row in db.query(reacted)}
    asked = db.query("select distinct text, person from questions where person is not null")
    return frozenset(row["person"] for row in asked if normalise(row["text"]) in judged)


def note_learned(db: Database, version: str, persons: Iterable[str]) -> None:
    """Keep of whom a version learned; of those who were forgotten meanwhile only that there was somebody."""
    db.conn.executemany(
        "insert into learned_from (version, person) values (?, (select id from people where id = ?))",
        [(version, person) for person in sorted(persons)],
    )


def versions_of(db: Database, person: str) -> tuple[str, ...]:
    """Return the versions that learned from a person's words, oldest first."""
    rows = db.query("select version from learned_from where person = ? order by id", [person])
    return tuple(row["version"] for row in rows)


def outdated(db: Database, models: Path) -> list[str]:
    """Name each version in the models folder that learned from people who asked to be forgotten since."""
    sql = "select version, count(*) as n from learned_from where person is null group by version order by version"
    advice = "fit a new one, publish it and delete the folder"
    return [
        f"version {row['version']} learned from {row['n']} who asked to be forgotten since: {advice}"
        for row in db.query(sql)
        if (models / (row["version"] if "/" in row["version"] else f"answers/{row['version']}")).is_dir()
    ]


def _question(db: Database, row: dict[str, Any]) -> dict[str, Any]:
    number = row["id"]
    escalated = _rows(db, "select created_at, closed_at from escalations where question = ?", number)
    names = ("text", "context", "course", "chat", "lang", "asked_at", "decision", "confidence", "model")
    return {
        **{name: row[name] for name in names},
        "shown": _rows(db, _SHOWN, number),
        "reactions": _rows(db, f"{_REACTIONS} where f.question = ? order by f.id", number),
        "passed_to_a_teacher": escalated[0] if escalated else None,
    }


def _rows(db: Database, sql: str, value: str | int | None) -> list[dict[str, Any]]:
    return list(db.query(sql, [value]))


def _parsed(payload: str | None) -> Any:  # noqa: ANN401  # any JSON, or what is none
    try:
        return json.loads(payload or "null")
    except ValueError:
        return payload
