"""Measures of answering: ranking, abstention, calibration of confidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from data.records import Answer, LabelledQuestion

PRECISION = 0.95
BINS = 10  # of stated confidence
Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question with what came back for it. `rank` counts from 0; None: no expected entry among the candidates."""

    question: LabelledQuestion
    answer: Answer
    latency_ms: float

    @property
    def rank(self) -> int | None:
        """The place of the first expected candidate."""
        ids = [candidate.entry.id for candidate in self.answer.candidates]
        return next((i for i, name in enumerate(ids) if name in self.question.expected_ids), None)

    @property
    def top(self) -> str | None:
        """The id of the top candidate."""
        return next((candidate.entry.id for candidate in self.answer.candidates), None)

    @property
    def right(self) -> bool:
        """Whether the top candidate is expected; an unanswerable question is never right."""
        return self.rank == 0


def measure(outcomes: Sequence[Outcome]) -> dict[str, float | int | None]:
    """Return the measures of the contract; None where a measure has nothing to count.

    hit@k and MRR@10 count answerable questions; precision and coverage are those of the decisions taken; AURC is the
    area under the risk-coverage curve (Geifman, Uziel and El-Yaniv, ICLR 2019).
    """
    ranks = [outcome.rank for outcome in outcomes if outcome.question.expected_ids]
    confidence = np.array([outcome.answer.confidence for outcome in outcomes])
    right = np.array([outcome.right for outcome in outcomes], bool)
    answered = np.array([outcome.answer.decision == "answer" for outcome in outcomes], bool)
    latency = np.array([outcome.latency_ms for outcome in outcomes])
    return {
        "n": len(outcomes),
        "answerable": len(ranks),
        "hit@1": _share([rank == 0 for rank in ranks]),
        "hit@5": _share([rank is not None and rank < 5 for rank in ranks]),
        "mrr@10": _share([1 / (rank + 1) if rank is not None else 0.0 for rank in ranks]),
        "auroc": auroc(confidence, right),
        "aurc": aurc(confidence, right),
        "coverage@0.95": coverage_at(confidence, right, PRECISION),
        "precision": _share(right[answered]),
        "coverage": _share(answered),
        "latency_ms_p50": float(np.percentile(latency, 50)) if len(latency) else None,
        "latency_ms_p95": float(np.percentile(latency, 95)) if len(latency) else None,
    }


def auroc(confidence: Floats, right: Bools) -> float | None:
    """Return the chance that a right answer has more confidence than another, ties counting half (Mann-Whitney U)."""
    if right.all() or not right.any():
        return None
    order = np.sort(confidence[~right])
    below = np.searchsorted(order, confidence[right], "left") + np.searchsorted(order, confidence[right], "right")
    return float(below.mean() / 2 / len(order))


def aurc(confidence: Floats, right: Bools) -> float | None:
    """Return the mean error over all coverages, most confident first; lower is better."""
    if not len(right):
        return None
    wrong = ~right[np.argsort(-confidence, kind="stable")]
    return float((wrong.cumsum() / np.arange(1, len(wrong) + 1)).mean())


def coverage_at(confidence: Floats, right: Bools, precision: float) -> float:
    """Return the largest share of all questions, by falling confidence, whose precision is at least this.

    Questions of equal confidence are taken together: no threshold parts them.
    """
    if not len(right):
        return 0.0
    order = np.argsort(-confidence, kind="stable")
    reached = right[order].cumsum() / np.arange(1, len(right) + 1) >= precision
    last_of_ties = np.append(np.diff(confidence[order]) != 0, True)
    places = np.flatnonzero(reached & last_of_ties)
    return float((places[-1] + 1) / len(right)) if len(places) else 0.0


def _share(values: Sequence[float] | Sequence[bool] | Bools) -> float | None:
    return float(np.mean(values)) if len(values) else None


def reliability(confidence: Floats, right: Bools, weight: Floats | None = None, bins: int = BINS) -> dict[str, Any]:
    """Return the reliability diagram's bins and the expected calibration error (Naeini et al., AAAI 2015)."""
    weight = np.ones(len(confidence)) if weight is None else weight
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    found, ece = [], 0.0
    for i in np.unique(place):
        own = place == i
        stated, true = (float(np.average(values[own], weights=weight[own])) for values in (confidence, right))
        found.append({"confidence": stated, "right": true, "n": int(own.sum())})
        ece += float(weight[own].sum() / weight.sum()) * abs(stated - true)
    return {"ece": ece, "reliability": found}
