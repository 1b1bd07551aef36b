"""What the report page shows: a version's record, and what the store knows since.

Reads bundle.json of one version and the store; writes nothing.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from data.entries import entries
from data.records import Entry
from data.store import Store
from training import report_record
from training.report_about import About, gather_about
from training.report_parts import (
    Budget,
    Calibration,
    Changes,
    MeasureSet,
    Point,
    Protected,
    Signal,
    Wrong,
)
from training.report_values import part

ENOUGH_PHRASINGS = 2
MOST_NEEDS = 30


@dataclass(frozen=True, slots=True)
class Need:
    """An entry with too few phrasings: how often it was missed on held-out questions, and shown first to students."""

    course: str
    question: str
    phrasings: int
    missed: int
    asked: int


@dataclass(frozen=True, slots=True)
class Needs:
    """The entries with too few phrasings, the most pressing first; `total` counts all of them by what they lack."""

    shown: tuple[Need, ...]
    total: tuple[tuple[int, int], ...]  # (phrasings to add, entries)


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page shows; a part that the record lacks is None."""

    about: About
    measures: tuple[MeasureSet, ...] | None
    changes: Changes | None
    protected: Protected | None
    ablation: tuple[Signal, ...] | None
    calibration: Calibration | None
    curve: tuple[Point, ...] | None
    budgets: tuple[Budget, ...] | None
    worst: tuple[Wrong, ...] | None
    needs: Needs
    questions: Mapping[tuple[str, str], str]  # of every entry, by course and id

    @property
    def complete(self) -> bool:
        """Whether the record had every part."""
        parts = (self.about.training, self.measures, self.changes, self.protected, self.about.learning, self.ablation)
        return None not in (*parts, self.calibration, self.curve, self.budgets, self.worst)


def gather_report(store: Store, models: Path, version: str | None = None) -> Report:
    """Gather what is known of a version: the one named, else the one that serves, else the newest.

    Raises Refused if nothing was ever fitted, ModelError if there is no such version or its record is damaged.
    """
    return store.read(_gather, *gather_about(store, models, version))


def _gather(db: Database, about: About, record: dict[str, Any]) -> Report:
    changes, worst = part(record, report_record.changes), part(record, report_record.worst)
    return Report(
        about=about,
        measures=part(record, report_record.measure_sets),
        changes=changes,
        protected=part(record, report_record.protected),
        ablation=part(record, report_record.ablation),
        calibration=part(record, report_record.calibration),
        curve=part(record, report_record.curve),
        budgets=part(record, report_record.budgets),
        worst=worst,
        needs=_needs(entries(db), _missed(changes, worst), _shown_first(db)),
        questions={(e.course, e.id): e.question for e in entries(db, live=False)},
    )


def _missed(changes: Changes | None, worst: tuple[Wrong, ...] | None) -> Counter[tuple[str, str]]:
    """Count for each entry the held-out questions that should have found it and did not."""
    questions = {(w.course, w.question): w.expected for w in worst or ()}
    questions |= {(c.course, c.question): c.expected for c in (changes.broke if changes else ())}
    return Counter((course, name) for (course, _), expected in questions.items() for name in set(expected))


def _shown_first(db: Database) -> dict[int, int]:
    """Count for each entry the questions of students that it was the first candidate for."""
    sql = """select s.entry, count(*) as n from shown s join questions q on q.id = s.question
             where s.position = 0 and q.decision is not null group by s.entry"""
    return {row["entry"]: row["n"] for row in db.query(sql)}


def _needs(known: list[Entry], missed: Counter[tuple[str, str]], asked: dict[int, int]) -> Needs:
    needs = [
        Need(e.course, e.question, len(e.phrasings), missed[e.course, e.id], asked.get(e.key, 0))
        for e in known
        if len(e.phrasings) < ENOUGH_PHRASINGS
    ]
    needs.sort(key=lambda need: (-need.missed, -need.asked, need.phrasings))
    lacking = Counter(ENOUGH_PHRASINGS - need.phrasings for need in needs)
    return Needs(tuple(needs[:MOST_NEEDS]), tuple(sorted(lacking.items(), reverse=True)))
