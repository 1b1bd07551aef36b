"""What the report shows of a labels model, and of a scorer: their records, read with nothing in them taken for granted.

Reads bundle.json of one version and the store; writes nothing.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.store import Store
from qa_model.scorer import BASELINES
from training.head_comparison import macro_f1
from training.label_measures import BINS, PerLabel, per_label
from training.measures import reliability
from training.paired import interval, interval_of
from training.report_about import About, gather_about
from training.report_parts import Bin, Calibration
from training.report_values import count, maybe, number, part, share, text

MOST_CONFUSIONS = 12
SETS = ("left_out", "new_prompts")


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure with its 95 % interval; what was not measured is None."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class LabelsReport:
    """All that the page of a labels model shows, of the rows held out; None or empty where the record lacks it.

    confusions: label, what it was taken for, how often, the most frequent first.
    """

    about: About
    n: int | None
    accuracy: Measured
    macro_f1: Measured
    refused: float | None
    calibration: Calibration | None
    labels: tuple[PerLabel, ...] | None
    confusions: tuple[tuple[str, str, int], ...]
    held_out: tuple[tuple[str, str, float], ...] | None


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A prompt's texts, or all: how estimates agree with people, beside two people and scores by one sign alone."""

    name: str
    n: int
    qwk: Measured
    rmse: Measured
    pearson: Measured
    coverage: float | None
    people: float | None
    baselines: tuple[float | None, ...]  # quadratic weighted kappa, in the order of BASELINES


@dataclass(frozen=True, slots=True)
class Band:
    """Texts of about one length; `bias`: what estimates are above the truth."""

    name: str
    words: str
    n: int
    truth: float
    bias: float
    rmse: float
    coverage: float
    refused: float


@dataclass(frozen=True, slots=True)
class ScoreSet:
    """What was left out of learning: texts of prompts that were learned, or whole prompts; `rows`: all, then each."""

    name: str
    rows: tuple[ScoreRow, ...]
    baselines: tuple[tuple[str, float | None, float | None, float | None], ...]  # name, qwk, rmse, Pearson
    bands: tuple[Band, ...]
    reasons: tuple[tuple[str, int], ...]

    @property
    def people(self) -> bool:
        """Whether two people scored any of the texts."""
        return any(row.people is not None for row in self.rows)

    @property
    def alone(self) -> tuple[tuple[int, str], ...]:
        """The baselines that were measured, with their places."""
        there = [any(row.baselines[i] is not None for row in self.rows) for i in range(len(BASELINES))]
        return tuple((i, name) for i, name in enumerate(BASELINES) if there[i])


@dataclass(frozen=True, slots=True)
class ScoresReport:
    """All that the page of a scorer shows; `sample`: prompt, score and estimate of texts that were left out."""

    about: About
    sets: tuple[ScoreSet, ...] | None
    sample: tuple[tuple[str, float, float], ...] | None


def gather_labels(store: Store, models: Path, kind: str, version: str | None = None) -> LabelsReport:
    """Gather what is known of a version of a labels model; for which version, and what is raised, see gather_about."""
    about, record = gather_about(store, models, version, kind)
    held = part(record, _held_out)
    told = record.get("metrics")
    metrics = told if isinstance(told, dict) else {}
    truth, found = [row[0] for row in held or ()], [row[1] for row in held or ()]
    wrong = Counter(pair for pair in zip(truth, found, strict=True) if pair[0] != pair[1])
    return LabelsReport(
        about=about,
        n=part(metrics, lambda own: count(own["n"])),
        accuracy=_accuracy(truth, found) or Measured(part(metrics, lambda own: maybe(own["accuracy"]))),
        macro_f1=_macro_f1(truth, found) or Measured(part(metrics, lambda own: maybe(own["macro_f1"]))),
        refused=part(metrics, lambda own: maybe(own["refused"])),
        calibration=_calibration(held) if held else None,
        labels=tuple(one for one in per_label(truth, found) if one.n) if held else None,
        confusions=tuple((*pair, n) for pair, n in wrong.most_common(MOST_CONFUSIONS)),
        held_out=held,
    )


