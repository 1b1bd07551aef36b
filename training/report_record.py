"""What a version's bundle.json says, read for the report: a part that is missing or odd is None, never a traceback.

Records grew from round to round, and a folder may come from elsewhere: nothing in one is taken for granted here.
"""

from collections.abc import Sequence
from typing import Any

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
from training.report_values import count, maybe, named, number, share, text, texts

SETS = ("new_wordings", "unseen_answers")
PARTS = ("train", "validation", "new", "unseen", "held out")


def measure_sets(record: dict[str, Any]) -> tuple[MeasureSet, ...]:
    """Return both held-out sets, before and after."""
    old, new, intervals = record["metrics"]["before"], record["metrics"]["after"], record.get("intervals") or {}
    sets = []
    for name in SETS:
        rows = []
        for key in MEASURES:
            ends = (intervals.get(name) or {}).get(key)
            low, high = (None, None) if ends is None else (maybe(ends[0]), maybe(ends[1]))
            rows.append(Measure(key, maybe(old[name].get(key)), maybe(new[name].get(key)), low, high))
        answerable = new[name].get("answerable")
        known = None if answerable is None else count(answerable)
        sets.append(MeasureSet(name, count(new[name]["n"]), known, tuple(rows)))
    return tuple(sets)


def changes(record: dict[str, Any]) -> Changes:
    """Return what the round fixed and broke, question by question."""

    def read(rows: Sequence[dict[str, Any]]) -> tuple[Change, ...]:
        return tuple(
            Change(
                text(r["question"]),
                text(r["course"]),
                texts(r["expected_ids"]),
                named(r["before"]),
                named(r["after"]),
            )
            for r in rows
        )

    found = record["changes"]
    return Changes(read(found["fixed"]), read(found["broke"]), count(found["unchanged"]))


def protected(record: dict[str, Any]) -> Protected:
    """Return the protected questions and what became of them."""
    return Protected(count(record["protected"]["n"]), texts(record["protected"]["broken"]))


def training(record: dict[str, Any]) -> Training:
    """Return how the round was run."""
    told = record["training"]
    parts = told.get("examples") or {}
    names = {"mode": "mode", "recipe": "recipe", "lr": "learning rate", "batch_size": "batch size"}
    names |= {"average": "tuned part", "seed": "seed"}
    settings = [("base", record.get("base")), *((label, told.get(key)) for key, label in names.items())]
    counts = [f"{count(parts[name])} {name}" for name in PARTS if name in parts]
    settings.append(("parts", ", ".join(counts) or None))
    shown = tuple(
        (label, f"{value:g}" if isinstance(value, float) else str(value))
        for label, value in settings
        if value is not None
    )
    data = record.get("data") or {}
    examples = data.get("examples", data.get("rows"))
    return Training(shown, None if examples is None else count(examples), maybe(told.get("seconds")))


def learning(record: dict[str, Any]) -> Learning:
    """Return the learning curve."""
    told = record["training"]
    losses = tuple(number(value) for value in told["losses"])
    if not losses:
        raise ValueError("no epoch was run")
    averages = [(float(share), number(mrr)) for share, mrr in (told.get("averages") or {}).items()]
    kept = told.get("best_epoch", told.get("epoch"))
    best = None if kept is None else count(kept)
    return Learning(losses, tuple(number(v) for v in told.get("scores") or ()), best, tuple(sorted(averages)))


def ablation(record: dict[str, Any]) -> tuple[Signal, ...]:
    """Return the ablation table; an empty one is no table."""
    rows = tuple(Signal(text(r["signals"]), tuple(maybe(r.get(k)) for k in MEASURES)) for r in record["ablation"])
    if not rows:
        raise KeyError("ablation")
    return rows


def calibration(record: dict[str, Any]) -> Calibration:
    """Return the reliability diagram's bins and the ECE."""
    told = record["calibration"]
    bins = tuple(Bin(share(b["confidence"]), share(b["right"]), count(b["n"])) for b in told["reliability"])
    if not bins:
        raise KeyError("reliability")
    questions = None if told.get("questions") is None else count(told["questions"])
    return Calibration(questions, maybe(told.get("unanswerable_share")), maybe(told.get("ece")), bins)


def curve(record: dict[str, Any]) -> tuple[Point, ...]:
    """Return error against coverage, by rising coverage."""
    points = [Point(share(p["coverage"]), share(p["error"])) for p in record["calibration"]["curve"]]
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
            text(r["question"]),
            text(r["course"]),
            texts(r["expected_ids"]),
            named(r["top"]),
            share(r["probability"]),
            None if r["rank"] is None else count(r["rank"]),
        )
        for r in record["worst"]
    )


def _budget(course: str, told: dict[str, Any]) -> Budget:
    labelled = count(told["labelled"])
    return Budget(
        course=course,
        labelled=labelled,
        measured=told["measured"] is True and labelled >= MIN_LABELLED,
        max_error=maybe(told.get("max_error")),
        threshold=maybe(told.get("threshold")),
        coverage=maybe(told.get("coverage")),
        error=maybe(told.get("error")),
        upper=maybe(told.get("upper")),
        costs=tuple(sorted((share(c["max_error"]), share(c["coverage"])) for c in told.get("costs") or ())),
    )
