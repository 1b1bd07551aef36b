"""Fit a course's own numbers: how much each signal counts, how likely the first is right, when to answer.

All of it on questions that the encoder did not learn from, with their wordings out of the index. The shipped policy
is the prior, so few questions move little.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaincinv, expit, logsumexp

from data.records import LabelledQuestion, Question
from qa_model.answerer import Answerer, Sensed
from qa_model.fusion import RANKING, SIGNS, Policy, Signals
from training.examples import Doubt

SCALE = 22.0  # of the softmax over scores that sum to 1: about what a free scale comes to
RANKING_PRIOR, SLOPE_PRIOR = 5.0, 0.5  # how slowly the shipped numbers give way to the course's own
FOLDS = 5
CONFIDENCE = 0.95
BUDGETS = (0.01, 0.02, 0.05, 0.1, 0.2)  # that a report shows the cost of
_BATCH = 64
_NONE = np.zeros(0, np.float32)
_NOTHING = Signals(_NONE, _NONE, _NONE, 0.0, _NONE)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what it found and which of that is right, (entries,).

    `weight`: how far what is right is to be trusted; 0 takes no part. `wrong`: None, or which entries are known to be
    wrong where nothing is known to be right. `fold`: questions whose first expected id is the same share it. `made`:
    its right answers were left out, so that nothing answers it.
    """

    question: LabelledQuestion
    sensed: Sensed
    right: Bools
    weight: float
    fold: int
    made: bool = False
    wrong: Bools | None = None


def ask(answerer: Answerer, questions: Sequence[LabelledQuestion], weights: Sequence[float]) -> list[Asked]:
    """Ask each question in its own course and keep what it found.

    A question of a course without entries finds nothing: it can be measured, but no policy can be fitted on it.
    """
    found: list[list[Sensed]] = []
    for i in range(0, len(questions), _BATCH):
        found += answerer.sense([Question(q.text, q.course) for q in questions[i : i + _BATCH]])
    asked = []
    for question, own, weight in zip(questions, found, weights, strict=True):
        sensed = own[0] if own else Sensed(question.course, (), _NOTHING, True)
        right = np.array([entry.id in question.expected_ids for entry in sensed.entries], bool)
        asked.append(Asked(question, sensed, right, weight, _fold(question)))
    return asked


def ask_doubts(answerer: Answerer, doubts: Sequence[Doubt]) -> list[Asked]:
    """Ask what students doubted: where the first is an entry that they said is wrong, it is; else nothing is known."""
    asked = ask(answerer, [LabelledQuestion(d.text, d.course, ()) for d in doubts], [d.weight for d in doubts])
    wrong = ([e.key in d.wrong for e in one.sensed.entries] for one, d in zip(asked, doubts, strict=True))
    return [replace(one, wrong=np.array(own, bool)) for one, own in zip(asked, wrong, strict=True)]


def left_out(asked: Sequence[Asked]) -> list[Asked]:
    """Return the answerable questions as if their answers were not in the course: nothing answers them then."""
    made = []
    for one in asked:
        rest = np.flatnonzero(~one.right)
        if one.question.expected_ids and len(rest):
            signals = one.sensed.signals.take(rest)
            entries = tuple(one.sensed.entries[i] for i in rest)
            sensed = replace(one.sensed, entries=entries, signals=signals)
            made.append(replace(one, sensed=sensed, right=np.zeros(len(rest), bool), made=True))
    return made


def fit(asked: Sequence[Asked], prior: Policy) -> Policy:
    """Return the policy that the questions speak for, kept near the prior; thresholds stay the prior's."""
    ranked = replace(prior, weights=_weights(asked, prior))
    return _calibrated(asked, ranked)


def judge(asked: Sequence[Asked], policy: Policy) -> tuple[Floats, Bools, Bools]:
    """Return the probability of each question's first, whether it is right, and whether that is known."""
    tops = [_top(one, policy) for one in asked]
    confidence = np.array([probability for _, probability in tops])
    right = np.array([bool(one.right[i]) for one, (i, _) in zip(asked, tops, strict=True)], bool)
    known = [one.wrong is None or bool(one.wrong[i]) for one, (i, _) in zip(asked, tops, strict=True)]
    return confidence, right, np.array(known, bool)


def upper_bound(wrong: float, n: float, confidence: float = CONFIDENCE) -> float:
    """Return the highest error rate that is still likely after `wrong` errors in n (Clopper and Pearson, 1934)."""
    return 1.0 if wrong >= n else float(betaincinv(wrong + 1, n - wrong, confidence))


def lower_bound(wrong: float, n: float, confidence: float = CONFIDENCE) -> float:
    """Return the lowest error rate that is still likely after `wrong` errors in n (Clopper and Pearson, 1934)."""
    return 0.0 if wrong <= 0 else float(betaincinv(wrong, n - wrong + 1, 1 - confidence))


