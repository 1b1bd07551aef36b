"""Versions of resources: what each change found and what it left, so that it can be undone."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace

from sqlite_utils import Database

from data import audit, resources
from data.entries import touch
from data.errors import Refused
from data.resources import Resource

_NAMED = 5  # resources named in a refusal


def alter(db: Database, change: int, *, put: Iterable[Resource] = (), retired: Iterable[Resource] = ()) -> None:
    """Put and retire resources in the name of a change of the log; keep what stood before and what stands now."""
    before = _standing(db)
    for resource in put:
        key = resources.put(db, resource)
        _keep(db, change, key, before.get(key), replace(resource, key=0))
    for resource in retired:
        resources.retire(db, [resource.key])
        _keep(db, change, resource.key, before.get(resource.key), None)
    touch(db)


def altered(db: Database, change: int) -> bool:
    """Say whether a change altered resources."""
    return any(True for _ in db.query("select 1 from resource_versions where change = ?", [change]))


def undo(db: Database, change: int) -> int:
    """Bring back what every resource was before a change; return how many. That is a change too, and can be undone.

    Raises Refused if it is undone already, or a later change altered one of its resources again.
    """
    rows = list(db.query("select * from resource_versions where change = ? order by resource", [change]))
    done = {row["resource"]: (_read(row["before"]), _read(row["after"])) for row in rows}
    standing = _standing(db)
    if all(standing.get(key) == before for key, (before, _) in done.items()):
        raise Refused([f"change {change}: is undone already; its resources stand as they did before it"])
    touched = [before or after for key, (before, after) in done.items() if standing.get(key) != after]
    if touched:
        names = ", ".join(f"{one.course}/{one.id}" for one in touched[:_NAMED] if one is not None)
        raise Refused(
            [f"change {change}: altered again since: {names}; undo that first, or import them as they should be"]
        )
    courses = {one.course for pair in done.values() for one in pair if one is not None}
    only = next(iter(courses)) if len(courses) == 1 else None
    number = audit.record(db, "undo", course=only, detail=f"of change {change}", undoes=change)
    gone = [replace(after, key=key) for key, (before, after) in done.items() if before is None and after is not None]
    alter(db, number, put=[before for before, _ in done.values() if before is not None], retired=gone)
    return len(done)


def _standing(db: Database) -> dict[int, Resource]:
    """Return the resources in service by their number, with every link they have."""
    return {one.key: replace(one, key=0) for one in resources.resources(db, live=False)}


def _keep(db: Database, change: int, key: int, before: Resource | None, after: Resource | None) -> None:
    sql = "insert into resource_versions (change, resource, before, after) values (?, ?, ?, ?)"
    db.execute(sql, [change, key, _written(before), _written(after)])


def _written(resource: Resource | None) -> str | None:
    return None if resource is None else json.dumps(asdict(resource), ensure_ascii=False)


def _read(text: str | None) -> Resource | None:
    if text is None:
        return None
    cells = json.loads(text)
    return Resource(**{**cells, "entries": tuple(cells["entries"])})
