"""Labelled questions go through production retrieval, each in its own course."""

from collections.abc import Iterable
from pathlib import Path

import pytest
import tiny

from data.records import LabelledQuestion, Question
from qa_model.answerer import RANKED, Answerer, assemble
from qa_model.encoder import Encoder
from qa_model.vectors import VectorCache
from training.evaluation import ask_all, ask_each

KNOWN = [*tiny.topics("one"), *tiny.topics("two", tiny.ROOTS[:3])]
ASKED = [LabelledQuestion(f"{root}bel {root}a", course, (root,)) for root in ("ba", "de") for course in ("one", "two")]


@pytest.fixture(scope="module")
def answerer(bert: Path) -> Answerer:
    return assemble(KNOWN, Encoder.load(bert), VectorCache(None))


def test_each_question_is_asked_in_its_course_through_the_answerer(answerer: Answerer) -> None:
    outcomes = ask_each(answerer, ASKED)
    assert [outcome.question for outcome in outcomes] == ASKED
    for outcome in outcomes:
        asked = Question(outcome.question.text, outcome.question.course)
        (answer,) = answerer.answer([asked], candidates=RANKED)
        assert outcome.answer == answer
        assert {c.entry.course for c in outcome.answer.candidates} == {outcome.question.course}
        assert outcome.latency_ms > 0


def test_asking_in_batches_finds_the_same(answerer: Answerer) -> None:
    alone = {o.question: o.answer.candidates[0].entry for o in ask_each(answerer, ASKED)}
    together = {o.question: o.answer.candidates[0].entry for o in ask_all(answerer, ASKED, batch=3)}
    assert together == alone


def test_nothing_to_ask_gives_nothing(answerer: Answerer) -> None:
    assert ask_each(answerer, []) == ask_all(answerer, []) == []


def test_progress_sees_each_question(answerer: Answerer) -> None:
    seen: list[LabelledQuestion] = []

    def progress(items: Iterable[LabelledQuestion], label: str, total: int) -> Iterable[LabelledQuestion]:
        assert (label, total) == ("asking", len(ASKED))
        for item in items:
            seen.append(item)
            yield item

    ask_each(answerer, ASKED, progress)
    assert seen == ASKED
