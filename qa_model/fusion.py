"""From signals to a decision: one score orders the candidates, a logistic model says how likely each is right.

The shipped numbers were chosen on questions typed by people (the sample's learn file) and on questions written from
the answers (a public course FAQ) together, and hold on both; a bundle may carry its own.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.records import Decision
from qa_model.encoder import Vectors

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of each entry for one question; each array is (entries,).

    text: cosine with question + answer; wording: the highest cosine with a known wording of the question; both 0
    without a vector. lexical: BM25. most: the BM25 that the question could reach. late: the mean over the question's
    tokens of the highest cosine with a token of the entry (MaxSim: Khattab and Zaharia, ColBERT, SIGIR 2020), nan
    where it was not computed.
    """

    text: Vectors
    wording: Vectors
    lexical: Vectors
    most: float
    late: Vectors


@dataclass(frozen=True, slots=True)
class Policy:
    """The learned numbers of fusion, calibration and decision."""

    lexical_weight: float = 0.2
    late_weight: float = 0.5
    wording_weight: float = 0.5
    bias: float = -4.0
    score: float = 3.4
    margin: float = 12.9
    coverage: float = 1.6
    wording: float = 1.4
    answer_at: float = 0.65
    suggest_at: float = 0.15

    def scores(self, signals: Signals) -> Floats:
        """Return the fused score of each entry, (entries,), about 0 to 1.

        Dense and lexical side by a fixed weight; where an entry or the question has no vector, lexical alone.
        """
        lexical = _lexical(signals)
        late = np.where(np.isnan(signals.late), signals.text, signals.late)
        text = (1 - self.late_weight) * signals.text + self.late_weight * late
        dense = (1 - self.wording_weight) * text + self.wording_weight * np.maximum(text, signals.wording)
        dense = np.where(signals.text == 0, lexical, dense)
        fused: Floats = (1 - self.lexical_weight) * dense + self.lexical_weight * lexical
        return fused

    def probabilities(self, signals: Signals, scores: Floats, best: npt.NDArray[np.intp]) -> Floats:
        """Return for the entries `best`, best first, the probability that each is right, (len(best),).

        Logistic in the score, the margin (to the second for the first, to the first for the others), the part of the
        question's words that the entry covers, and the likeness to a known wording.
        """
        top = scores[best]
        margin = top - top[0]
        margin[0] = top[0] - top[1] if len(top) > 1 else top[0]
        wording = np.where(signals.text == 0, _lexical(signals), signals.wording)[best]
        logit = self.bias + self.score * top + self.margin * margin
        logit += self.coverage * _coverage(signals)[best] + self.wording * wording
        probability: Floats = 1 / (1 + np.exp(-logit))
        return probability

    def decide(self, confidence: float) -> Decision:
        """Return what to do with a best candidate of this probability."""
        if confidence >= self.answer_at:
            return "answer"
        return "suggest" if confidence >= self.suggest_at else "abstain"


def _coverage(signals: Signals) -> Floats:
    """Return which part of the BM25 that the question could reach each entry reaches, 0 to 1."""
    part: Floats = np.clip(signals.lexical / max(signals.most, 1e-6), 0.0, 1.0)
    return part


def _lexical(signals: Signals) -> Floats:
    """Return BM25 on the scale of a cosine: against the best entry's, damped by the coverage.

    A question that shares few words with the course is left to the dense side.
    """
    relative = signals.lexical / max(float(signals.lexical.max(initial=0.0)), 1e-6)
    scaled: Floats = relative * np.sqrt(_coverage(signals))
    return scaled
