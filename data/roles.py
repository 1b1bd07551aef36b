"""Teachers of a course, and the invitations by which they become one. Admins stand in the environment, not here.

An invitation is a random code of 128 bits, good once and for a week; the store holds only its SHA-256.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlite_utils import Database

from data import audit
from data.entries import find_course
from data.errors import TutorError
from data.records import iso, now

CODE_BYTES = 16
CODE = re.compile(r"[A-Za-z0-9_-]{22}")  # how so many bytes are written in base64
VALID_DAYS = 7
MAX_NAME_CHARS = 60


@dataclass(frozen=True, slots=True)
class Teacher:
    """A person who teaches a course; `name` is what the invitation called them."""

    id: int
    person: str
    course: str
    name: str
    since: str


def invite(db: Database, course: str, name: str, *, actor: str, ref: str | None = None) -> str:
    """Return the code of a new invitation to teach a course; it is not kept and cannot be shown again.

    The same event `ref` invites once: its second code takes the place of the first.
    Raises TutorError if there is no such course, or the name is too long or not printable.
    """
    find_course(db, course)
    if len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise TutorError(f"a name has up to {MAX_NAME_CHARS} printable characters, not {name[:MAX_NAME_CHARS]!r}")
    code = secrets.token_urlsafe(CODE_BYTES)
    expires_at = iso(datetime.now(UTC) + timedelta(days=VALID_DAYS))
    change = audit.record(db, "invite", actor=actor, course=course, ref=ref)
    db.execute(
        """insert into invitations (digest, course, name, expires_at, change) values (?, ?, ?, ?, ?)
           on conflict (change) do update set digest = excluded.digest where used_at is null""",
        [_digest(code), course, name, expires_at, change],
    )
    return code


def accept(db: Database, code: str, person: str) -> str | None:
    """Make the person a teacher; return the course, None if the code is unknown, expired or used by somebody else."""
    found = _invitation(db, code)
    if found is None:
        return None
    course: str = found["course"]
    if found["used_at"] is not None:  # the same person again, as after a crash
        return course if found["used_by"] == person and course in teaches(db, person) else None
    if found["expires_at"] < now():
        return None
    db.execute("update invitations set used_at = ?, used_by = ? where id = ?", [now(), person, found["id"]])
    sql = """insert into teachers (person, course, name, since) values (?, ?, ?, ?)
             on conflict (person, course) do update set name = excluded.name returning id"""
    number = next(iter(db.query(sql, [person, course, found["name"], now()])))["id"]
    audit.record(db, "join", actor=person, course=course, detail=f"teacher {number}")
    return course


def dismiss(db: Database, teacher: int, *, actor: str) -> Teacher | None:
    """Take a teacher's role away; return who it was, None if it was taken already."""
    gone = next((t for t in teachers(db) if t.id == teacher), None)
    if gone is not None:
        db.execute("delete from teachers where id = ?", [teacher])
        audit.record(db, "dismiss", actor=actor, course=gone.course, detail=f"teacher {teacher}")
    return gone


def teachers(db: Database) -> list[Teacher]:
    """Return every teacher, by course and in the order they came."""
    return [
        Teacher(**row) for row in db.query("select id, person, course, name, since from teachers order by course, id")
    ]


def teaches(db: Database, person: str) -> frozenset[str]:
    """Return the courses that a person teaches."""
    return frozenset(row["course"] for row in db.query("select course from teachers where person = ?", [person]))


def _invitation(db: Database, code: str) -> dict[str, Any] | None:
    """Find an invitation, comparing with every one in constant time, so that how long it takes tells nothing."""
    digest, found = _digest(code), None
    for row in db.query("select * from invitations"):
        if hmac.compare_digest(row["digest"], digest):
            found = row
    return found


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
