"""Settings in the store: a value by key, of one course, or (None) of the store and of every course without its own."""

from collections.abc import Mapping
from typing import TypeVar

from sqlite_utils import Database

T = TypeVar("T")


def get(db: Database, key: str) -> str | None:
    """Return the store's value, None if it was not set."""
    return by_course(db, key).get(None)


def by_course(db: Database, key: str) -> dict[str | None, str]:
    """Return the values that were set, by course; None: the store's."""
    rows = db.query("select scope, value from settings where key = ?", [key])
    return {row["scope"] or None: row["value"] for row in rows}


def put(db: Database, key: str, value: str, course: str | None = None) -> bool:
    """Set a value; return whether that changed it."""
    sql = """insert into settings (scope, key, value) values (?, ?, ?) on conflict (scope, key) do update
             set value = excluded.value where value <> excluded.value returning scope"""
    return bool(list(db.query(sql, [course or "", key, value])))


def remove(db: Database, key: str, course: str | None = None) -> bool:
    """Forget a value; return whether there was one."""
    sql = "delete from settings where scope = ? and key = ? returning scope"
    return bool(list(db.query(sql, [course or "", key])))


def in_force(values: Mapping[str | None, T], course: str | None, default: T) -> T:
    """Return what holds in a course: its own value, else that of every course, else the default."""
    return values.get(course, values.get(None, default))
