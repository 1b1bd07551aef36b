"""How often a follow-up finds its entry, with and without what was asked before, and how often it changes a question
that stands alone, or one that has nothing to do with the course.

On the half of tests/followups/pairs.csv that no threshold was chosen on, and on the other.

Run: python tests/benchmarks/bench_followup.py
"""

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from data import sample
from data.entries import courses
from data.records import Answer, Question
from data.store import Store
from qa_model.answerer import Answerer, load_answerer
from qa_model.followup import leans

OFF_TOPIC = (
    *("what should i cook tonight?", "who won the match yesterday", "how is the weather in paris", "tell me a joke"),
    *("recommend me a movie", "what time does the supermarket close", "how do i fix my bike", "is the bus late today"),
    *("where can i buy cheap flights", "my cat is sick what do i do", "what is the capital of peru"),
    "can you book a table for two",
)
PAIRS = Path(__file__).parent.parent / "followups" / "pairs.csv"


def main() -> None:
    """Ask every pair in the sample course and print the shares, then what each language finds in all courses."""
    with PAIRS.open(encoding="utf-8") as file:
        pairs = list(csv.DictReader(file))
    with TemporaryDirectory() as folder, Store(Path(folder) / "tutor.db") as store:
        store.write(sample.load)
        answerer = load_answerer(store, Path(folder) / "models")
        asked = [Question(pair["text"], pair["course"]) for pair in pairs]
        alone = answerer.answer(asked)
        read = [replace(q, context=pair["previous"]) for q, pair in zip(asked, pairs, strict=True)]
        joined = answerer.answer(read)
        for half in ("choose", "report"):
            own = [(p, a, j) for p, a, j in zip(pairs, alone, joined, strict=True) if p["half"] == half]
            _report(half, own)
        before = sorted({pair["previous"] for pair in pairs if pair["course"] == "fine-tuning"})
        _off_topic(answerer, before, "fine-tuning")
        everywhere = answerer.answer([Question(pair["previous"]) for pair in pairs])
        firsts = Counter(
            (pair["course"], answer.candidates[0].entry.course)
            for pair, answer in zip(pairs, everywhere, strict=True)
            if answer.candidates
        )
        for (asked_in, found_in), n in sorted(firsts.items()):
            print(f"all {len(store.read(courses))} courses: asked as in {asked_in}, first found in {found_in}: {n}")


def _report(half: str, own: list[tuple[dict[str, str], Answer, Answer]]) -> None:
    follow_ups = [(p, a, j) for p, a, j in own if p["kind"] == "follow-up"]
    others = [(p, a, j) for p, a, j in own if p["kind"] == "alone"]
    without = sum(_is_right(p, a) for p, a, _ in follow_ups)
    with_context = sum(_is_right(p, j if leans(a, j) else a) for p, a, j in follow_ups)
    changed = sum(leans(a, j) for _, a, j in others)
    n, m = len(follow_ups), len(others)
    print(f"{half}: follow-ups right {with_context}/{n}, alone {without}/{n}; stand-alone changed {changed}/{m}")


def _off_topic(answerer: Answerer, before: list[str], course: str) -> None:
    asked = [Question(text, course) for text in OFF_TOPIC]
    changed = 0
    for question, alone in zip(asked, answerer.answer(asked), strict=True):
        joined = answerer.answer([replace(question, context=previous) for previous in before])
        changed += sum(leans(alone, one) for one in joined)
    print(f"off-topic, after each of {len(before)} questions: changed {changed}/{len(asked) * len(before)}")


def _is_right(pair: dict[str, str], answer: Answer) -> bool:
    return any(candidate.entry.id in pair["expected_ids"].split("|") for candidate in answer.candidates[:1])


if __name__ == "__main__":
    main()
