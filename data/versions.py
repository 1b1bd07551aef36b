"""Versions of entries: what each change found and what it left, so that it can be undone."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from data import audit
from data.entries import COLUMNS, put, retire, touch
from data.errors import Refused
from data.records import Entry

Content = dict[str, Any]  # an entry's columns and alternates, but not its key; None where a version is not in service
_CONTENT = (*COLUMNS[2:], "alternates")
_NAMED = 5  # entries named in a refusal


@dataclass(frozen=True, slots=True)
class Version:
    """What a change did to an entry; None: the entry was not, or is no longer, in service."""

    entry: int
    course: str
    id: str
    before: Content | None
    after: Content | None


def alter(db: Database, change: int, *, added: Iterable[Entry] = (), retired: Iterable[Entry] = ()) -> None:
    """Put and retire entries in the name of a change of the log, and keep what stood before and what stands now."""
    for entry in added:
        before = _current(db, entry.course, entry.id)
        _keep(db, change, put(db, entry), before, _content(entry))
    for entry in retired:
        before = _current(db, entry.course, entry.id)
        retire(db, [entry.key])
        _keep(db, change, entry.key, before, None)
    touch(db)


def versions(db: Database, change: int) -> list[Version]:
    """Return what a change did, by course and id."""
    sql = """select v.entry, e.course, e.id, v.before, v.after from entry_versions v join entries e on e.key = v.entry
             where v.change = ? order by e.course, e.id"""
    rows = db.query(sql, [change])
    return [Version(**{**row, "before": _read(row["before"]), "after": _read(row["after"])}) for row in rows]


def alterations(db: Database, courses: Collection[str] | None, most: int) -> list[audit.Change]:
    """Return the last changes that altered entries of these courses (None: of any) and of no other, newest first."""
    allowed = {row["id"] for row in db.query("select id from courses") if courses is None or row["id"] in courses}
    sql = "select distinct v.change, e.course from entry_versions v join entries e on e.key = v.entry"
    other = {row["change"] for row in db.query(sql) if row["course"] not in allowed}
    own = [change for change in audit.changes(db) if change.entries and change.id not in other]
    return own[: -most - 1 : -1]


def undo(
    db: Database,
    change: int,
    *,
    actor: str | None = None,
    courses: Collection[str] | None = None,
    ref: str | None = None,
) -> int:
    """Bring back what every entry was before a change; return how many. That is a change too, and can be undone.

    `courses` are those the actor may change, None for all. `ref` names the event, as in `audit.record`.
    Raises Refused if there is no such change, it altered no entry or one of another course, it is undone already,
    or a later change altered one of its entries again.
    """
    done = versions(db, change)
    if ref is not None and any(True for _ in db.query("select 1 from changes where ref = ?", [ref])):
        return len(done)
    if not done or (courses is not None and any(v.course not in courses for v in done)):
        raise Refused([f"change {change}: there is none that altered entries you may change"])
    _check_untouched(db, change, done)
    course = done[0].course if len({v.course for v in done}) == 1 else None
    number = audit.record(db, "undo", actor=actor, course=course, detail=f"of change {change}", undoes=change, ref=ref)
    back = [_entry(v, v.before) for v in done if v.before is not None]
    gone = [_entry(v, v.after) for v in done if v.before is None and v.after is not None]
    alter(db, number, added=back, retired=gone)
    return len(done)


def _check_untouched(db: Database, change: int, done: list[Version]) -> None:
    current = [_current(db, v.course, v.id) for v in done]
    if all(stands == v.before for stands, v in zip(current, done, strict=True)):
        raise Refused([f"change {change}: is undone already; its entries stand as they did before it"])
    altered = [v for stands, v in zip(current, done, strict=True) if stands != v.after]
    reasons = []
    for v in altered[:_NAMED]:
        sql = "select max(change) as last from entry_versions where entry = ? and change > ?"
        last = next(iter(db.query(sql, [v.entry, change])))["last"]
        advice = f"by change {last}: undo that first" if last else "since: import it as it should be"
        reasons.append(f"change {change}: {v.course}/{v.id} was altered again {advice}")
    if len(altered) > _NAMED:
        reasons.append(f"change {change}: and {len(altered) - _NAMED} more")
    if reasons:
        raise Refused(reasons)


def _keep(db: Database, change: int, entry: int, before: Content | None, after: Content | None) -> None:
    sql = "insert into entry_versions (change, entry, before, after) values (?, ?, ?, ?)"
    db.execute(sql, [change, entry, _written(before), _written(after)])


def _current(db: Database, course: str, id_: str) -> Content | None:
    sql = "select * from entries where course = ? and id = ? and retired_at is null"
    row = next(iter(db.query(sql, [course, id_])), None)
    if row is None:
        return None
    texts = db.query("select text from alternates where entry = ? order by position", [row["key"]])
    return {**{name: row[name] for name in COLUMNS[2:]}, "alternates": [text["text"] for text in texts]}


def _content(entry: Entry) -> Content:
    return {name: getattr(entry, name) for name in COLUMNS[2:]} | {"alternates": list(entry.alternates)}


def _entry(version: Version, content: Content) -> Entry:
    cells = {name: content[name] for name in _CONTENT} | {"alternates": tuple(content["alternates"])}
    return Entry(course=version.course, id=version.id, key=version.entry, **cells)


def _written(content: Content | None) -> str | None:
    return None if content is None else json.dumps(content, ensure_ascii=False)


def _read(text: str | None) -> Content | None:
    return None if text is None else json.loads(text)
