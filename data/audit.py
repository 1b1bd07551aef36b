"""The audit log: who changed what and when, written in the transaction of the change itself."""

import getpass
import os
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from data.records import now

Teaching = Literal["answer", "same", "outside", "teach", "edit", "mark"]
Upkeep = Literal[
    "import", "confirm", "undo", "protect", "unprotect", "invite", "join", "dismiss", "published", "rolled back"
]
Action = Upkeep | Teaching


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log. `entries` is how many entries it altered; those can be brought back, see versions."""

    id: int
    at: str
    actor: str
    action: Action
    course: str | None
    detail: str
    undoes: int | None
    entries: int


def this_user() -> str:
    """Return who runs this program, as the log names an actor at the command line."""
    try:
        return f"system:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user without a name
        return f"system:{os.getuid()}"


def record(
    db: Database,
    action: Action,
    *,
    actor: str | None = None,
    course: str | None = None,
    detail: str = "",
    undoes: int | None = None,
    model_version: int | None = None,
    ref: str | None = None,
) -> int:
    """Write a line and return its number. `actor` is a pseudonym, None for whoever runs this program.

    `ref` names the event it came from: the second time its line comes back and nothing is written.
    """
    known = next((row["id"] for row in db.query("select id from changes where ref = ?", [ref])), None)
    if known is not None:
        return int(known)
    sql = """insert into changes (at, actor, action, course, detail, undoes, model_version, ref)
             values (?, ?, ?, ?, ?, ?, ?, ?) returning id"""
    values = [now(), actor or this_user(), action, course, detail, undoes, model_version, ref]
    number: int = next(iter(db.query(sql, values)))["id"]
    return number


def changes(db: Database) -> list[Change]:
    """Return the whole log, oldest first."""
    sql = """select c.id, c.at, c.actor, c.action, c.course, c.detail, c.undoes, count(v.entry) as entries
             from changes c left join entry_versions v on v.change = c.id group by c.id order by c.id"""
    return [Change(**row) for row in db.query(sql)]
