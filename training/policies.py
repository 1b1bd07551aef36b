"""A course's own policy and the threshold that keeps its error budget, with what a stricter budget would cost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qa_model.fusion import Policies, Policy, shipped_threshold
from training.calibration import (
    BUDGETS,
    Asked,
    Bools,
    Floats,
    fit,
    judge,
    left_out,
    lower_bound,
    threshold,
    upper_bound,
)

MIN_LABELLED = 100  # labelled questions below which a course keeps the shipped numbers
MIN_UNANSWERABLE = 0.1  # share of questions that nothing answers, where the log knows of fewer
NEVER = 1.01  # a threshold that no probability reaches
BINS = 10
CURVE_POINTS = 100


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The policies to serve with; for each question asked one that never saw its fold; what the report shows."""

    policies: Policies
    unseen: tuple[Policy, ...]
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What came of the measured questions out of fold, each array (questions,)."""

    courses: tuple[str, ...]
    confidence: Floats
    right: Bools
    weight: Floats

    def of(self, course: str) -> "_Judged":
        mask = np.array([own == course for own in self.courses], bool)
        return _Judged((course,) * int(mask.sum()), self.confidence[mask], self.right[mask], self.weight[mask])

    def at(self, threshold: float) -> tuple[float, float, float]:
        """Return coverage, error among what is answered, and how many whole questions that is (Kish, 1965)."""
        answered = self.confidence >= threshold
        weight = self.weight[answered]
        if not len(weight):
            return 0.0, 0.0, 0.0
        error = float(weight @ ~self.right[answered] / weight.sum())
        return float(weight.sum() / self.weight.sum()), error, float(weight.sum() ** 2 / (weight @ weight))

    def breaks(self, threshold: float, max_error: float) -> bool:
        """Say whether these questions show that the threshold does not keep the budget."""
        _, error, n = self.at(threshold)
        return lower_bound(error * n, n) > max_error


def calibrate(asked: Sequence[Asked], labelled: Mapping[str, int], budgets: Mapping[str, float]) -> Calibrated:
    """Fit the policies of the courses with enough labelled questions, and choose every course's threshold.

    A measured course's numbers start from those of all measured courses together, and these from the shipped ones.
    """
    measured = [one for one in asked if one.weight and labelled.get(one.question.course, 0) >= MIN_LABELLED]
    courses = sorted({one.question.course for one in measured})
    every = [*measured, *left_out(measured)]
    balanced = [replace(one, weight=w) for one, w in zip(every, _balanced(every, labelled), strict=True)]
    unseen = {fold: _fitted([o for o in balanced if o.fold != fold], courses) for fold in {o.fold for o in balanced}}
    judged = _judged(balanced, unseen)
    fitted = _fitted(balanced, courses)
    chosen = {c: _threshold(judged, c, budgets[c]) for c in courses}
    policies = {c: replace(fitted[c], answer_at=chosen[c]) for c in courses}
    for course in budgets.keys() - policies.keys():
        policies[course] = Policy(answer_at=shipped_threshold(budgets[course]))
    told = {c: _told(judged.of(c), policies[c].answer_at, judged, c, labelled.get(c, 0), budgets[c]) for c in policies}
    share = float(judged.weight @ [not one.question.expected_ids or one.made for one in balanced]) if balanced else 0.0
    record = {
        "questions": len(measured),
        "unanswerable_share": share / max(float(judged.weight.sum()), 1e-9),
        **_reliability(judged),
        "curve": _curve(judged),
        "courses": told,
    }
    shipped = Policy()
    each = tuple(unseen[o.fold].get(o.question.course, shipped) if o.fold in unseen else shipped for o in asked)
    return Calibrated(Policies(courses=policies), each, record)


def _fitted(asked: Sequence[Asked], courses: Sequence[str]) -> dict[str, Policy]:
    pooled = fit(asked, Policy())
    return {c: fit([one for one in asked if one.question.course == c], pooled) for c in courses}


def _balanced(asked: Sequence[Asked], labelled: Mapping[str, int]) -> list[float]:
    """Return weights by which unanswerable questions have the share in each course that they have in the log.

    Where the log knows of fewer than MIN_UNANSWERABLE, the made ones fill up. labelled counts both kinds.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for one in asked:
        counts[one.question.course, _kind(one)] += 1
    weights = []
    for one in asked:
        course, kind = one.question.course, _kind(one)
        answerable, none, made = (counts[course, name] for name in ("answerable", "none", "made"))
        share = min(none / max(labelled[course], 1), 0.9)
        mass = {"answerable": answerable, "none": max(answerable, 1) * share / (1 - share)}
        mass["made"] = max(0.0, answerable * MIN_UNANSWERABLE / (1 - MIN_UNANSWERABLE) - mass["none"])
        number = {"answerable": answerable, "none": none, "made": made}[kind]
        weights.append(one.weight * mass[kind] / number)
    return weights


