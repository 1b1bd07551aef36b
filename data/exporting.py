"""Entries, questions, reactions, resources, assignments, marked texts and training pairs, out to a file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database

from data import assignment_files, assignments, markdown, pairs, submissions, topic_rows
from data.decks import write_deck
from data.entries import entries
from data.errors import TutorError
from data.files import draft
from data.importing import OPTIONAL, REQUIRED
from data.resource_files import EXPORTED, rows
from data.sources import PAGES
from data.tables import write_table

What = Literal["entries", "questions", "feedback", "resources", "assignments", "scores", "labels", "pairs", "deck"]
COLUMNS: dict[What, tuple[str, ...]] = {
    "entries": ("course", "id", *REQUIRED, *(c for c in OPTIONAL if c not in ("course", "id"))),
    "questions": ("question", "course", "asked_at", "person", "lang", "decision", "confidence", "entry_ids"),
    "feedback": ("question", "course", "entry_id", "vote", "position", "given_at", "person"),
    "resources": EXPORTED,
    "assignments": assignments.COLUMNS,
    "scores": submissions.TRAINING,
    "labels": topic_rows.COLUMNS,
    "pairs": pairs.COLUMNS,
}
_QUESTIONS = """
select q.text as question, q.course, q.asked_at, q.person, q.lang, q.decision, q.confidence,
       (select group_concat(id, '|') from (select e.id from shown s join entries e on e.key = s.entry
        where s.question = q.id order by s.position)) as entry_ids
from questions q where (? is null or q.course = ?) order by q.id"""
_FEEDBACK = """
select q.text as question, q.course, e.id as entry_id, f.vote, f.position, f.given_at, f.person
from feedback f join questions q on q.id = f.question left join entries e on e.key = f.entry
where (? is null or q.course = ?) order by f.id"""


def export(db: Database, what: What, path: Path, course: str | None = None) -> int:
    """Write what was asked for, of one course or all, and return the number of rows.

    Exported entries are what `import` reads, resources what `import-resources` reads, assignments what
    `import-assignments` reads, scores what `fit scores` reads; a deck has a card for each row.
    Entries may go to a page of Markdown too. Raises Refused or TutorError as `write_table` does.
    """
    if what == "deck":
        return write_deck(db, path, course)
    if what == "entries" and path.suffix.lower() in PAGES:
        return _write_page(path, list(_entries(db, course)))
    return write_table(path, COLUMNS[what], _rows(db, what, course))


def _rows(db: Database, what: What, course: str | None) -> Iterator[Mapping[str, Any]]:
    if what == "entries":
        yield from _entries(db, course)
    elif what == "pairs":
        yield from pairs.pairs(db, course)
    elif what == "resources":
        yield from rows(db, course)
    elif what == "assignments":
        yield from assignment_files.rows(db, course)
    elif what == "labels":
        yield from topic_rows.rows(db, course)
    elif what == "scores":
        yield from submissions.training_rows(db, course)
    else:
        yield from db.query(_QUESTIONS if what == "questions" else _FEEDBACK, [course, course])


def _entries(db: Database, course: str | None) -> Iterator[dict[str, str]]:
    for entry in entries(db, course, live=False):
        cells = {name: getattr(entry, name) for name in COLUMNS["entries"]}
        yield {**cells, "alternates": "|".join(entry.alternates)}


def _write_page(path: Path, kept: list[dict[str, str]]) -> int:
    try:
        with draft(path) as beside:
            with beside.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(markdown.page(COLUMNS["entries"], kept))
            beside.replace(path)
    except OSError as error:
        raise TutorError(f"{path}: cannot be written ({error.strerror})") from error
    return len(kept)
