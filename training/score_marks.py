"""Where the cuts between scores lie: chosen for agreement, by quadratic weighted kappa, on what was left out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qa_model.encoder import Vectors
from qa_model.scorer import Baseline, Marks
from training.score_measures import qwk

STRETCHES = np.arange(1, 2.01, 0.05)
POWERS = 2  # of a baseline's polynomial


def marks(truth: Vectors, values: Vectors) -> Marks:
    """Return the marks of estimates of texts that were left out, (texts,)."""
    levels = tuple(float(level) for level in np.unique(truth))
    return Marks(levels, float(values.mean()), best_stretch([(truth, values)]))


def best_stretch(parts: Sequence[tuple[Vectors, Vectors]]) -> float:
    """Return the stretch with the best quadratic weighted kappa, its mean over (truth, values)."""

    def agreement(stretch: float) -> float:
        told = [(t, Marks(tuple(np.unique(t).tolist()), float(v.mean()), stretch).of(v)) for t, v in parts]
        return float(np.mean([qwk(t, own) or 0.0 for t, own in told]))

    return float(max(STRETCHES, key=agreement))


def baseline(sign: Vectors, truth: Vectors) -> Baseline:
    """Return the scores by one sign alone that fit best."""
    powers = POWERS if len(np.unique(sign)) > POWERS else 0
    fitted = np.polynomial.polynomial.polyfit(sign.astype(float), truth.astype(float), powers)
    made = Baseline(tuple(float(part) for part in fitted), marks(truth, truth))
    return replace(made, marks=marks(truth, made.of(sign)))
