"""A question is read with its context where that is clearly surer, and never else."""

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import Answer
from qa_model.followup import leans, may_lean, searched
from qa_model.spelling import has_foreign

PAIRS = Path(__file__).parent.parent / "followups" / "pairs.csv"
probabilities = st.floats(0, 1)


def answer(confidence: float) -> Answer:
    return Answer("suggest", confidence)


def test_a_question_alone_is_searched_as_it_stands() -> None:
    assert searched("what is LoRA?", "") == "what is LoRA?"


def test_with_its_context_its_own_words_count_twice() -> None:
    assert searched("and GPT?", "how is BERT trained") == "and GPT? how is BERT trained and GPT?"


def test_a_word_that_no_course_has_asks_about_something_else() -> None:
    own, other = Counter(["rate"]), Counter(["decay"])
    assert not has_foreign("and the Rate decay?", [own, other])
    assert all(has_foreign(text, [own, other]) for text in ("what should I cook?", "and the rate tonight?"))
    assert may_lean(answer(0.2)) and not may_lean(replace(answer(0.2), foreign=True))


@pytest.mark.parametrize(("alone", "joined"), [(0.2, 0.86), (0.5, 0.95), (0.0, 0.9)])
def test_it_leans_where_the_context_makes_it_clear(alone: float, joined: float) -> None:
    assert leans(answer(alone), answer(joined))


@pytest.mark.parametrize(("alone", "joined"), [(0.9, 1.0), (0.2, 0.6), (0.0, 0.8), (0.97, 0.2)])
def test_it_stands_alone_where_that_is_nearly_as_good(alone: float, joined: float) -> None:
    assert not leans(answer(alone), answer(joined))


@given(probabilities, probabilities, probabilities)
def test_a_surer_reading_alone_never_makes_it_lean(alone: float, surer: float, joined: float) -> None:
    if alone <= surer and leans(answer(surer), answer(joined)):
        assert leans(answer(alone), answer(joined))


@given(probabilities, probabilities)
def test_only_what_may_lean_leans(alone: float, joined: float) -> None:
    assert may_lean(answer(alone)) or not leans(answer(alone), answer(joined))


def test_a_sure_answer_needs_no_second_reading() -> None:
    assert may_lean(answer(0.8)) and not may_lean(answer(0.9))


def test_the_pairs_are_sixty_of_each_kind_in_two_halves() -> None:
    with PAIRS.open(encoding="utf-8") as file:
        kinds = [(row["kind"], row["half"]) for row in csv.DictReader(file)]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        (kind, half): 30 for kind in ("follow-up", "alone") for half in ("choose", "report")
    }
