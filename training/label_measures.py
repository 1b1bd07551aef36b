"""Measures of a labels model: overall, label by label, and what was taken for what."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data.records import OOS
from qa_model.labels import Labelled
from training.measures import auroc, reliability

BINS = 15  # of stated probability


@dataclass(frozen=True, slots=True)
class PerLabel:
    """How well one label is found, and what it is taken for most often when it is not, None if it always is."""

    label: str
    n: int
    precision: float
    recall: float
    f1: float
    taken_for: str | None


def measure(truth: Sequence[str], found: Sequence[Labelled]) -> dict[str, Any]:
    """Return the measures of the contract, and with them calibration, what is refused, and each label's own.

    Accuracy, F1, `ece` and `refused` (the share refused as out of scope) are over rows not labelled `oos`, by the top
    label whatever was refused. oos_recall: the share of `oos` rows refused; oos_auroc: the chance that such a row looks
    less in scope than another; both None without such rows.
    """
    inside = [(label, one) for label, one in zip(truth, found, strict=True) if label != OOS]
    outside = [one for label, one in zip(truth, found, strict=True) if label == OOS]
    each = per_label([label for label, _ in inside], [one.label for _, one in inside])
    right = np.array([label == one.label for label, one in inside], bool)
    sure = np.array([one.probability for _, one in inside])
    scores = np.array([-one.inside for _, one in inside] + [-one.inside for one in outside])
    return {
        "n": len(truth),
        "accuracy": float(right.mean()) if len(right) else None,
        "macro_f1": float(np.mean([one.f1 for one in each])) if each else None,
        "oos_recall": float(np.mean([not one.known for one in outside])) if outside else None,
        "oos_auroc": auroc(scores, np.repeat([False, True], [len(inside), len(outside)])) if outside else None,
        "ece": reliability(sure, right, bins=BINS)["ece"] if inside else None,
        "refused": float(np.mean([not one.known for _, one in inside])) if inside else None,
        "labels": [asdict(one) for one in each],
    }


def per_label(truth: Sequence[str], found: Sequence[str]) -> list[PerLabel]:
    """Return the measures of each label that is there or was told, the worst found first."""
    there, told, pairs = Counter(truth), Counter(found), Counter(zip(truth, found, strict=True))
    wrong = Counter({pair: n for pair, n in pairs.items() if pair[0] != pair[1]})
    most = {own: other for (own, other), _ in reversed(wrong.most_common())}
    each = []
    for label in there.keys() | told.keys():
        both = pairs[label, label]
        precision, recall = both / max(1, told[label]), both / max(1, there[label])
        f1 = 2 * both / (there[label] + told[label])
        each.append(PerLabel(label, there[label], precision, recall, f1, most.get(label)))
    return sorted(each, key=lambda one: (one.f1, one.label))
