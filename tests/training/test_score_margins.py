"""Intervals hold what they state, and are wider where estimates are worse."""

import numpy as np

from qa_model.scorer import COVERAGE, PLACES
from training.score_margins import margins, usual_errors

RANDOM = np.random.default_rng(0)


def drawn(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return errors and estimates: the higher the estimate, the smaller the errors."""
    values = RANDOM.random(n)
    return np.abs(RANDOM.normal(size=n) * 0.2 * (1.1 - values)), values


def held(half: tuple[float, ...], errors: np.ndarray, values: np.ndarray) -> np.ndarray:
    return errors <= np.interp(values, PLACES, half)


def test_new_texts_are_covered_as_stated_wherever_they_stand_on_the_scale() -> None:
    errors, values = drawn(2000)
    half = margins(errors, values, usual_errors(errors, values))
    inside, at = held(half, *(new := drawn(4000))), new[1]
    assert abs(inside.mean() - COVERAGE) < 0.02
    for low in (0, 0.25, 0.5, 0.75):
        assert abs(inside[(at >= low) & (at < low + 0.25)].mean() - COVERAGE) < 0.05
    assert half[0] > 3 * half[-1]


def test_few_texts_are_covered_too() -> None:
    covered = []
    for _ in range(200):
        errors, values = drawn(50)
        covered.append(held(margins(errors, values, usual_errors(errors, values)), *drawn(50)).mean())
    assert 0.88 < float(np.mean(covered)) < 0.94


def test_estimates_that_were_always_right_leave_a_margin_for_rounding() -> None:
    errors, values = np.zeros(50), np.linspace(0, 1, 50)
    half = margins(errors, values, usual_errors(errors, values))
    assert 0 < max(half) < 1e-3


def test_a_text_that_stands_alone_on_the_scale_has_about_the_usual_margin() -> None:
    errors, values = np.full(100, 0.1), np.full(100, 0.9)
    assert np.allclose(usual_errors(errors, values), 0.1)
