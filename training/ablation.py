"""What each signal is worth: the measures with one signal alone, without one, and with all."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qa_model.answerer import RANKED, decide
from qa_model.fusion import RANKING, Policies, Policy
from training.calibration import Asked
from training.measures import Outcome, measure

MEASURES = ("hit@1", "hit@5", "mrr@10", "auroc", "coverage@0.95")
ALL = "all"
_NAMES = dict(zip(RANKING, ("text", "known wordings", "late interaction", "BM25"), strict=True))


def ablation(asked: Sequence[Asked], policies: Policies | None = None) -> list[dict[str, Any]]:
    """Return a row for every choice of signals, ranked by the policies' weights; all of them come last."""
    policies = policies or Policies()
    choices = {f"{_NAMES[name]} alone": {name} for name in RANKING}
    choices |= {f"without {_NAMES[name]}": {*RANKING} - {name} for name in RANKING[1:]}
    rows = [(name, _only(policies, kept)) for name, kept in choices.items()]
    return [_row(name, asked, chosen) for name, chosen in [*rows, (ALL, policies)]]


def outcomes(asked: Sequence[Asked], policies: Policies | Sequence[Policy]) -> list[Outcome]:
    """Return what is answered with these policies, or with one for each question; without latency."""
    each = [policies] * len(asked) if isinstance(policies, Policies) else [Policies(p) for p in policies]
    found = [[one.sensed] if one.sensed.entries else [] for one in asked]
    answers = [decide(own, chosen, RANKED) for own, chosen in zip(found, each, strict=True)]
    return [Outcome(one.question, answer, 0.0) for one, answer in zip(asked, answers, strict=True)]


def _only(policies: Policies, kept: set[str]) -> Policies:
    """Return the policies with the other signals' weights at 0; of a single signal, with all weight on it."""

    def only(policy: Policy) -> Policy:
        weights = [w if name in kept else 0.0 for name, w in zip(RANKING, policy.weights, strict=True)]
        if not sum(weights):
            weights = [float(name in kept) for name in RANKING]
        return replace(policy, weights=tuple(w / sum(weights) for w in weights))

    return Policies(only(policies.default), {course: only(policy) for course, policy in policies.courses.items()})


def _row(name: str, asked: Sequence[Asked], policies: Policies) -> dict[str, Any]:
    found = measure(outcomes(asked, policies))
    return {"signals": name, **{key: found[key] for key in MEASURES}}
