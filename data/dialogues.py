"""Where a person stands in a conversation of several messages, such as a quiz: on disk, so a restart loses nothing.

An event that is handled again after a crash finds what stood there before it was handled the first time.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlite_utils import Database

from data.records import iso, now

OPEN_FOR_H = 24  # after so many hours without a word it is over


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What a skill is waiting for from a person; `state` is JSON that only the skill understands."""

    skill: str
    state: dict[str, Any]


def current(db: Database, person: str, ref: str | None = None) -> Dialogue | None:
    """Return the open dialogue as it was before the event `ref` was handled; None if there is none."""
    oldest = iso(datetime.now(UTC) - timedelta(hours=OPEN_FOR_H))
    rows = list(db.query("select * from dialogues where person = ? and updated_at >= ?", [person, oldest]))
    if not rows:
        return None
    prefix = "before_" if ref is not None and rows[0]["ref"] == ref else ""
    skill, state = rows[0][f"{prefix}skill"], rows[0][f"{prefix}state"]
    return Dialogue(skill, json.loads(state)) if skill else None


def put(db: Database, person: str, dialogue: Dialogue | None, ref: str | None = None) -> None:
    """Set what is waited for after the event `ref`; None: nothing any more."""
    before = current(db, person, ref)
    row = [dialogue.skill, _text(dialogue.state)] if dialogue else [None, "{}"]
    row += [before.skill, _text(before.state)] if before else [None, "{}"]
    db.execute("insert or replace into dialogues values (?, ?, ?, ?, ?, ?, ?)", [person, *row, ref, now()])


def about(db: Database, person: str) -> dict[str, Any] | None:
    """Return what is kept of a person's dialogue, for them to see; None if nothing is."""
    rows = list(db.query("select * from dialogues where person = ?", [person]))
    states = ("state", "before_state")
    return {name: json.loads(v) if name in states else v for name, v in rows[0].items()} if rows else None


def drop_older(db: Database, before: str) -> None:
    """Delete dialogues nobody went on with since this time."""
    db.execute("delete from dialogues where updated_at < ?", [before])


def _text(state: dict[str, Any]) -> str:
    return json.dumps(state, ensure_ascii=False)
