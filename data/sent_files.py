"""Files of Q&A that teachers sent in chat: kept while they look at the report, until they import or discard them."""

from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from data import uploads
from data.errors import Refused
from data.records import now


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file for a course; `content` is empty and `change` set once it was imported."""

    id: int
    person: str
    course: str
    name: str
    content: bytes
    change: int | None


def keep(db: Database, person: str, course: str, name: str, content: bytes, *, ref: str | None) -> int:
    """Keep a file and return its number; the same event keeps one, and an earlier one of this person goes."""
    known = next((row["id"] for row in db.query("select id from sent_files where ref = ?", [ref])), None)
    if known is not None:
        return int(known)
    discard(db, person)
    sql = "insert into sent_files (person, course, name, content, sent_at, ref) values (?, ?, ?, ?, ?, ?) returning id"
    return int(next(iter(db.query(sql, [person, course, name, content, now(), ref])))["id"])


def find(db: Database, number: int, person: str) -> SentFile | None:
    """Return a file that this person sent, None if there is none."""
    sql = "select id, person, course, name, content, change from sent_files where id = ? and person = ?"
    return next((SentFile(**row) for row in db.query(sql, [number, person])), None)


def import_kept(db: Database, number: int, person: str) -> int | None:
    """Import a file that was kept, once; return the change's number, None if nothing in it was new.

    Raises Refused if it is no longer there, or cannot be imported any more.
    """
    found = find(db, number, person)
    if found is None:
        raise Refused(["the file is no longer there: send it again"])
    if not found.content:
        return found.change
    _, change = uploads.import_file(db, found.name, found.content, found.course, actor=person)
    db.execute("update sent_files set content = x'', change = ? where id = ?", [change, number])
    return change


def discard(db: Database, person: str) -> None:
    """Delete what this person sent and did not import."""
    db.execute("delete from sent_files where person = ? and content <> x''", [person])


def drop_older(db: Database, before: str) -> None:
    """Delete files that were sent before this time."""
    db.execute("delete from sent_files where sent_at < ?", [before])


def about(db: Database, person: str) -> list[dict[str, Any]]:
    """Return which files are kept of a person, for them to see."""
    sql = "select course, name, length(content) as bytes, sent_at from sent_files where person = ? order by id"
    return list(db.query(sql, [person]))