def _kind(one: Asked) -> str:
    return "made" if one.made else "answerable" if one.question.expected_ids or one.wrong is not None else "none"


def _judged(asked: Sequence[Asked], unseen: Mapping[int, Mapping[str, Policy]]) -> _Judged:
    courses: list[str] = []
    parts: list[tuple[Floats, Bools, Floats]] = []
    for fold, policies in unseen.items():
        for course, policy in policies.items():
            own = [one for one in asked if one.fold == fold and one.question.course == course]
            confidence, right, known = judge(own, policy)
            weight = np.array([one.weight for one in own])
            courses += [course] * int(known.sum())
            parts.append((confidence[known], right[known], weight[known]))
    if not parts:
        return _Judged((), np.zeros(0), np.zeros(0, bool), np.zeros(0))
    return _Judged(tuple(courses), *(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _threshold(judged: _Judged, course: str, max_error: float) -> float:
    """Return the threshold of all measured courses, unless this course's own questions speak against it."""
    own = judged.of(course)
    for part in (judged, own):
        found = threshold(part.confidence, part.right, part.weight, max_error)
        if found is not None and not own.breaks(found, max_error):
            return found
    shipped = shipped_threshold(max_error)
    return NEVER if own.breaks(shipped, max_error) else shipped


def _told(own: _Judged, at: float, judged: _Judged, course: str, labelled: int, max_error: float) -> dict[str, Any]:
    told: dict[str, Any] = {"labelled": labelled, "max_error": max_error, "threshold": at}
    if not len(own.weight):
        return {**told, "measured": False, "coverage": None, "error": None, "upper": None, "costs": []}
    coverage, error, n = own.at(at)
    budgets = sorted({*BUDGETS, max_error})
    costs = [{"max_error": b, "coverage": own.at(_threshold(judged, course, b))[0]} for b in budgets]
    upper = upper_bound(error * n, n)
    return {**told, "measured": True, "coverage": coverage, "error": error, "upper": upper, "costs": costs}


def _reliability(judged: _Judged) -> dict[str, Any]:
    """Return the reliability diagram's bins and the expected calibration error (Naeini et al., AAAI 2015)."""
    place = np.minimum((judged.confidence * BINS).astype(int), BINS - 1)
    bins, ece = [], 0.0
    for i in np.unique(place):
        own = place == i
        weight = judged.weight[own]
        stated = float(weight @ judged.confidence[own] / weight.sum())
        true = float(weight @ judged.right[own] / weight.sum())
        bins.append({"confidence": stated, "right": true, "n": int(own.sum())})
        ece += float(weight.sum()) * abs(stated - true)
    return {"ece": ece / max(float(judged.weight.sum()), 1e-9), "reliability": bins}


def _curve(judged: _Judged) -> list[dict[str, float]]:
    """Return error against coverage by falling threshold."""
    levels = np.unique(judged.confidence)[::-1]
    chosen = levels[np.unique(np.linspace(0, len(levels) - 1, CURVE_POINTS).astype(int))] if len(levels) else []
    points = []
    for level in chosen:
        coverage, error, _ = judged.at(float(level))
        points.append({"coverage": min(coverage, 1.0), "error": min(error, 1.0), "threshold": float(level)})
    return points
