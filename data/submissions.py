"""Texts that students handed in, what the scorer said of each, and the marks that teachers gave."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlite_utils import Database

from data import assignments, audit, notices
from data.assignments import Assignment
from data.errors import Refused
from data.records import iso, now
from data.scrub import is_empty, scrub

MAX_TEXT_CHARS = 50_000
MAX_COMMENT_CHARS = 2_000
MAX_A_DAY = 10  # texts that a person hands in, withdrawn ones too
_MARKED = "exists (select 1 from marks where submission = s.id)"
TRAINING = ("prompt_id", "prompt", "reference", "text", "score", "score2")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was measured of a text: a sign with its value, and where the well-scored texts have it.

    `of`: out of how many, 0 where that says nothing.
    """

    sign: str
    value: float
    low: float
    high: float
    of: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimated:
    """What a scorer said: a value with its interval, or why it gives none, in words of qa_model/refusals.py.

    `model` is the scorer's name and version; `nearest` are scores and likeness of the scored texts that are most like.
    """

    model: str
    value: float
    low: float
    high: float
    refused: tuple[str, ...] = ()
    nearest: tuple[tuple[float, float], ...] = ()
    strengths: tuple[Finding, ...] = ()
    gaps: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """What a teacher gave; `teacher` is None once they were forgotten."""

    id: int
    teacher: str | None
    score: float
    comment: str
    marked_at: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A text that was handed in. `estimate` is None where no scorer knows the assignment.

    The first of `marks` counts, the second is a second reading.
    """

    id: int
    assignment: Assignment
    person: str
    text: str
    submitted_at: str
    estimate: Estimated | None
    marks: tuple[Mark, ...]

    @property
    def uncertainty(self) -> tuple[int, float, float]:
        """What orders the queue: refused first, then what nothing estimated, then wide intervals and unlike texts."""
        told = self.estimate
        if told is None or told.refused:
            return (1 if told is None else 2), 0.0, 0.0
        width = (told.high - told.low) / (self.assignment.max_score - self.assignment.min_score)
        return 0, width, -max((likeness for _, likeness in told.nearest), default=0.0)

    def mark_of(self, teacher: str) -> Mark | None:
        """Return the mark that a teacher gave."""
        return next((mark for mark in self.marks if mark.teacher == teacher), None)


def check_hand_in(db: Database, person: str, assignment: Assignment) -> str:
    """Return why a person cannot hand in a text now: "closed", "standing" or "often"; "" if they can."""
    if not assignment.is_open:
        return "closed"
    sql = "select 1 from submissions where assignment = ? and person = ? and withdrawn_at is null"
    if any(True for _ in db.query(sql, [assignment.key, person])):
        return "standing"
    since = iso(datetime.now(UTC) - timedelta(days=1))
    sql = "select count(*) from submissions where person = ? and submitted_at > ?"
    return "often" if db.execute(sql, [person, since]).fetchone()[0] >= MAX_A_DAY else ""


def hand_in(
    db: Database, person: str, assignment: Assignment, text: str, estimate: Estimated | None, ref: str | None
) -> int | None:
    """Record a text and return its number; the same event records one. None if it cannot be handed in any more."""
    known = number_of(db, ref)
    if known is not None:
        return known
    if check_hand_in(db, person, assignment):
        return None
    told = json.dumps(asdict(estimate), ensure_ascii=False) if estimate is not None else None
    sql = """insert into submissions (assignment, person, text, estimate, submitted_at, ref)
             values (?, ?, ?, ?, ?, ?) returning id"""
    return int(next(iter(db.query(sql, [assignment.key, person, text, told, now(), ref])))["id"])


def number_of(db: Database, ref: str | None) -> int | None:
    """Return the number of the text that an event handed in, None if it did none."""
    return next((row["id"] for row in db.query("select id from submissions where ref = ?", [ref])), None)


def find(db: Database, number: int) -> Submission | None:
    """Return a text that was handed in and not withdrawn, None if there is none."""
    return next(_found(db, "s.id = ?", number), None)


def of_person(db: Database, person: str) -> list[Submission]:
    """Return what a person handed in, the newest first."""
    return list(_found(db, "s.person = ?", person))[::-1]


def withdraw(db: Database, number: int, person: str) -> bool:
    """Take back a text of this person's that is not marked; its words go. False if it cannot be."""
    sql = """update submissions set text = '', estimate = null, withdrawn_at = ?
             where id = ? and person = ? and withdrawn_at is null
             and not exists (select 1 from marks where submission = submissions.id) returning id"""
    return bool(list(db.query(sql, [now(), number, person])))


def unmarked(db: Database, courses: Collection[str] | None) -> list[Submission]:
    """Return what waits for a mark in these courses (None: in all), the most uncertain first, then the oldest."""
    found = [s for s in _found(db, f"not {_MARKED}") if courses is None or s.assignment.course in courses]
    return sorted(found, key=lambda s: s.uncertainty, reverse=True)


def marked(db: Database, courses: Collection[str] | None) -> list[Submission]:
    """Return what was marked in these courses (None: in all), what was marked last first."""
    found = [s for s in _found(db, _MARKED) if courses is None or s.assignment.course in courses]
    return sorted(found, key=lambda s: max(mark.marked_at for mark in s.marks), reverse=True)


