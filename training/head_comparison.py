"""Compare two labels models, or two scorers, on the rows of a file: measures, paired intervals, what became of rows.

It is told in the form in which `compare` tells of two answers models.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import Refused
from data.records import OOS
from data.scored import ScoredWork, read_scored
from qa_model import bundle
from qa_model.encoder import Encoder
from qa_model.labels import Head, Labelled, LabelModel
from qa_model.score_bundle import read_scorer
from qa_model.scorer import Estimate
from training.label_measures import measure
from training.label_rows import read_rows
from training.learning import Track
from training.measures import Bools
from training.paired import Indices, changes, interval, interval_of
from training.score_measures import MEASURES, Pairs, by_prompt, measure_scores, pairs_of

LABEL_MEASURES = ("n", "accuracy", "macro_f1", "oos_recall", "oos_auroc", "ece")
SCORE_MEASURES = ("n", "qwk", "rmse", "pearson", "coverage")


@dataclass(frozen=True, slots=True)
class Told:
    """What a model said of a text, and what people said; `off`: by how much the two differ."""

    text: str
    expected: str | float
    said: str | float
    off: float

    @property
    def right(self) -> bool:
        """Whether they said the same."""
        return self.expected == self.said


def compare_heads(
    models: Path, kind: str, file: Path, versions: Sequence[str], progress: Track | None = None
) -> dict[str, Any]:
    """Compare two versions of `labels/NAME` or `scores/NAME` on the rows of a file.

    Raises Refused if the file cannot be read or a version is the base, ModelError if one is missing or damaged.
    """
    folders = [_head(models, kind, version) for version in versions]
    if kind.startswith("labels/"):
        rows = read_rows(file)
        texts = [*rows.texts, *rows.outside]
        labellers = (LabelModel(Encoder.load(own), Head.load(own, head), "") for own, head in folders)
        before, after = (model.label(texts, progress) for model in labellers)
        return compare_labels(texts, [*rows.labels, *[OOS] * len(rows.outside)], before, after)
    works = read_scored(file)
    scorers = (read_scorer(Encoder.load(own), own, head) for own, head in folders)
    first, second = (scorer.score([own.work for own in works], progress) for scorer in scorers)
    return compare_scores(works, first, second)


def compare_labels(
    texts: Sequence[str], truth: Sequence[str], before: Sequence[Labelled], after: Sequence[Labelled]
) -> dict[str, Any]:
    """Compare what two labels models said of the same texts; those labelled `oos` are right if they were refused."""
    found = [[_label(label, own) for label, own in zip(truth, side, strict=True)] for side in (before, after)]
    inside = np.array([label != OOS for label in truth], bool)
    number = {name: i for i, name in enumerate({*truth, *found[0], *found[1]})}
    codes = [np.array([number[label] for label in side], np.intp) for side in (truth, *found)]
    told = [[Told(*row, row[1] != row[2]) for row in zip(texts, truth, side, strict=True)] for side in found]
    intervals = {
        "accuracy": _share_interval(told, inside),
        "macro_f1": _difference(lambda i, rows: macro_f1(codes[0][rows], codes[1 + i][rows]), [np.flatnonzero(inside)]),
        "oos_recall": _share_interval(told, ~inside),
    }
    metrics = [{name: own[name] for name in LABEL_MEASURES} for own in (measure(truth, s) for s in (before, after))]
    return _result([{"rows": own} for own in metrics], {"rows": intervals}, told)


def compare_scores(
    works: Sequence[ScoredWork], before: Sequence[Estimate], after: Sequence[Estimate]
) -> dict[str, Any]:
    """Compare what two scorers said of the same texts; one is right if its estimate stands for the score given."""
    prompts = {f"prompt {name}": rows for name, rows in by_prompt(works).items()}
    sides = [pairs_of(works, side) for side in (before, after)]
    parts = {"all": list(prompts.values())}
    if len(prompts) > 1:
        parts |= {name: [rows] for name, rows in prompts.items()}
    number = np.zeros(len(works), np.intp)
    for i, rows in enumerate(prompts.values()):
        number[rows] = i
    intervals = {
        name: {key: _score_interval(key, sides, number, groups) for key in MEASURES} for name, groups in parts.items()
    }
    metrics = []
    for side in (before, after):
        measured = measure_scores(works, side)
        own = {"all": measured, **{f"prompt {name}": told for name, told in measured["prompts"].items()}}
        metrics.append({name: {key: own[name][key] for key in SCORE_MEASURES} for name in parts})
    told = [
        [Told(w.work.text, w.score, e.mark, abs(e.value - w.score)) for w, e in zip(works, side, strict=True)]
        for side in (before, after)
    ]
    return _result(metrics, intervals, told)


def macro_f1(truth: Indices, found: Indices) -> float:
    """Return the mean F1 over the labels that are there or were told, of labels by their numbers."""
    most = int(max(truth.max(), found.max())) + 1
    both = np.bincount(truth[truth == found], minlength=most)
    either = np.bincount(truth, minlength=most) + np.bincount(found, minlength=most)
    return float((2 * both[either > 0] / either[either > 0]).mean())


def _head(models: Path, kind: str, version: str) -> tuple[Path, dict[str, Any]]:
    """Return the folder of a version after its check, and the record of its head."""
    if version == bundle.BASE:
        raise Refused([f"the base is no version of {kind}: it has no head; name two versions, as `history` lists them"])
    return models / kind / version, dict(bundle.verify(models, version, kind)["head"])


def _label(truth: str, own: Labelled) -> str:
    """Return what is compared: the top label, whatever was refused; of a text out of scope, whether it was refused."""
    return OOS if truth == OOS and not own.known else own.label


def _share_interval(told: Sequence[Sequence[Told]], counted: Bools) -> list[float] | None:
    """Return the interval of the difference in the share that is right, of the rows that count."""
    before, after = (np.array([own.right for own in side], float)[counted] for side in told)
    return interval((after - before).tolist())


def _difference(measured: Callable[[int, Indices], float | None], groups: Sequence[Indices]) -> list[float] | None:
    """Return the interval of what the second model (1) measures less what the first (0) does."""

    def difference(rows: Indices) -> float | None:
        before, after = measured(0, rows), measured(1, rows)
        return None if before is None or after is None else after - before

    return interval_of(difference, groups)


def _score_interval(
    name: str, sides: Sequence[Pairs], prompt: Indices, groups: Sequence[Indices]
) -> list[float] | None:
    return _difference(lambda i, rows: _score(name, sides[i].take(rows), prompt[rows]), groups)


def _score(name: str, pairs: Pairs, prompt: Indices) -> float | None:
    """Return a measure of scores; quadratic weighted kappa is the mean over prompts."""
    if name != "qwk":
        return MEASURES[name](pairs)
    each = [MEASURES[name](pairs.take(np.flatnonzero(prompt == own))) for own in np.unique(prompt)]
    known = [value for value in each if value is not None]
    return float(np.mean(known)) if known else None


def _result(
    metrics: Sequence[dict[str, Any]], intervals: dict[str, Any], told: Sequence[Sequence[Told]]
) -> dict[str, Any]:
    """Return the comparison as one JSON object; of what changed, first where the two models differ most."""
    changed = changes(*told).record(_change)
    for side in ("fixed", "broke"):
        changed[side].sort(key=lambda row: -abs(row.pop("nearer")))
    return {"metrics": {"before": metrics[0], "after": metrics[1]}, "intervals": intervals, **changed}


def _change(before: Told, after: Told) -> dict[str, Any]:
    told = {"text": before.text, "expected": before.expected, "before": before.said, "after": after.said}
    return {**told, "nearer": before.off - after.off}
