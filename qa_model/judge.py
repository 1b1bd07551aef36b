"""How good a free-text answer is beside the approved one: right, partly, or not yet.

A proportional-odds model (McCullagh, Regression Models for Ordinal Data, JRSS B 1980) over six signs that can be shown.
Its numbers were fitted on the training part of SAF (Filighera et al., Your Answer is Incorrect... Would you like to
know why?, ACL 2022, MIT licence): 1,476 answers of a networking course, and 400 of them set beside the answer of
another question, which is not yet right whatever it says. `python tests/benchmarks/bench_judge.py FOLDER --fit` fits
them again. A scorer takes the place of this one by `judge`: a score from 0 to 1, and `verdict_of` cuts it.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import astuple, dataclass

import numpy as np

from data.practice import Verdict
from data.records import Entry
from data.words import normalise, terms
from qa_model.answerer import MIN_KNOWN_SHARE, Answerer
from qa_model.encoder import Encoder, Ids, Tokens, Vectors
from qa_model.windows import windows

SLOPES = (9.942, 2.734, 2.577, 0.815, -0.693, -0.651)  # by Signs
PARTLY_BIAS, RIGHT_BIAS = -3.417, -5.941
PARTLY_FROM, RIGHT_FROM = 0.315, 0.685  # of the score: from there it is the likeliest of the three
CLOSE = 0.5  # nearer than this to the approved answer is on its topic, and says no more
SHORTEST, LONGEST = -3.0, 0.7  # what the length tells, as the logarithm of the ratio
UNRELATED = (
    "The train to the coast leaves every morning at half past seven.",
    "Bake the bread for forty minutes until its crust is brown.",
    "She repaired the old violin and played it at the wedding.",
    "Heavy rain flooded several streets in the harbour district.",
    "这家餐馆的面条又便宜又好吃。",
    "球队在最后一分钟踢进了决定胜负的一球。",
)  # texts of no course: how alike an encoder finds what has nothing to do with each other

_UNKNOWN = re.compile(
    r"(?:sorry,? )?(?:i (?:really )?(?:do not|don['’]?t|dont|can['’]?t|cannot) (?:know|remember|recall|say|answer)"
    r"(?: (?:it|this|that|the answer|yet))?|no (?:idea|clue|answer|submission)|idk|dunno|not sure|pass|skip"
    r"|nothing|none|不知道|不清楚|不会|不懂|不记得|忘了|没有想法|跳过)(?:[,，]? (?:sorry|yet))?"
)
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nothing|without|cannot|neither|nor|\w+n['’]t)\b|不(?!同|仅|但|只|过|断|管)|没|無|无(?!论)|未|并非",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Signs:
    """What an answer is judged by, most of it 0 to 1.

    topic: cosine with the approved answer's windows, the highest, above what unrelated texts have, up to CLOSE.
    terms: the approved answer's tokens that it names, by what they tell in the course. words: how well the approved
    answer bears out each of its tokens, by late interaction. In both the question's own tokens count for nothing.
    length: logarithm of its tokens to the approved answer's. negation: one of them denies, the other does not.
    echo: cosine with the question.
    """

    topic: float
    terms: float
    words: float
    length: float
    negation: float
    echo: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """A score from 0 to 1 and the verdict it cuts to; `signs` is None where there was nothing to judge."""

    score: float
    verdict: Verdict
    signs: Signs | None = None


def judged(answerer: Answerer, entry: Entry, given: str) -> Judgement:
    """Judge an answer with the model that serves; in a course that it has not read yet all words weigh the same."""
    index = answerer.library.courses.get(entry.course)
    weigh = index.token_weights if index else lambda ids: np.ones(len(ids), np.float32)
    return Judge(answerer.encoder, weigh).judge(entry.question, entry.answer, given)


def plainly(approved: str, given: str) -> Judgement | None:
    """Judge an answer that says nothing, or word by word what was approved; None if it takes a model."""
    if says_nothing(given):
        return Judgement(0.0, "not yet")
    return Judgement(1.0, "right") if normalise(given) == normalise(approved) else None


class Judge:
    """Judges answers with an encoder, in a course whose tokens `weigh` weighs. One thread at a time may use it."""

    def __init__(self, encoder: Encoder, weigh: Callable[[Ids], Vectors]) -> None:
        self._encoder = encoder
        self._weigh = weigh

    def judge(self, question: str, approved: str, given: str) -> Judgement:
        """Judge an answer to the question whose approved answer is known."""
        if (plain := plainly(approved, given)) is not None:
            return plain
        signs = self.signs(question, approved, given)
        if signs is None:
            return Judgement(0.0, "not yet")
        score = score_of(signs)
        return Judgement(score, verdict_of(score), signs)

    def signs(self, question: str, approved: str, given: str) -> Signs | None:
        """Return the signs of an answer; None if it says nothing beside the question."""
        if self._encoder.known_share(approved) < MIN_KNOWN_SHARE:
            return _by_words(question, approved, given)
        parts = [windows(text) for text in (question, approved, given)]
        vectors, tokens = self._encoder.encode_tokens([window for part in parts for window in part], "passage")
        ends = np.cumsum([len(part) for part in parts])[:-1]
        (asked_v, asked), (known_v, known), (told_v, told) = (
            (own, joined(tokens[i : i + len(own)])) for own, i in zip(np.split(vectors, ends), (0, *ends), strict=True)
        )
        new, key = ~np.isin(told.ids, asked.ids), ~np.isin(known.ids, asked.ids)
        if not new.any() or not len(known.ids):
            return None
        unrelated, unrelated_words = levels(self._encoder)
        alike = (known.vectors @ told.vectors.T).max(0)  # (told,)
        named = np.isin(known.ids, told.ids).astype(np.float32)
        return Signs(
            topic=min(_above(float((told_v @ known_v.T).max()), unrelated), CLOSE),
            terms=weighted_mean(named[key], self._weigh(known.ids)[key]),
            words=_above(weighted_mean(alike[new], self._weigh(told.ids)[new]), unrelated_words),
            length=float(np.clip(np.log(len(told.ids) / len(known.ids)), SHORTEST, LONGEST)),
            negation=denies(approved, given),
            echo=_above(float((told_v @ asked_v.T).max()), unrelated),
        )


def says_nothing(given: str) -> bool:
    """Say whether there are no words in an answer, or only those that one does not know."""
    return not terms(given) or _UNKNOWN.fullmatch(normalise(given).strip(" .!?…。！？")) is not None


def score_of(signs: Signs) -> float:
    """Return the score, 0 to 1: the mean of how likely the answer is partly right at least, and right."""
    told = float(np.dot(astuple(signs), SLOPES))
    return (_logistic(told + PARTLY_BIAS) + _logistic(told + RIGHT_BIAS)) / 2


def verdict_of(score: float) -> Verdict:
    """Return the verdict that a score of 0 to 1 stands for."""
    if score >= RIGHT_FROM:
        return "right"
    return "partly" if score >= PARTLY_FROM else "not yet"


@functools.lru_cache(maxsize=1)
def levels(encoder: Encoder) -> tuple[float, float]:
    """Return how alike the encoder finds unrelated texts: their mean cosine, and their tokens' highest, on average.

    Encoders differ in that by more than answers do.
    """
    vectors, tokens = encoder.encode_tokens(UNRELATED, "passage")
    pairs = [(i, j) for i in range(len(UNRELATED)) for j in range(len(UNRELATED)) if i != j]
    whole = float(np.mean([vectors[i] @ vectors[j] for i, j in pairs]))
    highest = [(tokens[i].vectors @ tokens[j].vectors.T).max(1).mean() for i, j in pairs if tokens[i].ids.size]
    return whole, float(np.mean(highest))


def _by_words(question: str, approved: str, given: str) -> Signs | None:
    """Return the signs by words alone, for a text of which the encoder knows few tokens."""
    asked, known, told = ([term.lower() for term in terms(text)] for text in (question, approved, given))
    new, key = set(told) - set(asked), set(known) - set(asked)
    if not new or not key:
        return None
    borne_out = len(new & key) / len(new)
    return Signs(
        topic=min(borne_out, CLOSE),
        terms=len(new & key) / len(key),
        words=borne_out,
        length=float(np.clip(np.log(len(told) / len(known)), SHORTEST, LONGEST)),
        negation=denies(approved, given),
        echo=1 - len(new) / len(set(told)),
    )


def denies(approved: str, given: str) -> float:
    """Return 1 if one of two texts denies something and the other does not, else 0."""
    return float(bool(_NEGATION.search(given)) != bool(_NEGATION.search(approved)))


def joined(tokens: list[Tokens]) -> Tokens:
    """Return the tokens of a text's windows as those of one text."""
    return Tokens(np.concatenate([t.ids for t in tokens]), np.concatenate([t.vectors for t in tokens]))


def _above(value: float, unrelated: float) -> float:
    return (value - unrelated) / max(1 - unrelated, 1e-6)


def weighted_mean(values: Vectors, weights: Vectors) -> float:
    """Return the weighted mean, 0 of nothing."""
    return float((values * weights).sum() / max(float(weights.sum()), 1e-6)) if values.size else 0.0


def _logistic(value: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(value, -30, 30))))