def mark(
    db: Database, number: int, score: float, comment: str, *, teacher: str, ref: str | None
) -> tuple[Submission, bool]:
    """Give a text a mark, or change the one that this teacher gave; return it, and whether its student is to be told.

    The same event marks once. Each is a line of the log. Raises Refused if the score is not on the scale, the comment
    too long, or the text no longer there.
    """
    found = find(db, number)
    if found is None:
        raise Refused([f"text {number} is no longer there: it was withdrawn or forgotten"])
    scale = found.assignment
    if not scale.takes(score):
        raise Refused([f"{score:g} is not on the scale from {scale.min_score:g} to {scale.max_score:g}"])
    if len(comment) > MAX_COMMENT_CHARS:
        raise Refused([f"the comment has {len(comment):,} characters; it may have {MAX_COMMENT_CHARS:,}"])
    sql = """insert into marks (submission, teacher, score, comment, marked_at, ref) values (?, ?, ?, ?, ?, ?)
             on conflict (submission, teacher) do update set score = excluded.score, comment = excluded.comment,
             marked_at = excluded.marked_at, ref = excluded.ref
             where ifnull(marks.ref, '') <> ifnull(excluded.ref, '-') returning id"""
    new = bool(list(db.query(sql, [number, teacher, score, comment, now(), ref])))
    if new:
        audit.record(db, "mark", actor=teacher, course=scale.course, detail=f"text {number}: {score:g}", ref=ref)
    after = find(db, number)
    assert after is not None  # within the same transaction
    return after, new and after.marks[0].teacher == teacher


def tell(db: Database, submission: Submission, lead: str, button: tuple[str, str]) -> None:
    """Write the student a notice of the mark that counts, once for each time that it was given."""
    counts = submission.marks[0]
    key = f"marked:{counts.id}:{counts.marked_at}"
    notices.put(db, submission.person, lead, key=key, choices=[[button]])


def training_rows(db: Database, course: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield each marked text, scrubbed, with its marks, as `fit scores` reads it."""
    for one in _found(db, _MARKED):
        text, asked = scrub(one.text), one.assignment
        if (course is None or asked.course == course) and not is_empty(text):
            scores = [f"{mark.score:.10g}" for mark in one.marks[:2]]
            cells = (asked.prompt_id, asked.prompt, asked.reference, text, *scores, "")
            yield dict(zip(TRAINING, cells, strict=False))


def about(db: Database, person: str) -> dict[str, list[dict[str, Any]]]:
    """Return what is kept of the texts that a person handed in and of the marks that they gave, for them to see."""
    sql = """select s.id, a.course, a.id as assignment, s.text, s.estimate, s.submitted_at, s.withdrawn_at
             from submissions s join assignments a on a.key = s.assignment where s.person = ? order by s.id"""
    handed_in = []
    for row in list(db.query(sql, [person])):
        given = "select score, comment, marked_at from marks where submission = ? order by id"
        told = {"estimate": json.loads(row["estimate"] or "null"), "marks": list(db.query(given, [row["id"]]))}
        handed_in.append(row | told)
    sql = "select submission, score, comment, marked_at from marks where teacher = ? order by id"
    return {"handed_in": handed_in, "marks_given": list(db.query(sql, [person]))}


def texts_of(db: Database, person: str) -> tuple[str, ...]:
    """Return the texts that a person handed in."""
    rows = db.query("select text from submissions where person = ? and text <> ''", [person])
    return tuple(row["text"] for row in rows)


def drop_older(db: Database, limits: Mapping[str, str]) -> int:
    """Delete texts, with their marks, from before their course's limit; return how many. `limits` by course."""
    gone = 0
    for course, before in limits.items():
        sql = """delete from submissions where submitted_at < ?
                 and assignment in (select key from assignments where course = ?) returning id"""
        gone += len(list(db.query(sql, [before, course])))
    return gone


def _found(db: Database, where: str, *args: object) -> Iterator[Submission]:
    sql = f"""select s.id as number, s.person, s.text, s.submitted_at, s.estimate, a.*
              from submissions s join assignments a on a.key = s.assignment
              where s.withdrawn_at is null and {where} order by s.id"""
    given = "select id, teacher, score, comment, marked_at from marks where submission = ? order by id"
    for row in list(db.query(sql, args)):
        marks = tuple(Mark(**mark) for mark in db.query(given, [row["number"]]))
        told = _estimated(row["estimate"])
        cells = (row["person"], row["text"], row["submitted_at"], told, marks)
        yield Submission(row["number"], assignments.read(row), *cells)


def _estimated(text: str | None) -> Estimated | None:
    if text is None:
        return None
    cells = json.loads(text)
    found = {name: tuple(Finding(**one) for one in cells[name]) for name in ("strengths", "gaps")}
    nearest = tuple((score, likeness) for score, likeness in cells["nearest"])
    return Estimated(**{**cells, **found, "nearest": nearest, "refused": tuple(cells["refused"])})
