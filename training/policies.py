"""A course's own policy and the threshold that keeps its error budget, with what a stricter budget would cost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data.budgets import MIN_LABELLED
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
    safest,
    threshold,
    upper_bound,
)
from training.measures import reliability

MIN_UNANSWERABLE = 0.1  # share of questions that nothing answers, where the log knows of fewer
MOST_UNANSWERABLE = 0.9  # share that is believed
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

    def at(self, level: float) -> tuple[float, float, float]:
        """Return coverage, error among what is answered, and how many whole questions that is (Kish, 1965)."""
        answered = self.confidence >= level
        weight = self.weight[answered]
        if not len(weight):
            return 0.0, 0.0, 0.0
        error = float(np.average(~self.right[answered], weights=weight))
        return float(np.average(answered, weights=self.weight)), error, float(weight.sum() ** 2 / (weight @ weight))

    def breaks(self, level: float, max_error: float) -> bool:
        """Say whether these questions show that the threshold does not keep the budget."""
        _, error, n = self.at(level)
        return lower_bound(error * n, n) > max_error


def calibrate(asked: Sequence[Asked], labelled: Mapping[str, int], budgets: Mapping[str, float]) -> Calibrated:
    """Fit the policies of the courses with enough labelled questions, and choose every course's threshold.

    `labelled`: how many questions of each course people asked and someone labelled, these here among them; `budgets`:
    of every course. A measured course's numbers start from those of all measured courses together, and these from
    the shipped ones.
    """
    enough = [one for one in asked if one.weight and labelled.get(one.question.course, 0) >= MIN_LABELLED]
    courses = sorted({one.question.course for one in enough if one.wrong is None})
    measured = [one for one in enough if one.question.course in courses]
    balanced = _balanced([*measured, *left_out(measured)], labelled)
    unseen = {fold: _fitted([o for o in balanced if o.fold != fold], courses) for fold in {o.fold for o in balanced}}
    judged = _judged(balanced, unseen)
    fitted = _fitted(balanced, courses)
    policies, told = {}, {}
    for course, max_error in sorted(budgets.items()):
        thresholds = _thresholds(judged, course, max_error) if course in fitted else {}
        at = thresholds.get(max_error, shipped_threshold(max_error))
        policies[course] = replace(fitted.get(course, Policy()), answer_at=at)
        known = {"labelled": labelled.get(course, 0), "max_error": max_error, "threshold": at}
        told[course] = known | _measured(judged.of(course), at, thresholds)
    record = {
        "questions": len(measured),
        "unanswerable_share": _unanswerable_share(balanced),
        **_reliability(judged),
        "curve": _curve(judged),
        "courses": told,
    }
    each = tuple(unseen.get(one.fold, {}).get(one.question.course, Policy()) for one in asked)
    return Calibrated(Policies(courses=policies), each, record)


def _fitted(asked: Sequence[Asked], courses: Sequence[str]) -> dict[str, Policy]:
    pooled = fit(asked, Policy())
    return {c: fit([one for one in asked if one.question.course == c], pooled) for c in courses}


def _balanced(asked: Sequence[Asked], labelled: Mapping[str, int]) -> list[Asked]:
    """Return the questions with weights by which what nothing answers has its share of the log, course by course.

    Only a part of the answerable questions is asked here, but all that are known to have no answer: `labelled`, which
    counts both kinds, says how many they are among. Where the log knows of fewer than MIN_UNANSWERABLE, the made ones
    fill up; those that are not needed are dropped. Doubts keep their weight: they are no sample of the log.
    """
    counts: dict[tuple[str, str], float] = defaultdict(float)
    for one in asked:
        counts[one.question.course, _kind(one)] += one.weight
    found = []
    for one in asked:
        course, kind = one.question.course, _kind(one)
        answerable, none = counts[course, "answerable"], counts[course, "none"]
        share = min(none / max(labelled[course], 1), MOST_UNANSWERABLE)
        wanted = (answerable or 1.0) * share / (1 - share)
        lacking = max(0.0, answerable * MIN_UNANSWERABLE / (1 - MIN_UNANSWERABLE) - wanted)
        mass = {"none": wanted, "made": lacking}.get(kind, counts[course, kind])
        if mass:
            found.append(replace(one, weight=one.weight * mass / counts[course, kind]))
    return found


def _kind(one: Asked) -> str:
    if one.wrong is not None:
        return "doubt"
    return "made" if one.made else "answerable" if one.question.expected_ids else "none"


def _judged(asked: Sequence[Asked], unseen: Mapping[int, Mapping[str, Policy]]) -> _Judged:
    """Judge each question by the policy that did not see its fold; what is not known does not count."""
    judged = [(one, *(part[0] for part in judge([one], unseen[one.fold][one.question.course]))) for one in asked]
    told = [(one, confidence, right) for one, confidence, right, known in judged if known]
    return _Judged(
        tuple(one.question.course for one, _, _ in told),
        np.array([confidence for _, confidence, _ in told], float),
        np.array([right for _, _, right in told], bool),
        np.array([one.weight for one, _, _ in told], float),
    )


def _thresholds(judged: _Judged, course: str, max_error: float) -> dict[float, float]:
    """Return a measured course's threshold for its budget, and for each that a report shows the cost of.

    A stricter budget never has the lower threshold, whatever chance did: what keeps it keeps a looser one, and where
    nothing was shown to keep it, the shipped threshold gives way to what a looser budget was shown to need.
    """
    budgets = sorted({*BUDGETS, max_error})
    found = [_threshold(judged, course, budget) for budget in budgets]
    for i in range(1, len(found)):
        if found[i] == NEVER:
            found[i] = found[i - 1]
    highest = np.maximum.accumulate(found[::-1])[::-1]
    return dict(zip(budgets, map(float, highest), strict=True))


def _threshold(judged: _Judged, course: str, max_error: float) -> float:
    """Return the threshold of all measured courses, unless this course's own questions speak against it.

    Where no threshold is shown to keep the budget, the safest one serves, and never one below the shipped.
    """
    own = judged.of(course)
    for part in (judged, own):
        found = threshold(part.confidence, part.right, part.weight, max_error)
        if found is not None and not own.breaks(found, max_error):
            return found
    safe = max(shipped_threshold(max_error), safest(judged.confidence, judged.right, judged.weight) or 0.0)
    return NEVER if own.breaks(safe, max_error) else safe


def _measured(own: _Judged, at: float, thresholds: Mapping[float, float]) -> dict[str, Any]:
    """Return what a course's own questions say of its threshold, and what the other budgets would cost."""
    if not len(own.weight):
        return {"measured": False, "coverage": None, "error": None, "upper": None, "costs": []}
    coverage, error, n = own.at(at)
    costs = [{"max_error": budget, "coverage": own.at(level)[0]} for budget, level in thresholds.items()]
    upper = upper_bound(error * n, n)
    return {"measured": True, "coverage": coverage, "error": error, "upper": upper, "costs": costs}


def _unanswerable_share(balanced: Sequence[Asked]) -> float:
    known = [one for one in balanced if one.wrong is None]
    mass = sum(one.weight for one in known)
    return sum(one.weight for one in known if _kind(one) != "answerable") / mass if known else 0.0


def _reliability(judged: _Judged) -> dict[str, Any]:
    """Return the reliability diagram's bins and the expected calibration error (Naeini et al., AAAI 2015)."""
    return reliability(judged.confidence, judged.right, judged.weight, BINS)


def _curve(judged: _Judged) -> list[dict[str, float]]:
    """Return error against coverage by falling threshold."""
    levels = np.unique(judged.confidence)[::-1]
    chosen = levels[np.unique(np.linspace(0, len(levels) - 1, CURVE_POINTS).astype(int))] if len(levels) else []
    points = []
    for level in map(float, chosen):
        coverage, error, _ = judged.at(level)
        points.append({"coverage": coverage, "error": error, "threshold": level})
    return points
