"""Assignments of a course: what students are asked to write, on which scale it is marked, and which scorer knows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from data.entries import today
from data.records import now

COLUMNS = (
    *("course", "id", "title", "prompt", "reference", "scorer", "prompt_id"),
    *("min_score", "max_score", "score_step", "closes_on"),
)
TOLERANCE = 1e-9  # of a score, as a part of its step


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task to write on. `(course, id)` is its key for people, `key` its number in the store.

    `scorer` is the name below `scores/` in the models folder, "" for none; `prompt_id` is what the scorer calls it.
    `score_step`: scores go up by so much, 0 if any is one; `closes_on`: the last day in UTC, "" for never.
    """

    course: str
    id: str
    title: str
    prompt: str
    max_score: float
    reference: str = ""
    scorer: str = ""
    prompt_id: str = ""
    min_score: float = 0.0
    score_step: float = 0.0
    closes_on: str = ""
    key: int = 0
    retired: bool = False

    @property
    def is_open(self) -> bool:
        """Whether texts are taken today."""
        return not self.retired and not (self.closes_on and self.closes_on < today())

    def takes(self, score: float) -> bool:
        """Say whether a score is on the scale."""
        if not self.min_score <= score <= self.max_score:
            return False
        steps = (score - self.min_score) / self.score_step if self.score_step else 0.0
        return abs(steps - round(steps)) <= TOLERANCE * max(abs(steps), 1)


def assignments(db: Database, course: str | None = None) -> list[Assignment]:
    """Return the assignments of a course, or of all, that are in service, by course and key."""
    sql = "select * from assignments where retired_at is null and (? is null or course = ?) order by course, key"
    return [read(row) for row in db.query(sql, [course, course])]


def assignment_of(db: Database, key: int) -> Assignment | None:
    """Return the assignment with this key, retired or not; None if there is none."""
    return next((read(row) for row in db.query("select * from assignments where key = ?", [key])), None)


def put(db: Database, assignment: Assignment) -> int:
    """Insert the assignment, or overwrite the one with its `(course, id)`; return its key. A retired one comes back."""
    at = now()
    sql = f"""insert into assignments ({", ".join(COLUMNS)}, created_at, updated_at)
              values ({", ".join("?" * (len(COLUMNS) + 2))})
              on conflict (course, id) do update set {", ".join(f"{c} = excluded.{c}" for c in COLUMNS[2:])},
              updated_at = excluded.updated_at, retired_at = null returning key"""
    values = [getattr(assignment, column) for column in COLUMNS]
    return int(next(iter(db.query(sql, [*values, at, at])))["key"])


def retire(db: Database, keys: Iterable[int]) -> None:
    """Offer these no more; what was handed in stays."""
    db.conn.executemany("update assignments set retired_at = ? where key = ?", [(now(), key) for key in keys])


def off_scale(db: Database, assignment: Assignment) -> list[str]:
    """Return why the assignment cannot have this scale: marks that were given are not on it. Nothing if they are."""
    sql = """select distinct m.score from marks m join submissions s on s.id = m.submission
             join assignments a on a.key = s.assignment where a.course = ? and a.id = ? order by m.score"""
    given = [row["score"] for row in db.query(sql, [assignment.course, assignment.id])]
    off = [f"{score:g}" for score in given if not assignment.takes(score)]
    return [f"marks were given that are not on this scale: {', '.join(off[:5])}"] if off else []


def read(row: dict[str, Any]) -> Assignment:
    """Return the assignment in a row of the table."""
    cells = {column: row[column] for column in COLUMNS}
    return Assignment(**cells, key=row["key"], retired=row["retired_at"] is not None)
