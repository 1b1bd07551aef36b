"""What teachers want to be told: new questions for a teacher, unless muted, and a weekly digest, if asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from data import roles


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a teacher said of messages that come unasked."""

    muted: bool = False
    digest: bool = False


def wishes(db: Database, person: str) -> Wishes:
    """Return a person's wishes; who said nothing is told of new questions and gets no digest."""
    rows = list(db.query("select muted, digest from wishes where person = ?", [person]))
    return Wishes(bool(rows[0]["muted"]), bool(rows[0]["digest"])) if rows else Wishes()


def mute(db: Database, person: str, muted: bool) -> None:
    """Tell a person of new questions no longer, or again."""
    sql = "insert into wishes (person, muted) values (?, ?) on conflict do update set muted = excluded.muted"
    db.execute(sql, [person, muted])


def want_digest(db: Database, person: str, digest: bool) -> None:
    """Send a person the weekly digest from now on, or no longer."""
    sql = "insert into wishes (person, digest) values (?, ?) on conflict do update set digest = excluded.digest"
    db.execute(sql, [person, digest])


def to_be_told(db: Database, course: str) -> list[str]:
    """Return the teachers of a course who did not mute it."""
    return [t.person for t in roles.teachers(db) if t.course == course and not wishes(db, t.person).muted]


def digest_readers(db: Database, admins: Iterable[str] = ()) -> dict[str, frozenset[str] | None]:
    """Return who wants the digest and of which courses, None for all: teachers of theirs, these admins of all."""
    wanting = [row["person"] for row in db.query("select person from wishes where digest = 1 order by person")]
    all_of = frozenset(admins)
    courses = {person: None if person in all_of else roles.teaches(db, person) for person in wanting}
    return {person: own for person, own in courses.items() if own is None or own}


def about(db: Database, person: str) -> dict[str, Any] | None:
    """Return the wishes that are kept, for the person to see; None if none are."""
    rows = list(db.query("select muted, digest from wishes where person = ?", [person]))
    return {name: bool(value) for name, value in rows[0].items()} if rows else None
