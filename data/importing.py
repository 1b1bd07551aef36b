"""Import of Q&A: plan what a file would change, then change it, all or nothing."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlite_utils import Database

from data import audit, sources, versions
from data import entries as store_entries
from data.checks import alternates, check_entry
from data.errors import Refused
from data.records import Entry
from data.tables import Row, Table
from data.twins import Twin, twins
from data.words import normalise

REQUIRED = ("question", "answer")
OPTIONAL = ("course", "id", "section", "alternates", "source_url", "tags", "expires_on", "lang")
COURSE_ID = re.compile(r"[A-Za-z0-9_-]{1,56}")
MARK = "problem"  # the column in which refused rows come back; it is not read
MAX_TWINS = 200

Progress = Callable[[Iterable[Entry], str, int], Iterable[Entry]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. `left` entries stand in the file unchanged; `notes` are worth a look, not refused.

    `source` is the name of the file, `encoding` what its text was read in; `twins` are the first MAX_TWINS questions
    that are added or changed and nearly the same as another.
    """

    added: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    retired: tuple[Entry, ...]
    left: int
    titles: dict[str, str]
    notes: tuple[str, ...]
    source: str = ""
    encoding: str = ""
    twins: tuple[Twin, ...] = ()


def course_id(cell: str) -> str:
    """Return the cell if it is a course id, else an id derived from it as from a title."""
    if COURSE_ID.fullmatch(cell):
        return cell
    slug = _slug(cell, 47)
    return f"{slug or 'course'}-{digest(cell, 8)}" if slug != cell.lower().replace(" ", "-") else slug


def entry_id(question: str) -> str:
    """Return the id of an entry that was given none, made from its question."""
    return "-".join(filter(None, [_slug(question, 40), digest(normalise(question), 8)]))


def plan(db: Database, path: Path, *, course: str | None = None, replace_all: bool = False, only: bool = False) -> Plan:
    """Read a file of Q&A, or a folder of Markdown, and compare it with the store; `course` fills empty course cells.

    `replace_all` also retires the entries of the file's courses that it does not name; `only` refuses rows of another
    course than `course`. Nothing is written.
    Raises Refused with every row's line number and reason if any row cannot be taken.
    """
    table = sources.read(path, required=REQUIRED, optional=(*OPTIONAL, MARK))
    reader = _Reader(store_entries.entries(db, live=False), course, only)
    reader.read(table)
    if reader.refused:
        raise Refused([f"{path}: {reason}" for reason in sorted(reader.refused, key=_line)])
    if not reader.seen:
        raise Refused([f"{path}: has no rows"])
    return replace(reader.plan(replace_all), source=path.name, encoding=table.encoding)


def apply(db: Database, plan: Plan, progress: Progress | None = None, *, actor: str | None = None) -> int | None:
    """Carry the plan out, inside the transaction of the writing thread; return the change's number in the log.

    `actor` is the pseudonym of who imports, None for whoever runs this program. None comes back where nothing changed.
    """
    for course, title in plan.titles.items():
        store_entries.add_course(db, course, title)
    work: Iterable[Entry] = [*plan.added, *plan.changed]
    if progress is not None:
        work = progress(work, "importing", len(plan.added) + len(plan.changed))
    altered = [*plan.added, *plan.changed, *plan.retired]
    if not altered:
        return None
    counts = f"{len(plan.added)} added, {len(plan.changed)} changed, {len(plan.retired)} retired"
    only = altered[0].course if len({entry.course for entry in altered}) == 1 else None
    change = audit.record(db, "import", actor=actor, course=only, detail=f"{plan.source}: {counts}")
    versions.alter(db, change, added=work, retired=plan.retired)
    return change


