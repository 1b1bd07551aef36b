"""What a version's bundle.json says, read for the report: a part that is missing or odd is None, never a traceback.

Records grew from round to round, and a folder may come from elsewhere: nothing in one is taken for granted here.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from data.budgets import MIN_LABELLED
from training.report_parts import (
    MEASURES,
    Bin,
    Budget,
    Calibration,
    Change,
    Changes,
    Learning,
    Measure,
    MeasureSet,
    Point,
    Protected,
    Signal,
    Training,
    Wrong,
)

MAX_NUMBER = 1e15  # keeps out inf and nan too
SETS = ("new_wordings", "unseen_answers")

T = TypeVar("T")

logger = logging.getLogger(__name__)


def part(record: dict[str, Any], read: Callable[[dict[str, Any]], T]) -> T | None:
    """Return what `read` finds in the record; None where the part is missing, or odd, which is logged."""
    try:
        return read(record)
    except KeyError:
        return None
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        logger.warning("%s: left out of the report, the record is odd: %s", read.__name__, error)
        return None


def measure_sets(record: dict[str, Any]) -> tuple[MeasureSet, ...]:
    """Return both held-out sets, before and after."""
    old, new, intervals = record["metrics"]["before"], record["metrics"]["after"], record.get("intervals") or {}
    sets = []
    for name in SETS:
        rows = []
        for key in MEASURES:
            ends = (intervals.get(name) or {}).get(key)
            low, high = (None, None) if ends is None else (_maybe(ends[0]), _maybe(ends[1]))
            rows.append(Measure(key, _maybe(old[name].get(key)), _maybe(new[name].get(key)), low, high))
        answerable = new[name].get("answerable")
        known = None if answerable is None else _count(answerable)
        sets.append(MeasureSet(name, _count(new[name]["n"]), known, tuple(rows)))
    return tuple(sets)


def changes(record: dict[str, Any]) -> Changes:
    """Return what the round fixed and broke, question by question."""

    def read(rows: Sequence[dict[str, Any]]) -> tuple[Change, ...]:
        return tuple(
            Change(
                _text(r["question"]), _text(r["course"]), _texts(r["expected_ids"]), _id(r["before"]), _id(r["after"])
            )
            for r in rows
        )

    found = record["changes"]
    return Changes(read(found["fixed"]), read(found["broke"]), _count(found["unchanged"]))


def protected(record: dict[str, Any]) -> Protected:
    """Return the protected questions and what became of them."""
    return Protected(_count(record["protected"]["n"]), _texts(record["protected"]["broken"]))


def training(record: dict[str, Any]) -> Training:
    """Return how the round was run."""
    told = record["training"]
    parts = told.get("examples") or {}
    names = {"mode": "mode", "lr": "learning rate", "batch_size": "batch size", "average": "tuned part", "seed": "seed"}
    settings = [("base", record.get("base")), *((label, told.get(key)) for key, label in names.items())]
    counts = [f"{_count(parts[name])} {name}" for name in ("train", "validation", "new", "unseen") if name in parts]
    settings.append(("wordings", ", ".join(counts) or None))
    shown = tuple(
        (label, f"{value:g}" if isinstance(value, float) else str(value))
        for label, value in settings
        if value is not None
    )
    data = record.get("data") or {}
    examples = None if data.get("examples") is None else _count(data["examples"])
    return Training(shown, examples, _maybe(told.get("seconds")))


def learning(record: dict[str, Any]) -> Learning:
    """Return the learning curve."""
    told = record["training"]
    losses = tuple(_number(value) for value in told["losses"])
    if not losses:
        raise ValueError("no epoch was run")
    averages = [(float(share), _number(mrr)) for share, mrr in (told.get("averages") or {}).items()]
    best = None if told.get("best_epoch") is None else _count(told["best_epoch"])
    return Learning(losses, tuple(_number(v) for v in told.get("scores") or ()), best, tuple(sorted(averages)))


def ablation(record: dict[str, Any]) -> tuple[Signal, ...]:
    """Return the ablation table; an empty one is no table."""
    rows = tuple(Signal(_text(r["signals"]), tuple(_maybe(r.get(k)) for k in MEASURES)) for r in record["ablation"])
    if not rows:
        raise KeyError("ablation")
    return rows


def calibration(record: dict[str, Any]) -> Calibration:
    """Return the reliability diagram's bins and the ECE."""
    told = record["calibration"]
    bins = tuple(Bin(_share(b["confidence"]), _share(b["right"]), _count(b["n"])) for b in told["reliability"])
    if not bins:
        raise KeyError("reliability")
    questions = None if told.get("questions") is None else _count(told["questions"])
    return Calibration(questions, _maybe(told.get("unanswerable_share")), _maybe(told.get("ece")), bins)


def curve(record: dict[str, Any]) -> tuple[Point, ...]:
    """Return error against coverage, by rising coverage."""
    points = [Point(_share(p["coverage"]), _share(p["error"])) for p in record["calibration"]["curve"]]
    if not points:
        raise KeyError("curve")
    return tuple(sorted(points, key=lambda point: point.coverage))


def budgets(record: dict[str, Any]) -> tuple[Budget, ...]:
    """Return each course's budget, by course."""
    return tuple(_budget(course, told) for course, told in sorted(record["calibration"]["courses"].items()))


def worst(record: dict[str, Any]) -> tuple[Wrong, ...]:
    """Return the wrong answers, the most confident first."""
    return tuple(
        Wrong(
            _text(r["question"]),
            _text(r["course"]),
            _texts(r["expected_ids"]),
            _id(r["top"]),
            _share(r["probability"]),
            None if r["rank"] is None else _count(r["rank"]),
        )
        for r in record["worst"]
    )


def _budget(course: str, told: dict[str, Any]) -> Budget:
    labelled = _count(told["labelled"])
    return Budget(
        course=course,
        labelled=labelled,
        measured=told["measured"] is True and labelled >= MIN_LABELLED,
        max_error=_maybe(told.get("max_error")),
        threshold=_maybe(told.get("threshold")),
        coverage=_maybe(told.get("coverage")),
        error=_maybe(told.get("error")),
        upper=_maybe(told.get("upper")),
        costs=tuple(sorted((_share(c["max_error"]), _share(c["coverage"])) for c in told.get("costs") or ())),
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < MAX_NUMBER:
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _maybe(value: object) -> float | None:
    return None if value is None else _number(value)


def _share(value: object) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise ValueError(f"{value!r} is not between 0 and 1")
    return number


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _id(value: object) -> str | None:
    return None if value is None else _text(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no list")
    return tuple(_text(item) for item in value)
