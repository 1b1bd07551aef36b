"""Lists of made-up sentences in which what points to a person is marked, and how well it is scrubbed.

A sentence a line; what points to a person stands in brackets with its kind, `[n:Anna Schmidt]`. An item is found if
nothing of it is left. Of what was replaced, precise is what overlaps an item.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.scrub import PLACEHOLDERS, scrub

LISTS = Path(__file__).with_name("scrubbing")
HELD_OUT, DEVELOPMENT = LISTS / "held_out.txt", LISTS / "development.txt"
_ITEM = re.compile(r"\[([neldp]):((?:[^\[\]]|\[[^\]]*\])*)\]")
_CHINESE = re.compile(r"[一-龥]")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as a person would type it, and where its items stand, with their kinds."""

    text: str
    items: tuple[tuple[str, Span], ...]

    @property
    def language(self) -> str:
        """Chinese where it holds a Chinese character."""
        return "Chinese" if _CHINESE.search(self.text) else "English"


def read(path: Path) -> list[Sentence]:
    """Read a list; lines that begin with # are remarks."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_sentence(line) for line in lines if line and not line.startswith("#")]


def _sentence(line: str) -> Sentence:
    text, items, at = "", [], 0
    for match in _ITEM.finditer(line):
        text += line[at : match.start()]
        items.append((match[1], (len(text), len(text) + len(match[2]))))
        text += match[2]
        at = match.end()
    return Sentence(text + line[at:], tuple(items))


def replaced(text: str) -> list[Span]:
    """Return where the text was replaced, by following what is left of it."""
    spans, at = [], 0
    parts = re.split("|".join(PLACEHOLDERS), scrub(text))
    for i, part in enumerate(parts):
        found = len(text) - len(part) if i == len(parts) - 1 else text.index(part, at)
        if i:
            spans.append((at, found))
        at = found + len(part)
    return spans


def judge(sentence: Sentence) -> Iterator[tuple[str, bool]]:
    """Yield for each item its kind and whether it is gone; for each replacement `replaced` and whether it was due."""
    spans = replaced(sentence.text)
    for kind, (start, end) in sentence.items:
        left = [i for i in range(start, end) if not any(a <= i < b for a, b in spans)]
        yield kind, not any(sentence.text[i].isalnum() for i in left)
    for a, b in spans:
        yield "replaced", any(a < end and start < b for _, (start, end) in sentence.items)


def measure(sentences: list[Sentence]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return right and all, by language and kind; kind `items` is all items, `replaced` what was replaced."""
    right: Counter[tuple[str, str]] = Counter()
    every: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        for kind, good in judge(sentence):
            for name in (kind,) if kind == "replaced" else (kind, "items"):
                every[sentence.language, name] += 1
                right[sentence.language, name] += good
    return {key: (right[key], n) for key, n in every.items()}