def gather_scores(store: Store, models: Path, kind: str, version: str | None = None) -> ScoresReport:
    """Gather what is known of a version of a scorer; for which version, and what is raised, see gather_about."""
    about, record = gather_about(store, models, version, kind)
    return ScoresReport(about, part(record, _sets), part(record, _sample))


def _held_out(record: dict[str, Any]) -> tuple[tuple[str, str, float], ...] | None:
    rows = tuple((text(truth), text(found), share(sure)) for truth, found, sure in record["held_out"])
    return rows or None


def _accuracy(truth: list[str], found: list[str]) -> Measured | None:
    right = [float(a == b) for a, b in zip(truth, found, strict=True)]
    ends = interval(right)
    return None if ends is None else Measured(sum(right) / len(right), *ends)


def _macro_f1(truth: list[str], found: list[str]) -> Measured | None:
    if not truth:
        return None
    numbers = {name: i for i, name in enumerate({*truth, *found})}
    a, b = (np.array([numbers[name] for name in side], np.intp) for side in (truth, found))
    ends = interval_of(lambda rows: macro_f1(a[rows], b[rows]), [np.arange(len(a))])
    return Measured(macro_f1(a, b), *(ends or (None, None)))


def _calibration(held: tuple[tuple[str, str, float], ...]) -> Calibration:
    sure, right = np.array([row[2] for row in held]), np.array([row[0] == row[1] for row in held])
    told = reliability(sure, right, bins=BINS)
    bins = tuple(Bin(own["confidence"], own["right"], own["n"]) for own in told["reliability"])
    return Calibration(len(held), None, told["ece"], bins)


def _sets(record: dict[str, Any]) -> tuple[ScoreSet, ...]:
    metrics = record["metrics"]
    return tuple(_set(name, metrics[name]) for name in SETS if name in metrics)


def _set(name: str, told: Mapping[str, Any]) -> ScoreSet:
    prompts = [_row(own, values) for own, values in told["prompts"].items()]
    rows = [_row("all", told), *prompts] if len(prompts) > 1 else prompts
    alone = told["baselines"].items()
    return ScoreSet(
        name,
        tuple(rows),
        tuple((own, *(maybe(values.get(key)) for key in ("qwk", "rmse", "pearson"))) for own, values in alone),
        tuple(_band(own) for own in told["bands"]),
        tuple((text(reason), count(n)) for reason, n in told["reasons"].items()),
    )


def _row(name: str, told: Mapping[str, Any]) -> ScoreRow:
    baselines = told.get("baselines") or {}
    return ScoreRow(
        name,
        count(told["n"]),
        _measured(told, "qwk"),
        _measured(told, "rmse"),
        _measured(told, "pearson"),
        coverage=maybe(told.get("coverage")),
        people=maybe(told.get("human_qwk")),
        baselines=tuple(maybe(baselines[own]["qwk"]) if own in baselines else None for own in BASELINES),
    )


def _measured(told: Mapping[str, Any], key: str) -> Measured:
    ends = told.get(f"{key}_interval")
    low, high = (None, None) if ends is None else map(number, ends)
    return Measured(maybe(told[key]), low, high)


def _band(told: Mapping[str, Any]) -> Band:
    numbers = (number(told[key]) for key in ("truth", "bias", "rmse"))
    shares = (share(told[key]) for key in ("coverage", "refused"))
    return Band(text(told["band"]), text(told["words"]), count(told["n"]), *numbers, *shares)


def _sample(record: dict[str, Any]) -> tuple[tuple[str, float, float], ...] | None:
    rows = tuple((text(prompt), number(given), number(told)) for prompt, given, told in record["sample"])
    return rows or None
