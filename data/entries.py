"""Courses and entries in the store: what the bot may say."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from data.errors import TutorError
from data.records import Entry, now

COLUMNS = ("course", "id", "question", "answer", "section", "source_url", "tags", "lang", "expires_on")


@dataclass(frozen=True, slots=True)
class Course:
    """A course and how many live entries it has."""

    id: str
    title: str
    entries: int


def today() -> str:
    """Return the date in UTC as ISO 8601."""
    return datetime.now(UTC).date().isoformat()


def courses(db: Database) -> list[Course]:
    """Return every course, by id, with its number of live entries."""
    sql = """select c.id, c.title, count(e.key) as entries from courses c left join entries e
             on e.course = c.id and e.retired_at is null and (e.expires_on = '' or e.expires_on >= ?)
             group by c.id order by c.id"""
    return [Course(**row) for row in db.query(sql, [today()])]


def find_course(db: Database, name: str) -> Course:
    """Return the course with this id. Raises TutorError, naming the courses there are, if there is none."""
    known = courses(db)
    for course in known:
        if course.id == name:
            return course
    raise TutorError(f"no course {name!r}; there are: {', '.join(c.id for c in known) or 'none yet'}")


def add_course(db: Database, course: str, title: str = "") -> None:
    """Create the course if it is not there; a title given later than the course mends it."""
    db.execute(
        "insert into courses (id, title, created_at) values (?, ?, ?) on conflict do nothing",
        [course, title or course, now()],
    )
    if title:
        db.execute("update courses set title = ? where id = ? and title = id", [title, course])


def entries(db: Database, course: str | None = None, *, live: bool = True) -> list[Entry]:
    """Return the entries of a course, or of all, by course and key.

    `live` leaves out those past their expiry date; retired ones are never returned.
    """
    where, args = ["retired_at is null"], [*([course] if course else []), *([today()] if live else [])]
    if course:
        where.append("course = ?")
    if live:
        where.append("(expires_on = '' or expires_on >= ?)")
    rows = db.query(f"select * from entries where {' and '.join(where)} order by course, key", args)
    alternates, confirmed = _alternates(db), _confirmed(db)
    return [_entry(row, alternates, confirmed) for row in rows]


def entry_of(db: Database, key: int) -> Entry | None:
    """Return the entry with this key, expired or not; None if it is retired or there is none."""
    for row in db.query("select * from entries where key = ? and retired_at is null", [key]):
        return _entry(row, _alternates(db, key), _confirmed(db, key))
    return None


def retired(db: Database) -> list[Entry]:
    """Return the entries that were taken out: one whose id is put again comes back with its confirmed wordings."""
    rows = db.query("select * from entries where retired_at is not null order by course, key")
    alternates, confirmed = _alternates(db), _confirmed(db)
    return [_entry(row, alternates, confirmed) for row in rows]


def put(db: Database, entry: Entry) -> int:
    """Insert the entry, or overwrite the one with its `(course, id)`; return its key. A retired one comes back."""
    values = [getattr(entry, column) for column in COLUMNS]
    at = now()
    sql = f"""insert into entries ({", ".join(COLUMNS)}, created_at, updated_at)
              values ({", ".join("?" * (len(COLUMNS) + 2))})
              on conflict (course, id) do update set {", ".join(f"{c} = excluded.{c}" for c in COLUMNS[2:])},
              updated_at = excluded.updated_at, retired_at = null returning key"""
    key: int = next(iter(db.query(sql, [*values, at, at])))["key"]
    db.execute("delete from alternates where entry = ?", [key])
    db.conn.executemany(
        "insert into alternates (entry, position, text) values (?, ?, ?)",
        [(key, i, text) for i, text in enumerate(entry.alternates)],
    )
    return key


def retire(db: Database, keys: Iterable[int]) -> None:
    """Take entries out of every answer; they stay in the store, for the questions that they answered."""
    at = now()
    db.conn.executemany("update entries set retired_at = ? where key = ?", [(at, key) for key in keys])


def touch(db: Database) -> None:
    """Say that what can be answered has changed; running readers notice."""
    db.execute("update settings set value = value + 1 where scope = '' and key = 'revision'")


def topic(entry: Entry) -> str:
    """Return the topic of an entry, "" if it has none."""
    return entry.section.strip() or next(iter(entry.tags.split()), "")


def revision(db: Database) -> str:
    """Return a text that changes whenever what can be answered may have changed, by an edit or by a new day."""
    row = next(iter(db.query("select value from settings where scope = '' and key = 'revision'")))
    return f"{row['value']}@{today()}"


def _alternates(db: Database, key: int | None = None) -> dict[int, list[str]]:
    """Wordings by teachers, of one entry or of all."""
    grouped: dict[int, list[str]] = defaultdict(list)
    where, args = ("where entry = ?", [key]) if key is not None else ("", [])
    for row in db.query(f"select entry, text from alternates {where} order by entry, position", args):
        grouped[row["entry"]].append(row["text"])
    return grouped


def _confirmed(db: Database, key: int | None = None) -> dict[int, list[str]]:
    """Wordings that a teacher confirmed, whether in a file or in chat, of one entry or of all."""
    grouped: dict[int, list[str]] = defaultdict(list)
    where, args = ("f.entry = ?", [key]) if key is not None else ("f.entry is not null", [])
    sql = f"""select distinct f.entry, q.text from feedback f join questions q on q.id = f.question
              where f.vote = 'correction' and q.context = '' and {where} order by f.id"""
    for row in db.query(sql, args):
        grouped[row["entry"]].append(row["text"])
    return grouped


def _entry(row: dict[str, Any], alternates: dict[int, list[str]], confirmed: dict[int, list[str]]) -> Entry:
    key = row["key"]
    return Entry(
        **{column: row[column] for column in COLUMNS},
        key=key,
        alternates=tuple(alternates.get(key, ())),
        confirmed=tuple(confirmed.get(key, ())),
    )