def threshold(confidence: Floats, right: Bools, weight: Floats, max_error: float) -> float | None:
    """Return the lowest probability from which answers keep the budget, by the upper bound; None if none does.

    Every weight must be above 0.
    """
    levels, bounds = _bounds(confidence, right, weight)
    kept = levels[bounds <= max_error]
    return float(kept[-1]) if len(kept) else None


def safest(confidence: Floats, right: Bools, weight: Floats) -> float | None:
    """Return the probability from which the upper bound of the error is lowest; None without questions."""
    levels, bounds = _bounds(confidence, right, weight)
    return float(levels[bounds.argmin()]) if len(levels) else None


def _bounds(confidence: Floats, right: Bools, weight: Floats) -> tuple[Floats, Floats]:
    """Return every threshold, falling, and the upper bound of the error from there on.

    Weighted questions count as so many whole ones as give the same variance (Kish, 1965).
    """
    order = np.argsort(-confidence, kind="stable")
    mass, squares = weight[order].cumsum(), (weight[order] ** 2).cumsum()
    error = (weight[order] * ~right[order]).cumsum() / mass
    n = mass**2 / squares
    last = np.flatnonzero(np.append(np.diff(confidence[order]) != 0, True)[: len(order)])  # of equal ones
    bounds = np.array([upper_bound(error[i] * n[i], n[i]) for i in last], float)
    return confidence[order][last], bounds


def _fold(question: LabelledQuestion) -> int:
    """Return the same fold for all questions with the same first expected id, and for the same text without one."""
    name = min(question.expected_ids, default=question.text)
    return zlib.crc32(f"{question.course}/{name}".encode()) % FOLDS


def _top(one: Asked, policy: Policy) -> tuple[int, float]:
    scores = policy.scores(one.sensed.signals)
    best = np.argsort(-scores, kind="stable")
    return int(best[0]), float(policy.probabilities(one.sensed.signals, scores, best)[0])


def _weights(asked: Sequence[Asked], prior: Policy) -> tuple[float, ...]:
    """Return the ranking weights, none below 0, summing to 1: a softmax over candidates, near the prior's."""
    own = [one for one in asked if one.right.any()]
    most = max((len(one.right) for one in own), default=0)
    values = np.zeros((len(own), most, len(RANKING)))  # (questions, candidates, signals)
    right, there = np.zeros((len(own), most), bool), np.zeros((len(own), most), bool)
    for i, one in enumerate(own):
        n = len(one.right)
        values[i, :n], right[i, :n], there[i, :n] = one.sensed.signals.ranking(), one.right, True
    weight = np.array([one.weight for one in own])
    start = np.array(prior.weights)

    def loss(free: Floats) -> tuple[float, Floats]:
        logits = SCALE * values @ free
        every = np.where(there, logits, -np.inf)
        some = np.where(right, logits, -np.inf)
        total, part = logsumexp(every, axis=1), logsumexp(some, axis=1)
        pull = np.exp(every - total[:, None]) - np.exp(some - part[:, None])  # (questions, candidates)
        gradient = SCALE * np.einsum("q,qc,qcs->s", weight, pull, values)
        away = free - start
        return (
            float(weight @ (total - part) + RANKING_PRIOR * SCALE * away @ away),
            gradient + 2 * RANKING_PRIOR * SCALE * away,
        )

    if not own:
        return prior.weights
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(start)).x
    if found.sum() < 1e-6:
        return prior.weights  # every signal speaks against what is right: nothing to rank by
    return tuple(float(x) for x in found / found.sum())


def _calibrated(asked: Sequence[Asked], policy: Policy) -> Policy:
    """Return the policy with bias and slopes by logistic regression on the first candidate of each question."""
    signs, right, weight = [], [], []
    for one in asked:
        scores = policy.scores(one.sensed.signals)
        best = np.argsort(-scores, kind="stable")
        if one.wrong is None or one.wrong[best[0]]:
            signs.append(one.sensed.signals.signs(scores, best)[0])
            right.append(bool(one.right[best[0]]))
            weight.append(one.weight)
    if not signs:
        return policy
    values = np.column_stack([np.ones(len(signs)), np.array(signs)])  # (questions, 1 + SIGNS)
    target, counts = np.array(right, float), np.array(weight)
    start = np.array([policy.bias, *policy.slopes])

    def loss(free: Floats) -> tuple[float, Floats]:
        logit = values @ free
        cost = np.logaddexp(0, logit) - target * logit
        away = free - start
        gradient = values.T @ (counts * (expit(logit) - target))
        return float(counts @ cost + SLOPE_PRIOR / 2 * away @ away), gradient + SLOPE_PRIOR * away

    # The bias has either sign; no sign of a good match can speak against an entry.
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(None, None)] + [(0.0, None)] * len(SIGNS)).x
    return replace(policy, bias=float(found[0]), slopes=tuple(float(x) for x in found[1:]))
