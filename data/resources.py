"""Learning resources that teachers chose: where each lies, what it is, and which entries it helps with."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from data.records import now

KINDS = ("reading", "video", "exercise", "notebook")
LEVELS = ("beginner", "intermediate", "advanced")
COLUMNS = ("course", "id", "title", "url", "kind", "level", "minutes", "lang", "summary")


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing to read, watch or do. `(course, id)` is its key for people, `key` its number in the store.

    `minutes`: how long it takes, 0 if nobody said; `entries`: the ids of the course's entries that it helps with.
    """

    course: str
    id: str
    title: str
    url: str
    kind: str = ""
    level: str = ""
    minutes: int = 0
    lang: str = ""
    summary: str = ""
    entries: tuple[str, ...] = ()
    key: int = 0


def resources(db: Database, course: str | None = None, *, live: bool = True) -> list[Resource]:
    """Return the resources of a course, or of all, by course and key.

    `live` leaves out of their entries those that are not in service.
    """
    linked = _linked(db, live=live)
    sql = "select * from resources where retired_at is null and (? is null or course = ?) order by course, key"
    return [_resource(row, linked) for row in db.query(sql, [course, course])]


def resource_of(db: Database, key: int) -> Resource | None:
    """Return the resource with this key, None if it is retired or there is none."""
    rows = db.query("select * from resources where key = ? and retired_at is null", [key])
    return next((_resource(row, _linked(db, key)) for row in rows), None)


def has_resources(db: Database, entry: int) -> bool:
    """Say whether a resource helps with an entry."""
    sql = """select 1 from resource_entries l join resources r on r.key = l.resource
             where l.entry = ? and r.retired_at is null"""
    return any(True for _ in db.query(sql, [entry]))


def put(db: Database, resource: Resource) -> int:
    """Insert the resource, or overwrite the one with its `(course, id)`; return its key. A retired one comes back.

    Entries that the course does not have are left out.
    """
    at = now()
    sql = f"""insert into resources ({", ".join(COLUMNS)}, created_at, updated_at)
              values ({", ".join("?" * (len(COLUMNS) + 2))})
              on conflict (course, id) do update set {", ".join(f"{c} = excluded.{c}" for c in COLUMNS[2:])},
              updated_at = excluded.updated_at, retired_at = null returning key"""
    values = [getattr(resource, column) for column in COLUMNS]
    key: int = next(iter(db.query(sql, [*values, at, at])))["key"]
    db.execute("delete from resource_entries where resource = ?", [key])
    db.conn.executemany(
        """insert into resource_entries (resource, entry, position)
           select ?, key, ? from entries where course = ? and id = ?""",
        [(key, i, resource.course, entry) for i, entry in enumerate(resource.entries)],
    )
    return key


def retire(db: Database, keys: Iterable[int]) -> None:
    """Recommend these no more; they stay in the store, for what was said of them."""
    at = now()
    db.conn.executemany("update resources set retired_at = ? where key = ?", [(at, key) for key in keys])


def _linked(db: Database, key: int | None = None, *, live: bool = True) -> dict[int, list[str]]:
    sql = """select l.resource, e.id from resource_entries l join entries e on e.key = l.entry
             where (e.retired_at is null or not ?) and (? is null or l.resource = ?) order by l.resource, l.position"""
    grouped: dict[int, list[str]] = defaultdict(list)
    for row in db.query(sql, [live, key, key]):
        grouped[row["resource"]].append(row["id"])
    return grouped


def _resource(row: dict[str, Any], linked: dict[int, list[str]]) -> Resource:
    cells = {column: row[column] for column in COLUMNS}
    return Resource(**cells, key=row["key"], entries=tuple(linked.get(row["key"], ())))
