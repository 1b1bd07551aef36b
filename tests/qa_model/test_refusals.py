"""Texts that a scorer gives no score that counts, and those that it does."""

import numpy as np
import pytest

from data.scored import Work
from qa_model import refusals
from qa_model.refusals import bounds_of, copied

ESSAYS = [
    f"I think that the {thing} is a good idea because people in town want it and it does not cost as much as they say."
    for thing in ("library", "park", "swimming pool", "new road", "museum", "bridge")
]
VECTORS = np.eye(6, 8, dtype=np.float32) * 0.6 + np.full((6, 8), 0.28, np.float32)
BOUNDS = bounds_of(ESSAYS, VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True))
ASKED = "Write to your town council and tell them what should be built with the money that was left over this year."


def why(text: str, nearest: float = 1.0, reference: str = "") -> tuple[str, ...]:
    return refusals.refusals(Work("p", text, ASKED, reference), nearest, BOUNDS)


def test_a_text_like_those_that_were_learned_is_scored() -> None:
    assert why(ESSAYS[0].replace("library", "school")) == ()


@pytest.mark.parametrize("text", ["", "I don't know.", "A library.", "?!"])
def test_a_text_without_enough_in_it_is_too_short(text: str) -> None:
    assert why(text) == (refusals.TOO_SHORT,)


@pytest.mark.parametrize(
    "text",
    [
        "我认为图书馆是一个好主意，因为镇上的人们都想要它，而且它并不像他们说的那么贵。",
        "Ich meine, dass die Bibliothek gut wäre, weil viele Leute sie sich wünschen und sie gar nicht teuer wird.",
    ],
)
def test_another_language_is_told_by_its_letters_or_its_words(text: str) -> None:
    assert why(text) == (refusals.LANGUAGE,)


def test_a_text_far_from_all_that_were_learned_is_off_the_prompt() -> None:
    assert why(ESSAYS[0], nearest=BOUNDS.nearest - 0.01) == (refusals.OFF_PROMPT,)


def test_a_copy_of_the_prompt_or_the_reference_is_refused() -> None:
    assert why(f"{ASKED} The end.") == (refusals.FROM_PROMPT,)
    assert why(ESSAYS[1], reference=f"For example: {ESSAYS[1]}") == (refusals.FROM_REFERENCE,)


def test_quoting_is_not_copying() -> None:
    assert not copied(f"{ASKED} {' '.join(ESSAYS)}", ASKED)
    assert not copied("a short text", "a short text")
