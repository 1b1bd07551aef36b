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
from data.errors import Refused
from data.records import Entry, now
from data.store import Store
from qa_model import bundle
from qa_model.bundle import Serving
from training import history, report_record
from training.report_parts import (
    Budget,
    Calibration,
    Changes,
    Learning,
    MeasureSet,
    Point,
    Protected,
    Signal,
    Training,
    Wrong,
)
from training.report_record import part

ENOUGH_PHRASINGS = 2
MOST_NEEDS, MOST_EVENTS = 30, 50


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
class Event:
    """What happened to a version."""

    at: str
    version: str
    event: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page shows; a part that the record lacks is None."""

    version: str
    serving: str
    refused: str  # why it does not serve though it was published
    newest: bool
    made_at: str
    created_at: str
    parent: str
    megabytes: float
    decision: Event | None
    training: Training | None
    measures: tuple[MeasureSet, ...] | None
    changes: Changes | None
    protected: Protected | None
    learning: Learning | None
    ablation: tuple[Signal, ...] | None
    calibration: Calibration | None
    curve: tuple[Point, ...] | None
    budgets: tuple[Budget, ...] | None
    worst: tuple[Wrong, ...] | None
    needs: Needs
    events: tuple[Event, ...]
    questions: Mapping[tuple[str, str], str]  # of every entry, by course and id

    @property
    def complete(self) -> bool:
        """Whether the record had every part."""
        parts = (self.training, self.measures, self.changes, self.protected, self.learning, self.ablation)
        return None not in (*parts, self.calibration, self.curve, self.budgets, self.worst)


def gather_report(store: Store, models: Path, version: str | None = None) -> Report:
    """Gather what is known of a version: the one named, else the one that serves, else the newest.

    Raises Refused if nothing was ever fitted, ModelError if there is no such version or its record is damaged.
    """
    serving = bundle.find_serving(models)
    chosen = version or _chosen(models, serving.version)
    if chosen == bundle.BASE:
        raise Refused(["the base model has no report: it was not fitted; name a version"])
    record = bundle.read_record(models, chosen)
    return store.read(_gather, models, chosen, serving, record)


def _chosen(models: Path, serving: str) -> str:
    there = bundle.versions(models)
    if not there:
        raise Refused(["nothing to report: no model was fitted yet; run `python -m training fit answers`"])
    return there[-1] if serving == bundle.BASE else serving


def _gather(db: Database, models: Path, version: str, serving: Serving, record: dict[str, Any]) -> Report:
    changes, worst = part(record, report_record.changes), part(record, report_record.worst)
    happened = [Event(e["at"], e["version"], e["event"], e["reason"]) for e in reversed(history.events(db))]
    decided = (e for e in happened if e.version == version and e.event in ("published", "declined"))
    return Report(
        version=version,
        serving=serving.version,
        refused=dict(serving.refused).get(version, ""),
        newest=version == bundle.versions(models)[-1],
        made_at=now(),
        created_at=str(record.get("created_at") or ""),
        parent=str(record.get("parent") or bundle.BASE),
        megabytes=_megabytes(models / "answers" / version),
        decision=next(decided, None),
        training=part(record, report_record.training),
        measures=part(record, report_record.measure_sets),
        changes=changes,
        protected=part(record, report_record.protected),
        learning=part(record, report_record.learning),
        ablation=part(record, report_record.ablation),
        calibration=part(record, report_record.calibration),
        curve=part(record, report_record.curve),
        budgets=part(record, report_record.budgets),
        worst=worst,
        needs=_needs(entries(db), _missed(changes, worst), _shown_first(db)),
        events=tuple(happened[:MOST_EVENTS]),
        questions={(e.course, e.id): e.question for e in entries(db, live=False)},
    )


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


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
