"""What a course lists beside its entries, out of a file: rows compared with what the store has, and the plan of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, cast

from sqlite_utils import Database

from data import audit
from data.errors import Refused
from data.tables import Row, read_table

MAX_TITLE_CHARS = 200


class Listed(Protocol):
    """A resource or an assignment. `(course, id)` is its key for people, `key` its number in the store."""

    @property
    def course(self) -> str:
        """The id of its course."""

    @property
    def id(self) -> str:
        """Its id in the course."""

    @property
    def title(self) -> str:
        """What people call it."""


T = TypeVar("T", bound=Listed)


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """What an import would do; `left` rows of the file change nothing; `source` is the file's name."""

    added: tuple[T, ...]
    changed: tuple[T, ...]
    retired: tuple[T, ...]
    left: int
    source: str

    @property
    def counts(self) -> str:
        """How many of each, for a person."""
        return f"{len(self.added)} added, {len(self.changed)} changed, {len(self.retired)} retired, {self.left} left"

    @property
    def altered(self) -> tuple[T, ...]:
        """What is added, changed or retired."""
        return (*self.added, *self.changed, *self.retired)


def planned(
    path: Path,
    columns: tuple[Sequence[str], Sequence[str]],
    read: Callable[[Row], T],
    known: Iterable[T],
    *,
    what: str,
    replace_all: bool,
) -> Plan[T]:
    """Read a file, of which `read` returns what a row lists, and compare it with what the store has.

    `columns`: required, and optional ones. `what`: how people call one. `replace_all` also retires those of the file's
    courses that it does not name. Raises Refused with every row's line number and reason if any row cannot be taken.
    """
    table = read_table(path, required=columns[0], optional=columns[1])
    refused = list(table.refused)
    seen: dict[tuple[str, str], tuple[Row, T]] = {}
    for row in table.rows:
        try:
            found = read(row)
            earlier, _ = seen.setdefault((found.course, found.id), (row, found))
            if earlier is not row:
                raise ValueError(f"the {what} {found.id} stands already in line {earlier.line}")
        except ValueError as error:
            refused.append(f"line {row.line}: {error}")
    refuse(path, refused, seen)
    old = {(one.course, one.id): one for one in known}
    new = [one for _, one in seen.values()]
    added = [one for one in new if (one.course, one.id) not in old]
    changed = [
        one for one in new if (before := old.get((one.course, one.id))) and replace(cast(Any, before), key=0) != one
    ]
    named = {course for course, _ in seen}
    retired = [one for key, one in old.items() if replace_all and one.course in named and key not in seen]
    return Plan(tuple(added), tuple(changed), tuple(retired), len(new) - len(added) - len(changed), path.name)


def recorded(db: Database, plan: Plan[Any], what: str, actor: str | None = None) -> int:
    """Write the line of the log that a plan is carried out by, and return the number of the change."""
    names = {one.course for one in plan.altered}
    only = names.pop() if len(names) == 1 else None
    return audit.record(db, "import", actor=actor, course=only, detail=f"{plan.source}: {what}, {plan.counts}")


def refuse(path: Path, refused: list[str], taken: object) -> None:
    """Raise Refused with the reasons there are, or if nothing was taken from the file."""
    if refused:
        raise Refused([f"{path}: {reason}" for reason in refused])
    if not taken:
        raise Refused([f"{path}: has no rows"])


def course_in(row: Row, course: str | None) -> str:
    """Return the course of a row, `course` where its cell is empty. Raises ValueError if there is none."""
    name = row["course"] or course or ""
    if not name:
        raise ValueError("the course is empty; fill the cell, or name one for all rows with --course")
    return name
