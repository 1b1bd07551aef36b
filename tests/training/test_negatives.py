"""The guide takes answers that may be right out of the wrong ones, and finds hard ones that are surely wrong."""

import numpy as np
import pytest
import torch

from data.records import Entry
from qa_model.block import Text, texts_of
from qa_model.encoder import Vectors
from training.examples import Example
from training.negatives import MARGIN, Guide

KNOWN = [Entry("cd"[i == 5], f"e{i}", f"q{i}?", f"a{i}", key=i) for i in range(6)]
ASKED = Example("asked", "c", frozenset({0}), 1.0)
TWO = Example("two", "c", frozenset({0, 3}), 1.0)


def guide(asked: list[float], passages: list[float]) -> Guide:
    """A guide whose cosines are those of angles in degrees."""
    texts: list[Text] = [texts_of(entry)[0] for entry in KNOWN]
    texts += [("query", ASKED.text), ("query", TWO.text)]
    angles = np.radians([*passages, *asked])
    rows: Vectors = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    return Guide(KNOWN, dict(zip(texts, rows, strict=True)))


def test_an_answer_well_above_the_right_one_may_be_right() -> None:
    found = guide([0, 0], [60, 30, 61, 10, 59, 0]).may_be_right([ASKED], [0, 1, 2, 3, 4])
    assert found.dtype == torch.bool
    assert found.tolist() == [[False, True, False, True, False]]


def test_of_several_right_answers_the_likest_counts() -> None:
    found = guide([0, 0], [60, 30, 61, 10, 5, 0]).may_be_right([ASKED, TWO], [1, 2])
    assert found.tolist() == [[True, False], [False, False]]


def test_a_right_answer_below_zero_keeps_the_margin() -> None:
    right = 120  # cosine -0.5
    for cosine, expected in ((-0.5 + MARGIN * 0.4, False), (-0.5 + MARGIN * 0.6, True)):
        other = float(np.degrees(np.arccos(cosine)))
        assert guide([0, 0], [right, other, 180, 180, 180, 0]).may_be_right([ASKED], [1]).tolist() == [[expected]]


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, [2]), (2, [2, 4]), (9, [2, 4, 1])])
def test_the_hardest_are_likest_first_and_surely_wrong(count: int, expected: list[int]) -> None:
    judge = guide([0, 0], [40, 90, 50, 41, 60, 0])  # 41 degrees is within the margin of 40
    assert judge.hardest(ASKED, count) == expected


def test_the_rival_is_the_likest_wrong_answer_of_the_course() -> None:
    judge = guide([0, 0], [40, 90, 50, 41, 60, 0])
    assert judge.rival(ASKED) == {3}
    assert judge.rival(TWO) == {2}
    assert judge.rival(ASKED, np.array([0, 1], np.float32)) == {1}


def test_a_course_of_one_answer_has_no_wrong_one() -> None:
    alone = Example("asked", "d", frozenset({5}), 1.0)
    judge = guide([0, 0], [40, 90, 50, 41, 60, 0])
    assert judge.rival(alone) == set()
    assert judge.hardest(alone, 3) == []
