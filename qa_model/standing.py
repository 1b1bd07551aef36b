"""How a text stands beside the well-scored ones of its prompt: what is measured of both, and nothing else.

A sign is worth a word where the other texts of the prompt leave the range of the well-scored ones more often than these
do. Inside that range it is a strength of a text, outside, on the side where the others are, a gap.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.submissions import Finding
from data.words import SMALL_WORDS, has_cjk, terms
from qa_model.encoder import Vectors
from qa_model.kernels import rows_of
from qa_model.readings import SIGNS
from qa_model.scorer import NEW, Scorer

WELL_FROM = 2 / 3  # quantile of the scores
MIN_WELL = 5  # texts
RANGE = (0.1, 0.9)  # quantiles of the well-scored texts
TELLS = 0.2  # share of the others that must lie outside: twice what the well-scored have there
SAME = 0.9  # correlation
MOST = 2  # strengths, and gaps
MIN_TERMS, MAX_TERMS = 3, 12
NAMED_BY = 0.25  # of the well-scored texts: what fewer say is one wording of many
MIN_LETTERS = 4
# As a text shows them: counts out of their logarithm, shares in per cent.
_COUNTS, _SHARES = ("words", "sentence_length", "paragraphs"), ("long_words", "cosine")
_CJK_SIGNS = ("paragraphs", "cosine")  # words are characters and pairs there, which nobody counts
_SENTENCE = re.compile(r"[.!?…。！？\n]+")


@dataclass(frozen=True, slots=True)
class Range:
    """Where the well-scored texts have a sign, and which shares of the other texts lie below and above that."""

    low: float
    high: float
    below: float
    above: float


@dataclass(frozen=True, slots=True)
class Standing:
    """The ranges of a prompt's signs, and the stems of the reference's main terms."""

    ranges: Mapping[str, Range]
    stems: tuple[str, ...]

    @classmethod
    def of(cls, scorer: Scorer, name: str) -> "Standing | None":
        """Return the standing in a prompt; None if it was not learned, or its texts are scored too much alike."""
        prompt = scorer.prompts.get(name)
        if prompt is None or name == NEW:
            return None
        learned = scorer.regressions[prompt.regression].learned
        rows = rows_of(learned.prompts, name)
        texts = [scorer.texts[prompt.regression][i] for i in rows]
        scores = scorer.scores[prompt.regression][rows]
        well = scores >= np.quantile(scores, WELL_FROM)
        if well.all() or well.sum() < MIN_WELL:
            return None
        good = [text for text, taken in zip(texts, well.tolist(), strict=True) if taken]
        stems = main_terms(prompt.reference, prompt.prompt, good)
        told = measures(texts, learned.signs[rows], stems, cjk=prompt.bounds.script == "CJK")
        if not prompt.reference:
            told.pop("cosine")
        return cls({sign: _range(told[sign], well) for sign in _distinct(told)}, stems)

    def findings(self, text: str, signs: Sequence[float]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """Return the strengths and the gaps of a text with these signs, those that tell most first."""
        row = np.array([signs], np.float32)
        told = {**measures([text], row, self.stems, cjk=False), **measures([text], row, self.stems, cjk=True)}
        good: list[tuple[float, Finding]] = []
        bad: list[tuple[float, Finding]] = []
        for sign, known in self.ranges.items():
            value = float(told[sign][0])
            found = Finding(sign, value, known.low, known.high, float(len(self.stems)) if sign == "terms" else 0.0)
            strength, gap = _weights(value, known)
            good += [(strength, found)] if strength >= TELLS else []
            bad += [(gap, found)] if gap >= TELLS else []
        return _heaviest(good), _heaviest(bad)


def main_terms(reference: str, prompt: str, good: Sequence[str]) -> tuple[str, ...]:
    """Return stems of up to MAX_TERMS words of the reference, the prompt's left out, that good texts often name.

    None if they are fewer than MIN_TERMS.
    """
    asked = _line(prompt)
    stems = [stem for stem in dict.fromkeys(map(_stem, _telling(reference))) if f" {stem}" not in asked]
    lines = [_line(text) for text in good]
    shares = {stem: sum(f" {stem}" in line for line in lines) / len(lines) for stem in stems}
    named = sorted((stem for stem in stems if shares[stem] >= NAMED_BY), key=lambda stem: -shares[stem])
    return tuple(named[:MAX_TERMS]) if len(named) >= MIN_TERMS else ()


def measures(texts: Sequence[str], signs: Vectors, stems: Sequence[str], *, cjk: bool) -> dict[str, Vectors]:
    """Return what is measured of texts with these signs, (texts, SIGNS), by name, in whole numbers."""
    told = {name: np.expm1(signs[:, SIGNS.index(name)]) for name in _COUNTS if not cjk or name in _CJK_SIGNS}
    told |= {name: 100 * signs[:, SIGNS.index(name)] for name in _SHARES if not cjk or name in _CJK_SIGNS}
    if cjk:
        told["characters"] = _each(texts, _characters)
        told["sentence_characters"] = _each(texts, lambda text: _characters(text) / max(_sentences(text), 1))
    if stems:
        told["terms"] = _each(texts, lambda text: sum(f" {stem}" in _line(text) for stem in stems))
    return {name: np.rint(values) for name, values in told.items()}


def _range(values: Vectors, well: npt.NDArray[np.bool_]) -> Range:
    low, high = (float(np.rint(np.quantile(values[well], edge))) for edge in RANGE)
    others = values[~well]
    return Range(low, high, float((others < low).mean()), float((others > high).mean()))


def _distinct(told: Mapping[str, Vectors]) -> list[str]:
    """Return the signs without those that say the same as an earlier one."""
    kept: list[str] = []
    for sign, values in told.items():
        if values.std() and all(abs(np.corrcoef(values, told[other])[0, 1]) < SAME for other in kept):
            kept.append(sign)
    return kept


def _weights(value: float, known: Range) -> tuple[float, float]:
    """Return how much a value tells as a strength, and as a gap."""
    if value < known.low:
        return (0.0, known.below) if known.below >= known.above else (known.above, 0.0)
    if value > known.high:
        return (0.0, known.above) if known.above >= known.below else (known.below, 0.0)
    return known.below + known.above, 0.0


def _heaviest(found: list[tuple[float, Finding]]) -> tuple[Finding, ...]:
    return tuple(finding for _, finding in sorted(found, key=lambda one: -one[0])[:MOST])


def _each(texts: Iterable[str], count: Callable[[str], float]) -> Vectors:
    return np.array([count(text) for text in texts], np.float32)


def _characters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _sentences(text: str) -> int:
    return sum(bool(_characters(part)) for part in _SENTENCE.split(text))


def _line(text: str) -> str:
    """Return the words of a text with a space before each."""
    return "".join(f" {word.lower()}" for word in terms(text))


def _telling(text: str) -> list[str]:
    """Return the words that may be main ones: no small ones, and of Chinese pairs of characters."""
    words = [word.lower() for word in terms(text)]
    return [w for w in words if (len(w) == 2 if has_cjk(w) else len(w) >= MIN_LETTERS and w not in SMALL_WORDS)]


def _stem(word: str) -> str:
    """Return the beginning of a word, which its other forms share."""
    return word if has_cjk(word) else word[: max(MIN_LETTERS, len(word) - 2)]
