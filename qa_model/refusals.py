"""Which texts a scorer gives no score that counts: those unlike all that it learned from, and those that are copied."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.scored import Work
from data.words import terms
from qa_model.encoder import Vectors
from qa_model.judge import says_nothing

TOO_SHORT = "too short"
LANGUAGE = "another language"
OFF_PROMPT = "off the prompt"
FROM_PROMPT = "copied from the prompt"
FROM_REFERENCE = "copied from the reference"
NEW_PROMPT = "a prompt that was not learned, without a reference"

COMMON = 50  # words
SHARE_OF_SHORTEST = 0.3  # shorter than this part of nearly all texts is too short
RARE = 0.005  # a sign that fewer texts than this had
SHARE_OF_COMMON = 0.5
MIN_WORDS = 12  # in fewer, words tell neither the language nor where a text is from
RUN, COPIED = 6, 0.8  # words that follow each other, and the share of such runs


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the texts of a prompt have in common.

    words: fewer are too few; script: most of their letters'; common: their commonest words; common_share: fewer of a
    text's words among those are too few; nearest: the least cosine with the nearest of them.
    """

    words: float
    script: str
    common: tuple[str, ...]
    common_share: float
    nearest: float


def bounds_of(texts: Sequence[str], vectors: Vectors) -> Bounds:
    """Return the bounds of texts with these vectors, (texts, dim)."""
    words = [_words(text) for text in texts]
    told = [own for text, own in zip(texts, words, strict=True) if not says_nothing(text)] or [[]]
    counts = Counter(word for own in told for word in set(own))
    common = tuple(word for word, _ in counts.most_common(COMMON))
    shares = [_share(own, common) for own in told if len(own) >= MIN_WORDS]
    return Bounds(
        words=SHARE_OF_SHORTEST * float(np.quantile([len(own) for own in told], 0.05)),
        script=script("".join(texts)),
        common=common,
        common_share=SHARE_OF_COMMON * float(np.quantile(shares, RARE)) if shares else 0.0,
        nearest=_least_nearest(vectors),
    )


def refusals(work: Work, nearest: float, bounds: Bounds) -> tuple[str, ...]:
    """Return why a text is not scored, nothing if it is; `nearest` is its cosine with the nearest text learned from."""
    words = _words(work.text)
    if says_nothing(work.text) or len(words) < bounds.words:
        return (TOO_SHORT,)
    found = [FROM_PROMPT] if copied(work.text, work.prompt) else []
    found += [FROM_REFERENCE] if copied(work.text, work.reference) else []
    if found:
        return tuple(found)
    foreign = script(work.text) != bounds.script
    if len(words) >= MIN_WORDS and (foreign or _share(words, bounds.common) < bounds.common_share):
        return (LANGUAGE,)
    return (OFF_PROMPT,) if nearest < bounds.nearest else ()


def copied(text: str, source: str) -> bool:
    """Say whether nearly all of a text stands in the source, word after word."""
    words = _words(text)
    if len(words) < MIN_WORDS:
        return False
    own, there = _runs(words), _runs(_words(source))
    return sum(run in there for run in own) / len(own) >= COPIED


def script(text: str) -> str:
    """Return the script of most letters, such as LATIN or CJK; "" of none."""
    counts = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
    return counts.most_common(1)[0][0] if counts else ""


def _words(text: str) -> list[str]:
    return [word.lower() for word in terms(text)]


def _share(words: Sequence[str], common: Sequence[str]) -> float:
    known = set(common)
    return sum(word in known for word in words) / max(len(words), 1)


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def _least_nearest(vectors: Vectors) -> float:
    """Return below which cosine with the nearest other hardly any text stands; -1 of one text."""
    if len(vectors) < 2:
        return -1.0
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -1)
    return float(np.quantile(alike.max(1), RARE))
