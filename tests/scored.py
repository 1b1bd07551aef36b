"""Scored texts that a tiny encoder can learn: the more of the reference's words, the higher the score."""

import csv
import random
from collections.abc import Sequence
from pathlib import Path

from data.scored import ScoredWork, Work

ASKED = "what is it"
FILLERS = ("bel", "dor", "fin", "gam", "hax", "jol", "kur", "say", "so", "on")
KEYS = {
    "p1": ("ba", "de", "fi", "go"),
    "p2": ("hu", "ka", "le", "mi"),
    "p3": ("no", "pu", "ra", "se"),
    "p4": ("ti", "vo", "we", "zu"),
}


def scored(prompts: Sequence[str] = ("p1",), each: int = 40, best: float = 4, seed: int = 0) -> list[ScoredWork]:
    """Return so many texts of each prompt, with scores from 0 to `best`."""
    drawn = random.Random(seed)
    return [_one(prompt, best, drawn) for prompt in prompts for _ in range(each)]


def write(path: Path, works: Sequence[ScoredWork], *, references: bool = True) -> Path:
    """Write scored texts as `fit scores` reads them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["prompt_id", "text", "score", *(["prompt", "reference"] if references else [])])
        for own in works:
            work = own.work
            table.writerow(
                [work.prompt_id, work.text, f"{own.score:g}", *([work.prompt, work.reference] if references else [])]
            )
    return path


def _one(prompt: str, best: float, drawn: random.Random) -> ScoredWork:
    named = drawn.randint(0, 4)
    words = [*drawn.sample(KEYS[prompt], named), *drawn.choices(FILLERS, k=drawn.randint(4, 9))]
    drawn.shuffle(words)
    return ScoredWork(Work(prompt, " ".join(words), ASKED, " ".join(KEYS[prompt])), named * best / 4)
