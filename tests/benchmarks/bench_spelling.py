"""What typing slips cost: the questions of the sample course as they were typed, and with one or two slips in each.

Run: python tests/benchmarks/bench_spelling.py
"""

import csv
import random
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from data import sample
from data.records import Question
from data.store import Store
from qa_model.answerer import Answerer, load_answerer

COURSE = "fine-tuning"
MIN_LETTERS = 5


def main() -> None:
    """Print how many questions find their entry first, and among three."""
    asked: list[tuple[str, set[str]]] = []
    for name in ("questions-learn", "questions-test"):
        with sample.path(f"{name}.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["course"] == COURSE and row["expected_ids"]]
        asked += [(row["question"], set(row["expected_ids"].split("|"))) for row in rows]
    dice = random.Random(1)
    with TemporaryDirectory() as folder, Store(Path(folder) / "tutor.db") as store:
        store.write(sample.load)
        answerer = load_answerer(store, Path(folder) / "models")
        for slips in range(3):
            first, three = _hits(answerer, [(_spoil(text, slips, dice), expected) for text, expected in asked])
            print(f"{slips} slips: first {first}/{len(asked)}, among three {three}/{len(asked)}")


def _hits(answerer: Answerer, asked: list[tuple[str, set[str]]]) -> tuple[int, int]:
    answers = answerer.answer([Question(text, COURSE) for text, _ in asked])
    found = [
        [c.entry.id in expected for c in a.candidates[:3]] for a, (_, expected) in zip(answers, asked, strict=True)
    ]
    return sum(any(hits[:1]) for hits in found), sum(map(any, found))


def _spoil(text: str, slips: int, dice: random.Random) -> str:
    pieces = re.findall(r"\w+|\W+", text)
    long = [i for i, piece in enumerate(pieces) if len(piece) >= MIN_LETTERS and piece.isalpha()]
    for i in dice.sample(long, min(slips, len(long))):
        pieces[i] = _slip(pieces[i], dice)
    return "".join(pieces)


def _slip(word: str, dice: random.Random) -> str:
    at = dice.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    lost, doubled, wrong = before + after, word[: at + 1] + letter + after, before + dice.choice("etaoinsr") + after
    return dice.choice([lost, doubled, wrong, before + after[0] + letter + after[1:]])


if __name__ == "__main__":
    main()
