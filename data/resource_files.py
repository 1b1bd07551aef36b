"""Resources in and out of files, and student questions with the resources that a teacher would give."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from data import resources as store
from data.checks import LANG, MAX_ID_CHARS
from data.entries import add_course, entries
from data.importing import COURSE_ID, entry_id
from data.labelled import COLUMNS as LABELLED
from data.listed import MAX_TITLE_CHARS, Plan, course_in, planned, recorded, refuse
from data.listed_versions import RESOURCES
from data.records import LabelledQuestion
from data.resources import COLUMNS, KINDS, LEVELS, Resource
from data.tables import Row, read_table

REQUIRED = ("title", "url")
OPTIONAL = ("course", "id", "kind", "level", "minutes", "lang", "summary", "entries")
EXPORTED = (*COLUMNS, "entries")
MAX_URL_CHARS, MAX_SUMMARY_CHARS, MAX_MINUTES = 1000, 1000, 6000
_LINK = re.compile(r"https?://[^\s/<>\"]+\S*")

Ids = Mapping[str, frozenset[str]]  # of entries or resources, by course


def plan(db: Database, path: Path, *, course: str | None = None, replace_all: bool = False) -> Plan[Resource]:
    """Read a file of resources and compare it with the store; `course` fills empty course cells.

    `replace_all` also retires the resources of the file's courses that it does not name. Nothing is written.
    Raises Refused with every row's line number and reason if any row cannot be taken.
    """
    known = _ids(db)
    return planned(
        path,
        (REQUIRED, OPTIONAL),
        lambda row: _read(row, course, known),
        store.resources(db),
        what="resource",
        replace_all=replace_all,
    )


def apply(db: Database, plan: Plan[Resource], *, actor: str | None = None) -> None:
    """Carry the plan out, in the caller's transaction, as a change of the log that can be undone."""
    if not plan.altered:
        return
    for resource in plan.added:
        add_course(db, resource.course)
    change = recorded(db, plan, "resources", actor)
    RESOURCES.alter(db, change, put=[*plan.added, *plan.changed], retired=plan.retired)


def rows(db: Database, course: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of an export, which `plan` reads again."""
    for resource in store.resources(db, course):
        cells = {name: getattr(resource, name) for name in COLUMNS}
        yield {**cells, "minutes": str(resource.minutes or ""), "entries": "|".join(resource.entries)}


def read_questions(db: Database, path: Path) -> list[LabelledQuestion]:
    """Read `question, course, expected_ids`, ids of resources separated by `|`; empty: none of them fits.

    Raises Refused, with line numbers, for a course or an id that the store does not have.
    """
    table = read_table(path, required=LABELLED)
    known: dict[str, set[str]] = {course: set() for course in _ids(db)}
    for resource in store.resources(db):
        known[resource.course].add(resource.id)
    refused, questions = list(table.refused), []
    for row in table.rows:
        ids = _parts(row["expected_ids"])
        unknown = [i for i in ids if i not in known.get(row["course"], ())]
        if not row["question"]:
            refused.append(f"line {row.line}: the question is empty")
        elif row["course"] not in known:
            refused.append(f"line {row.line}: no course {row['course']!r}; there are: {', '.join(known) or 'none yet'}")
        elif unknown:
            refused.append(f"line {row.line}: no resource {', '.join(unknown)} in course {row['course']}")
        questions.append(LabelledQuestion(row["question"], row["course"], ids))
    refuse(path, refused, questions)
    return questions


def _read(row: Row, course: str | None, known: Ids) -> Resource:
    """Return the resource of a row. Raises ValueError with what is wrong with a cell."""
    name = course_in(row, course)
    if not COURSE_ID.fullmatch(name):
        raise ValueError(f"the course must be an id of 1 to 56 letters, digits, '-' or '_', not {name[:60]!r}")
    for column, most in (("title", MAX_TITLE_CHARS), ("url", MAX_URL_CHARS), ("summary", MAX_SUMMARY_CHARS)):
        if len(row[column]) > most:
            raise ValueError(f"the {column} has {len(row[column]):,} characters; it may have {most:,}")
    if not row["title"]:
        raise ValueError("the title is empty")
    if not _LINK.fullmatch(row["url"]):
        raise ValueError(f"url must be a link that begins with https:// or http://, not {row['url'][:40]!r}")
    own_id = row["id"] or entry_id(row["title"])
    if len(own_id) > MAX_ID_CHARS or not own_id.isprintable() or "|" in own_id:
        raise ValueError(f"the id must be up to {MAX_ID_CHARS} printable characters without '|', not {own_id[:60]!r}")
    if row["lang"] and not LANG.fullmatch(row["lang"]):
        raise ValueError(f"lang must be a code such as en or zh, not {row['lang'][:20]!r}")
    linked = _parts(row["entries"])
    unknown = [i for i in linked if i not in known.get(name, ())]
    if unknown:
        raise ValueError(f"no entry {', '.join(unknown)} in course {name}; `python -m data export entries` lists them")
    kind, level, minutes = _one_of(row, "kind", KINDS), _one_of(row, "level", LEVELS), _minutes(row["minutes"])
    return Resource(name, own_id, row["title"], row["url"], kind, level, minutes, row["lang"], row["summary"], linked)


def _one_of(row: Row, column: str, allowed: tuple[str, ...]) -> str:
    value = row[column].lower()
    if value not in ("", *allowed):
        raise ValueError(f"{column} must be one of {', '.join(allowed)}, not {row[column][:20]!r}")
    return value


def _minutes(cell: str) -> int:
    if not cell:
        return 0
    if not (cell.isascii() and cell.isdecimal() and 0 < int(cell[:9]) <= MAX_MINUTES):
        raise ValueError(f"minutes must be a whole number from 1 to {MAX_MINUTES:,}, not {cell[:20]!r}")
    return int(cell)


def _ids(db: Database) -> Ids:
    found: dict[str, set[str]] = defaultdict(set)
    for row in db.query("select id from courses"):
        found[row["id"]] = set()
    for entry in entries(db, live=False):
        found[entry.course].add(entry.id)
    return {course: frozenset(ids) for course, ids in sorted(found.items())}


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (part.strip() for part in cell.split("|")))))
