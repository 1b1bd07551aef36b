"""Texts with the scores that people gave them: read from a file for fitting and for measuring, never into the store."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from data.errors import Refused
from data.tables import Row, read_table
from data.words import normalise

REQUIRED = ("prompt_id", "text", "score")
OPTIONAL = ("prompt", "reference", "score2")
MAX_SCORE = 1e6
MAX_TEXT_CHARS = 100_000  # twice what a student may hand in: scrubbing can make a text longer


@dataclass(frozen=True, slots=True)
class Work:
    """A text that answers a prompt; what was asked and the reference answer are "" where nobody wrote them down."""

    prompt_id: str
    text: str
    prompt: str = ""
    reference: str = ""

    @property
    def group(self) -> str:
        """What the same text for the same prompt has too: such texts are left out together."""
        return f"{self.prompt_id}\n{normalise(self.text)}"


@dataclass(frozen=True, slots=True)
class ScoredWork:
    """A text with its score and, where two people scored it, the other's."""

    work: Work
    score: float
    second: float | None = None


def read_scored(path: Path) -> list[ScoredWork]:
    """Read `prompt_id, text, score`, and of `prompt, reference, score2` what there is. An empty text is a text.

    Raises Refused, with line numbers, for a row without prompt_id or without a number as its score.
    """
    table = read_table(path, required=REQUIRED, optional=OPTIONAL, max_chars=MAX_TEXT_CHARS)
    refused = list(table.refused)
    works = []
    for row in table.rows:
        try:
            works.append(_scored(row))
        except ValueError as error:
            refused.append(f"line {row.line}: {error}")
    if refused:
        raise Refused([f"{path}: {reason}" for reason in refused])
    if not works:
        raise Refused([f"{path}: has no rows"])
    return works


def check_learnable(path: Path, works: list[ScoredWork], min_rows: int) -> None:
    """Raise Refused for each prompt with too few rows, or with one score only, to learn from."""
    rows = Counter(own.work.prompt_id for own in works)
    scores: dict[str, set[float]] = defaultdict(set)
    for own in works:
        scores[own.work.prompt_id].add(own.score)
    refused = [
        f"{path}: prompt {prompt!r} has {n} rows, it takes {min_rows}; score more, or leave the prompt out"
        for prompt, n in rows.items()
        if n < min_rows
    ]
    refused += [
        f"{path}: every text of prompt {prompt!r} has the score {min(own):g}; there is nothing to learn from it"
        for prompt, own in scores.items()
        if len(own) == 1 and rows[prompt] >= min_rows
    ]
    if refused:
        raise Refused(refused)


def _scored(row: Row) -> ScoredWork:
    if not row["prompt_id"]:
        raise ValueError("the prompt_id is empty")
    work = Work(row["prompt_id"], row["text"], row["prompt"], row["reference"])
    second = _number("score2", row["score2"]) if row["score2"] else None
    return ScoredWork(work, _number("score", row["score"]), second)


def _number(column: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not abs(value) <= MAX_SCORE:
        raise ValueError(f"{column} is {cell[:40]!r}; write a number, with a point before its decimals")
    return value
