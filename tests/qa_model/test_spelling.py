"""A word that nobody knows is read as the course's word next to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import Entry
from qa_model.spelling import corrected, words_of

COURSE = words_of(
    [Entry("c", "a", "What is overfitting?", "Overfitting: the *training* loss falls.", alternates=("warmup",))]
)


def known(word: str) -> bool:
    return word in ("trailing", "banana")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("what is overfiting?", "what is overfitting?"),
        ("Overfittting", "overfitting"),
        ("trianing loss", "training loss"),
        ("treining", "training"),
        ("warmpu", "warmup"),
        ("什么是 overfiting 呢", "什么是 overfitting 呢"),
    ],
)
def test_one_letter_or_two_that_changed_places_are_mended(typed: str, read: str) -> None:
    assert corrected(typed, [COURSE], known) == read


@pytest.mark.parametrize(
    "typed", ["trailing", "training", "overftng", "los", "draining", "t5-base", "什么", "übung", ""]
)
def test_what_is_known_far_off_or_short_stays_as_it_is(typed: str) -> None:
    assert corrected(typed, [COURSE], known) == typed


def test_of_two_near_words_the_one_that_the_course_uses_more_is_read() -> None:
    often = words_of([Entry("c", "a", "layer layer layers", "")])
    assert corrected("layerr", [often], known) == "layer"


@given(st.text())
def test_any_text_is_read_and_without_a_course_as_it_stands(text: str) -> None:
    assert corrected(text, [], known) == text
    assert corrected(corrected(text, [COURSE], known), [COURSE], known) == corrected(text, [COURSE], known)
