"""Assignments in and out of files."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from data import assignments as store
from data.assignments import COLUMNS, Assignment
from data.checks import MAX_ID_CHARS
from data.importing import COURSE_ID, entry_id
from data.listed import MAX_TITLE_CHARS, Plan, course_in, planned, recorded
from data.listed_versions import ASSIGNMENTS
from data.tables import Row

REQUIRED = ("title", "prompt", "max_score")
OPTIONAL = ("course", "id", "reference", "scorer", "prompt_id", "min_score", "score_step", "closes_on")
MAX_SCORE = 1000.0
SCORER = re.compile(r"[A-Za-z0-9_-]{1,40}")  # a name as `fit scores --name` takes it


def plan(db: Database, path: Path, *, course: str | None = None, replace_all: bool = False) -> Plan[Assignment]:
    """Read a file of assignments and compare it with the store; `course` fills empty course cells.

    `replace_all` also retires the assignments of the file's courses that it does not name. Nothing is written.
    Raises Refused with every row's line number and reason if any row cannot be taken.
    """
    courses = {row["id"] for row in db.query("select id from courses")}
    return planned(
        path,
        (REQUIRED, OPTIONAL),
        lambda row: _checked(db, _read(row, course, courses)),
        store.assignments(db),
        what="assignment",
        replace_all=replace_all,
    )


def apply(db: Database, plan: Plan[Assignment]) -> None:
    """Carry the plan out, in the caller's transaction, as a change of the log that can be undone."""
    if plan.altered:
        change = recorded(db, plan, "assignments")
        ASSIGNMENTS.alter(db, change, put=[*plan.added, *plan.changed], retired=plan.retired)


def rows(db: Database, course: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of an export, which `plan` reads again."""
    for assignment in store.assignments(db, course):
        cells = {name: getattr(assignment, name) for name in COLUMNS}
        numbers = {name: f"{cells[name]:.10g}" for name in ("min_score", "max_score", "score_step")}
        yield {**cells, **numbers}


def _read(row: Row, course: str | None, courses: set[str]) -> Assignment:
    """Return the assignment of a row. Raises ValueError with what is wrong with a cell."""
    name = course_in(row, course)
    if not COURSE_ID.fullmatch(name) or name not in courses:
        known = ", ".join(sorted(courses)) or "none yet"
        raise ValueError(f"no course {name[:60]!r}; there are: {known}")
    for column in ("title", "prompt"):
        if not row[column]:
            raise ValueError(f"the {column} is empty")
    if len(row["title"]) > MAX_TITLE_CHARS:
        raise ValueError(f"the title has {len(row['title']):,} characters; it may have {MAX_TITLE_CHARS:,}")
    own_id = row["id"] or entry_id(row["title"])
    for column, cell in (("id", own_id), ("prompt_id", row["prompt_id"])):
        if len(cell) > MAX_ID_CHARS or not (cell or "-").isprintable():
            raise ValueError(f"the {column} must be up to {MAX_ID_CHARS} printable characters, not {cell[:60]!r}")
    if row["scorer"] and not SCORER.fullmatch(row["scorer"]):
        raise ValueError(f"scorer must be a name of letters, digits, '-' or '_', not {row['scorer'][:40]!r}")
    low, high, step = (_number(row, column) for column in ("min_score", "max_score", "score_step"))
    if not low < high:
        raise ValueError(f"max_score must be above min_score ({low:g}), not {high:g}")
    if step < 0 or step > high - low:
        raise ValueError(f"score_step must lie between 0 and {high - low:g}, not {step:g}")
    return Assignment(
        name, own_id, row["title"], row["prompt"], high, row["reference"], row["scorer"], row["prompt_id"] or own_id,
        low, step, _date(row["closes_on"]),
    )  # fmt: skip


def _checked(db: Database, assignment: Assignment) -> Assignment:
    """Return the assignment. Raises ValueError if marks were given that are not on its scale."""
    if reasons := store.off_scale(db, assignment):
        raise ValueError(reasons[0])
    return assignment


def _number(row: Row, column: str) -> float:
    """Return the number in a cell, 0 if it is empty."""
    try:
        value = float(row[column] or 0)
    except ValueError:
        value = math.nan
    if not abs(value) <= MAX_SCORE:
        raise ValueError(f"{column} must be a number up to {MAX_SCORE:g}, not {row[column][:20]!r}")
    return value


def _date(cell: str) -> str:
    try:
        if cell and date.fromisoformat(cell).isoformat() != cell:
            raise ValueError("written otherwise")
    except ValueError as error:
        raise ValueError(f"closes_on must be a date such as 2026-12-01, not {cell[:20]!r}") from error
    return cell