class _Reader:
    """Turns rows into entries, one by one, and keeps what they would change."""

    def __init__(self, known: list[Entry], course: str | None, only: bool) -> None:
        self.course, self.only = course, only
        self.by_key = {(e.course, e.id): e for e in known}
        self.by_question: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for e in known:
            self.by_question[e.course, normalise(e.question)].append(e)
        self.seen: dict[tuple[str, str], tuple[Row, Entry]] = {}
        self.titles: dict[str, str] = {}
        self.refused: list[str] = []
        self.notes: list[str] = []

    def read(self, table: Table) -> None:
        self.refused += table.refused
        self.notes += table.notes
        # Rows with id first: a row without one may mean an entry that this very file names.
        for row in sorted(table.rows, key=lambda row: not row["id"]):
            try:
                self._take(row, self._entry(row))
            except ValueError as error:
                self.refused.append(f"{row.place}: {error}")

    def plan(self, replace_all: bool) -> Plan:
        self.seen = dict(sorted(self.seen.items(), key=lambda item: (item[1][0].file, item[1][0].line)))
        new = [entry for _, entry in self.seen.values()]
        added = [e for e in new if (e.course, e.id) not in self.by_key]
        changed = [e for e in new if (old := self.by_key.get((e.course, e.id))) and _content(old) != _content(e)]
        retired: list[Entry] = []
        if replace_all:
            retired = [e for k, e in self.by_key.items() if e.course in self.titles and k not in self.seen]
        self._note_same_questions()
        alike = self._twins([*added, *changed], retired)
        left = len(new) - len(added) - len(changed)
        notes = tuple(sorted(self.notes, key=_line))
        return Plan(tuple(added), tuple(changed), tuple(retired), left, self.titles, notes, twins=alike)

    def _twins(self, altered: list[Entry], retired: list[Entry]) -> tuple[Twin, ...]:
        """Find what is nearly the same as what is added or changed, and note it."""
        after = self.by_key | {key: entry for key, (_, entry) in self.seen.items()}
        gone = {(entry.course, entry.id) for entry in retired}
        kept = [entry for key, entry in after.items() if key not in gone]
        found = tuple(islice(twins(kept, frozenset((e.course, e.id) for e in altered)), MAX_TWINS))
        for twin in found:
            same = normalise(twin.entry.question) == normalise(twin.other.question)
            place = self.seen[twin.entry.course, twin.entry.id][0].place
            other = f"{twin.other.id} ({self._where(twin.other)})"
            if same and twin.conflict:
                self.notes.append(f"{place}: another answer to the same question than in {other}")
            elif not same:
                contrary = ", with another answer" if twin.conflict else ""
                self.notes.append(f"{place}: nearly the same question as {other}{contrary}")
        return found

    def _where(self, entry: Entry) -> str:
        seen = self.seen.get((entry.course, entry.id))
        return seen[0].place if seen else "in the store"

    def _entry(self, row: Row) -> Entry:
        for name in REQUIRED:
            if not row[name]:
                raise ValueError(f"the {name} is empty")
        cell = row["course"] or self.course or ""
        if not cell:
            raise ValueError("the course is empty; fill the cell, or name one for all rows with --course")
        course = course_id(cell)
        if self.only and course != self.course:
            raise ValueError(f"the course is {course}; here only {self.course} is changed: leave the cell empty")
        if course != cell or course not in self.titles:
            self.titles[course] = "" if course == cell else cell
        entry = Entry(
            course=course,
            id=row["id"] or self._id(course, row["question"]),
            question=row["question"],
            answer=row["answer"],
            section=row["section"],
            alternates=alternates(row["alternates"]),
            source_url=row["source_url"],
            tags=row["tags"],
            lang=row["lang"],
            expires_on=row["expires_on"],
        )
        check_entry(entry)
        return entry

    def _id(self, course: str, question: str) -> str:
        """Find the entry that a row without id means, by its question, or make a new id."""
        same = self.by_question[course, normalise(question)]
        if len(same) > 1:
            raise ValueError(f"the question stands under several ids ({', '.join(e.id for e in same)}); give the id")
        return same[0].id if same else entry_id(question)

    def _take(self, row: Row, entry: Entry) -> None:
        key = (entry.course, entry.id)
        if key in self.seen:
            first, earlier = self.seen[key]
            if _content(earlier) != _content(entry):
                what = "the id stands" if row["id"] else "the question stands"
                raise ValueError(f"{what} already in {first.place}, with other content")
            self.notes.append(f"{row.place}: repeats {first.place}")
            return
        self.seen[key] = (row, entry)
        if entry.expires_on and entry.expires_on < store_entries.today():
            self.notes.append(f"{row.place}: expired on {entry.expires_on}, so nobody is shown it")
        same = self.by_question[entry.course, normalise(entry.question)]
        if all(other.id != entry.id for other in same):
            same.append(entry)

    def _note_same_questions(self) -> None:
        """Report, never refuse, the same question under another id."""
        by_question: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for old in self.by_key.values():
            if (old.course, old.id) not in self.seen:
                by_question[old.course, normalise(old.question)][old.id] = "in the store"
        for row, entry in self.seen.values():
            others = by_question[entry.course, normalise(entry.question)]
            if others:
                where = ", ".join(f"{i} ({place})" for i, place in others.items())
                self.notes.append(f"{row.place}: the same question has another id too: {where}")
            others[entry.id] = row.place


def _content(entry: Entry) -> Entry:
    return replace(entry, key=0, confirmed=())


def _slug(text: str, limit: int) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:limit].strip("-")


def digest(text: str, digits: int) -> str:
    """Return the first hex digits of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _line(reason: str) -> tuple[str, int]:
    found = re.match(r"(?P<file>)line (?P<line>\d+)", reason) or re.match(r"(?P<file>.*?): line (?P<line>\d+)", reason)
    return (found["file"], int(found["line"])) if found else ("", 0)
