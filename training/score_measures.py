"""Measures of scores: agreement with people, error, correlation, coverage; of all, for each prompt, and by length."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from data.scored import ScoredWork
from data.words import terms
from qa_model.scorer import BASELINES, Estimate
from training.measures import Floats

RESAMPLED = 500
SAMPLED = 600  # texts that a picture shows
ENDS = (2.5, 97.5)  # percent
BANDS = ("short", "middle", "long")
Measures = dict[str, Any]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pairs:
    """What people gave and what was estimated, (texts,) each: the score, the estimate, and the score it stands for."""

    truth: Floats
    value: Floats
    mark: Floats

    def take(self, rows: Rows) -> "Pairs":
        """Return some of the texts."""
        return Pairs(self.truth[rows], self.value[rows], self.mark[rows])


def qwk(a: Floats, b: Floats) -> float | None:
    """Return the quadratic weighted kappa of two scorings (Cohen, 1968); None if neither tells texts apart.

    One less the mean squared difference by what it would be if the two were independent.
    """
    chance = float(a.var() + b.var() + (a.mean() - b.mean()) ** 2) if len(a) else 0.0
    return 1 - float(((a - b) ** 2).mean()) / chance if chance > 0 else None


def rmse(a: Floats, b: Floats) -> float:
    """Return the root of the mean squared difference."""
    return float(np.sqrt(((a - b) ** 2).mean()))


def pearson(a: Floats, b: Floats) -> float | None:
    """Return the correlation; None if one of them does not vary."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


MEASURES: Mapping[str, Callable[[Pairs], float | None]] = {
    "qwk": lambda own: qwk(own.truth, own.mark),
    "rmse": lambda own: rmse(own.truth, own.value),
    "pearson": lambda own: pearson(own.truth, own.value),
}


def measure_scores(works: Sequence[ScoredWork], estimates: Sequence[Estimate], seed: int = 0) -> Measures:
    """Return the measures of the contract, of all and for each prompt; every text counts, refused ones too."""
    pairs = pairs_of(works, estimates)
    inside = np.array([e.low <= w.score <= e.high for w, e in zip(works, estimates, strict=True)], bool)
    refused = [bool(e.refused) for e in estimates]
    rows = by_prompt(works)
    random = np.random.default_rng(seed)
    prompts = {
        name: {
            **_measured(pairs.take(own), random),
            "coverage": float(inside[own].mean()),
            **_human(works, own),
            "baselines": _baselines([works[i] for i in own], [estimates[i] for i in own]),
        }
        for name, own in rows.items()
    }
    qwks = [told["qwk"] for told in prompts.values() if told["qwk"] is not None]
    humans = [told["human_qwk"] for told in prompts.values() if told.get("human_qwk") is not None]
    return {
        **_measured(pairs, random),
        "qwk": float(np.mean(qwks)) if qwks else None,
        "qwk_interval": _mean_interval(pairs, list(rows.values()), random),
        "coverage": float(inside.mean()),
        **({"human_qwk": float(np.mean(humans))} if humans else {}),
        "refused": sum(refused),
        "reasons": _reasons(estimates),
        "baselines": _baselines(works, estimates),
        "bands": _bands(works, pairs, inside, np.array(refused)),
        "prompts": prompts,
    }


def pairs_of(works: Sequence[ScoredWork], estimates: Sequence[Estimate]) -> Pairs:
    """Return texts' scores beside their estimates."""
    columns = ([w.score for w in works], [e.value for e in estimates], [e.mark for e in estimates])
    return Pairs(*(np.array(own, float) for own in columns))


def sample(works: Sequence[ScoredWork], estimates: Sequence[Estimate]) -> list[list[Any]]:
    """Return prompt, score and estimate of some texts, evenly taken: a record keeps them for a picture."""
    taken = np.unique(np.linspace(0, len(works) - 1, min(SAMPLED, len(works))).round().astype(int))
    return [[works[i].work.prompt_id, works[i].score, round(estimates[i].value, 4)] for i in taken]


