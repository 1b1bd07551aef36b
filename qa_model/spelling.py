"""Spelling tolerance: a word that neither the course nor the encoder knows is read as the course's word next to it.

One letter may be missing, too many, wrong, or in the place of its neighbour (Damerau, 1964). Measured with
`python tests/benchmarks/bench_spelling.py`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from data.records import Entry
from data.words import SMALL_WORDS

MIN_LETTERS = 5  # of a word that can be told from its neighbours
MIN_COUNTED = MIN_LETTERS - 1  # of a word that a course is known by
_WORD = re.compile(r"[^\W\d_]+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
Words = Counter[str]


def has_foreign(text: str, courses: Sequence[Words]) -> bool:
    """Say whether a text has a word, in Latin letters, that none of the courses writes and that says something."""
    words = {word.lower() for word in _WORD.findall(text) if word.isascii() and len(word) >= MIN_COUNTED}
    return any(not any(own[word] for own in courses) for word in words - SMALL_WORDS)


def words_of(entries: Iterable[Entry]) -> Words:
    """Count the words that a course writes in Latin letters."""
    return Counter(
        word.lower()
        for entry in entries
        for text in (entry.question, entry.answer, *entry.phrasings)
        for word in _WORD.findall(text)
        if word.isascii() and len(word) >= MIN_COUNTED
    )


def corrected(text: str, courses: Sequence[Words], known: Callable[[str], bool]) -> str:
    """Return the text as these courses spell it; a word that is `known` elsewhere is left as it is."""

    def uses(word: str) -> int:
        return sum(own[word] for own in courses)

    def read(match: re.Match[str]) -> str:
        word = match[0].lower()
        if len(word) < MIN_LETTERS or not word.isascii() or uses(word) or known(word):
            return match[0]
        near = max((near for near in _one_away(word) if near[0] == word[0]), key=uses)
        return near if uses(near) else match[0]

    return _WORD.sub(read, text)


def _one_away(word: str) -> list[str]:
    """Return what is one letter, or two neighbours that changed places, away; in an order that is always the same."""
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = [head + tail[1:] for head, tail in cuts if tail]
    found += [head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1]
    found += [head + letter + tail[1:] for head, tail in cuts if tail for letter in _LETTERS]
    found += [head + letter + tail for head, tail in cuts for letter in _LETTERS]
    return [near for near in found if near]
