"""Versions of resources and assignments: what each change found and what it left, so that it can be undone."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Generic, Literal, TypeVar

from sqlite_utils import Database

from data import assignments, audit, resources
from data.assignments import Assignment
from data.entries import touch
from data.errors import Refused
from data.resources import Resource

_NAMED = 5  # of them in a refusal

T = TypeVar("T", Resource, Assignment)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """How one kind is kept: what is in service, how it is written and retired, and how it is read from its cells.

    `hinders` gives reasons why one cannot stand as it did.
    """

    name: Literal["resource", "assignment"]  # of the column, and of the table that ends in `_versions`
    standing: Callable[[Database], Iterable[T]]
    put: Callable[[Database, T], int]
    retire: Callable[[Database, Iterable[int]], None]
    read: Callable[[dict[str, Any]], T]
    hinders: Callable[[Database, T], list[str]]

    def alter(self, db: Database, change: int, *, put: Iterable[T] = (), retired: Iterable[T] = ()) -> None:
        """Put and retire some in the name of a change of the log; keep what stood before and what stands now."""
        before = self._standing(db)
        for one in put:
            key = self.put(db, one)
            self._keep(db, change, key, before.get(key), replace(one, key=0))
        for one in retired:
            self.retire(db, [one.key])
            self._keep(db, change, one.key, before.get(one.key), None)
        touch(db)

    def altered(self, db: Database, change: int) -> bool:
        """Say whether a change altered any."""
        return any(True for _ in db.query(f"select 1 from {self.name}_versions where change = ?", [change]))

    def undo(self, db: Database, change: int) -> int:
        """Bring back what each was before a change; return how many. That is a change too, and can be undone.

        Raises Refused if it is undone already, a later change altered one again, or one cannot stand as it did.
        """
        rows = list(db.query(f"select * from {self.name}_versions where change = ? order by {self.name}", [change]))
        done = {row[self.name]: (self._read(row["before"]), self._read(row["after"])) for row in rows}
        standing = self._standing(db)
        if all(standing.get(key) == before for key, (before, _) in done.items()):
            raise Refused([f"change {change}: is undone already; its {self.name}s stand as they did before it"])
        touched = [before or after for key, (before, after) in done.items() if standing.get(key) != after]
        if touched:
            names = ", ".join(f"{one.course}/{one.id}" for one in touched[:_NAMED] if one is not None)
            raise Refused(
                [f"change {change}: altered again since: {names}; undo that first, or import them as they should be"]
            )
        back = [before for before, _ in done.values() if before is not None]
        hindered = [f"change {change}: {one.course}/{one.id}: {why}" for one in back for why in self.hinders(db, one)]
        if hindered:
            raise Refused(hindered)
        courses = {one.course for pair in done.values() for one in pair if one is not None}
        only = next(iter(courses)) if len(courses) == 1 else None
        number = audit.record(db, "undo", course=only, detail=f"of change {change}", undoes=change)
        gone = [
            replace(after, key=key) for key, (before, after) in done.items() if before is None and after is not None
        ]
        self.alter(db, number, put=back, retired=gone)
        return len(done)

    def _standing(self, db: Database) -> dict[int, T]:
        """Return those in service by their number."""
        return {one.key: replace(one, key=0) for one in self.standing(db)}

    def _keep(self, db: Database, change: int, key: int, before: T | None, after: T | None) -> None:
        sql = f"insert into {self.name}_versions (change, {self.name}, before, after) values (?, ?, ?, ?)"
        db.execute(sql, [change, key, _written(before), _written(after)])

    def _read(self, text: str | None) -> T | None:
        return None if text is None else self.read(json.loads(text))


RESOURCES = Kind(
    "resource",
    lambda db: resources.resources(db, live=False),  # with every link they have
    resources.put,
    resources.retire,
    lambda cells: Resource(**{**cells, "entries": tuple(cells["entries"])}),
    lambda *_: [],
)
ASSIGNMENTS = Kind(
    "assignment",
    assignments.assignments,
    assignments.put,
    assignments.retire,
    lambda cells: Assignment(**cells),
    assignments.off_scale,
)


def _written(one: Resource | Assignment | None) -> str | None:
    return None if one is None else json.dumps(asdict(one), ensure_ascii=False)
