"""From signals to a decision: one score orders the candidates, a logistic model says how likely each is right.

The shipped numbers were chosen on questions typed by people and on questions written from the answers together, and
hold on both; a bundle may carry its own, for all courses and for single ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from data.records import Decision
from qa_model.encoder import Vectors
from qa_model.matrix import leading

Floats = npt.NDArray[np.floating]
Indices = npt.NDArray[np.intp]  # of entries

RANKING = ("text", "wording", "late", "lexical")  # the signals of the score
BARE = 0.5  # what words count for where they stand in for a vector
SLACK = 1e-5  # of a score, for rounding
DAMPING = 1.5  # of the words by how few of them the course knows
WORDING_DISCOUNT, WORDING_SHARE = 0.1, 0.3  # off a known wording's cosine, and of what is left above late interaction
SHIPPED_AT = (
    (0.01, 0.97),
    (0.02, 0.9),
    (0.05, 0.75),
    (0.1, 0.6),
    (0.2, 0.45),
)  # answer from which probability, by budget
SIGNS = (
    "score",
    "margin",
    "late margin",
    "lexical margin",
    "coverage",
    "wording",
    "agreement",
)  # what the probability is read from


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of each entry for one question; each array is (entries,).

    text: highest cosine with a passage of question + answer; wording: with a known wording of the question beside its
    own; both 0 without a vector. lexical: BM25. most: the BM25 that the question could reach. late: the mean over
    the question's tokens, weighted by how much each tells, of the highest cosine with a token of the entry (MaxSim:
    Khattab and Zaharia, ColBERT, SIGIR 2020), nan where it was not computed.
    """

    text: Vectors
    wording: Vectors
    lexical: Vectors
    most: float
    late: Vectors

    def take(self, best: Indices) -> "Signals":
        """Return the signals of these entries alone."""
        return Signals(self.text[best], self.wording[best], self.lexical[best], self.most, self.late[best])

    def coverage(self) -> Floats:
        """Return which part of the BM25 that the question could reach each entry reaches, 0 to 1."""
        part: Floats = np.clip(self.lexical / max(self.most, 1e-6), 0.0, 1.0)
        return part

    def ranking(self) -> Floats:
        """Return what the score weighs, (entries, RANKING), each about 0 to 1.

        Where an entry or the question has no vector the words speak for it, by half; what is missing of late
        interaction is as the text; a wording less alike than the text takes nothing away. BM25 stands against the
        best entry's, damped by the coverage, so that a question that shares few words with the course is left to the
        dense side.
        """
        lexical = self.lexical / max(float(self.lexical.max(initial=0.0)), 1e-6) * self.coverage() ** DAMPING
        late = np.where(np.isnan(self.late), self.text, self.late)
        late += WORDING_SHARE * np.clip(self.wording - WORDING_DISCOUNT - late, 0.0, None)
        dense = np.stack([self.text, np.maximum(self.text, self.wording), late], axis=1)
        bare = (self.text == 0)[:, None]
        return np.concatenate([np.where(bare, BARE * lexical[:, None], dense), lexical[:, None]], axis=1)

    def signs(self, scores: Floats, best: Indices) -> Floats:
        """Return for the entries `best`, best first, what the probability is read from, (len(best), SIGNS).

        margin: of an entry to the best of all others, in the score, in late interaction and in the words; wording:
        likeness to a known wording; agreement: the share of the signals whose own first the entry is.
        """
        ranking = self.ranking()
        bare = self.text == 0
        first = ranking >= ranking.max(axis=0, keepdims=True) - 1e-9  # (entries, RANKING)
        first &= ~bare[:, None] | (ranking > 0)  # with neither vector nor word in common none is first
        late = np.where(bare, 0.0, _margins(ranking[:, 2]))
        wording = np.where(bare, ranking[:, 3], self.wording)
        margins = (_margins(scores), late, _margins(ranking[:, 3]))
        signs: Floats = np.stack([scores, *margins, self.coverage(), wording, first.mean(axis=1)], axis=1)[best]
        return signs


@dataclass(frozen=True, slots=True)
class Policy:
    """The learned numbers of fusion (weights by RANKING, summing to 1), calibration (slopes by SIGNS) and decision."""

    weights: tuple[float, ...] = (0.0, 0.3, 0.4, 0.3)
    bias: float = -3.9
    slopes: tuple[float, ...] = (3.2, 12.6, 2.1, 1.1, 0.2, 1.8, 1.4)
    answer_at: float = 0.75
    suggest_at: float = 0.15

    def __post_init__(self) -> None:
        if len(self.weights) != len(RANKING) or len(self.slopes) != len(SIGNS):
            raise ValueError(f"a policy has {len(RANKING)} weights and {len(SIGNS)} slopes")

    def scores(self, signals: Signals) -> Floats:
        """Return the fused score of each entry, (entries,), about 0 to 1."""
        fused: Floats = signals.ranking() @ np.array(self.weights)
        return fused

    def shortlist(self, signals: Signals, allowed: Indices, most: int, error: float) -> Indices:
        """Return which of the entries `allowed` can be among the `most` best, where a cosine may be off by `error`.

        Late interaction is not known yet. What the score cannot exceed is cheap, and few need more.
        """
        if len(allowed) <= most:
            return allowed
        text, wording, lexical = (own[allowed] for own in (signals.text, signals.wording, signals.lexical))
        coverage = np.clip(lexical / np.float32(max(signals.most, 1e-6)), 0, 1)
        lexical *= coverage ** np.float32(DAMPING) / np.float32(max(float(signals.lexical.max()), 1e-6))
        dense = np.where(text == 0, np.float32(BARE) * lexical, np.maximum(text, wording))
        words = np.float32(self.weights[-1])
        bound = (1 - words) * dense + words * lexical
        best = allowed[leading(bound, 8 * most)]
        # Beside the entry that is best by its words, against which all stand.
        scores = self.scores(signals.take(np.append(best, signals.lexical.argmax())))[:-1]
        least = np.partition(scores, -most)[-most]
        short: Indices = allowed[bound >= least - 2 * error - SLACK]
        return short

    def probabilities(self, signals: Signals, scores: Floats, best: Indices) -> Floats:
        """Return for the entries `best`, best first, the probability that each is right, (len(best),)."""
        logit = self.bias + signals.signs(scores, best) @ np.array(self.slopes)
        probability: Floats = 1 / (1 + np.exp(-np.clip(logit, -30, 30)))
        return probability

    def decide(self, confidence: float) -> Decision:
        """Return what to do with a best candidate of this probability."""
        if confidence >= self.answer_at:
            return "answer"
        return "suggest" if confidence >= self.suggest_at else "abstain"


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of each course that was measured, and the one of all others."""

    default: Policy = field(default_factory=Policy)
    courses: Mapping[str, Policy] = field(default_factory=dict)

    def of(self, course: str) -> Policy:
        """Return the policy in force in a course."""
        return self.courses.get(course, self.default)


def shipped_threshold(max_error: float) -> float:
    """Return the probability from which the shipped policy answers under an error budget; no course measured it."""
    budgets, thresholds = np.array(SHIPPED_AT).T
    return float(np.interp(max_error, budgets, thresholds))


def _margins(values: Floats) -> Floats:
    """Return how far each value is above the highest of the others, (entries,); alone, above 0."""
    if len(values) < 2:
        return np.array(values)
    second, first = np.partition(values, -2)[-2:]
    margins: Floats = np.where(values == first, first - second, values - first)
    return margins