def by_prompt(works: Sequence[ScoredWork]) -> dict[str, Rows]:
    """Return the numbers of each prompt's texts."""
    names = np.array([own.work.prompt_id for own in works])
    return {str(name): np.flatnonzero(names == name) for name in np.unique(names)}


def _measured(pairs: Pairs, random: np.random.Generator) -> Measures:
    """Return the measures of some texts, each with its 95 % bootstrap interval."""
    n = len(pairs.truth)
    again = [pairs.take(random.integers(n, size=n)) for _ in range(RESAMPLED)]
    told: Measures = {"n": n}
    for name, of in MEASURES.items():
        told |= {name: of(pairs), f"{name}_interval": _interval([of(own) for own in again])}
    return told


def _interval(values: Sequence[float | None]) -> list[float] | None:
    known = [value for value in values if value is not None]
    return [float(end) for end in np.percentile(known, ENDS)] if known else None


def _mean_interval(pairs: Pairs, groups: Sequence[Rows], random: np.random.Generator) -> list[float] | None:
    """Return the interval of the mean over prompts of the quadratic weighted kappa, texts drawn within prompts."""
    means = []
    for _ in range(RESAMPLED):
        drawn = [pairs.take(random.choice(rows, len(rows))) for rows in groups]
        known = [told for own in drawn if (told := qwk(own.truth, own.mark)) is not None]
        means.append(float(np.mean(known)) if known else None)
    return _interval(means)


def _human(works: Sequence[ScoredWork], rows: Rows) -> Measures:
    """Return how two people agree on a prompt, where two scored it."""
    both = [(works[i].score, second) for i in rows if (second := works[i].second) is not None]
    if not both:
        return {}
    first, second = np.array(both).T
    return {"human_qwk": qwk(first, second), "human_n": len(both)}


def _reasons(estimates: Sequence[Estimate]) -> dict[str, int]:
    told = [reason for own in estimates for reason in own.refused]
    return {reason: told.count(reason) for reason in dict.fromkeys(told)}


def _baselines(works: Sequence[ScoredWork], estimates: Sequence[Estimate]) -> Measures:
    """Return what each baseline reaches that every text has."""
    rows = by_prompt(works)
    return {name: told for name in BASELINES if (told := _baseline(name, works, estimates, rows))}


def _baseline(
    name: str, works: Sequence[ScoredWork], estimates: Sequence[Estimate], rows: Mapping[str, Rows]
) -> Measures:
    """Return what one sign alone reaches; nothing if some text has no score by it."""
    if any(name not in own.baselines for own in estimates):
        return {}
    truth = np.array([own.score for own in works])
    value, mark = np.array([own.baselines[name] for own in estimates]).T
    qwks = [told for own in rows.values() if (told := qwk(truth[own], mark[own])) is not None]
    mean = float(np.mean(qwks)) if qwks else None
    return {"qwk": mean, "rmse": rmse(truth, value), "pearson": pearson(truth, value)}


def _bands(works: Sequence[ScoredWork], pairs: Pairs, inside: Floats, refused: Floats) -> list[Measures]:
    """Return how each third of the texts by length fares: `bias` is what the estimates are above the truth."""
    lengths = np.array([len(terms(own.work.text)) for own in works])
    ends = np.quantile(lengths, (1 / 3, 2 / 3))
    band = np.digitize(lengths, ends, right=True)
    found = []
    for i, name in enumerate(BANDS):
        rows = np.flatnonzero(band == i)
        if not len(rows):
            continue
        own = pairs.take(rows)
        told = {"band": name, "words": f"{lengths[rows].min()}-{lengths[rows].max()}", "n": len(rows)}
        told |= {"truth": float(own.truth.mean()), "bias": float((own.value - own.truth).mean())}
        told |= {"rmse": rmse(own.truth, own.value), "coverage": float(inside[rows].mean())}
        found.append({**told, "refused": float(refused[rows].mean())})
    return found
