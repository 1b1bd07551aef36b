"""Cuts between scores are where people and estimates agree best."""

import numpy as np

from training.score_marks import baseline, best_stretch, marks
from training.score_measures import qwk

RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.integers(0, 6, 400).astype(np.float32)
SHY = (2.5 + 0.5 * (TRUTH - 2.5) + RANDOM.normal(0, 0.3, 400)).astype(np.float32)  # too near to the middle


def test_estimates_that_are_too_alike_are_stretched() -> None:
    made = marks(TRUTH, SHY)
    assert made.stretch > 1.3
    rounded = np.round(SHY)
    assert (qwk(TRUTH, made.of(SHY)) or 0) > (qwk(TRUTH, rounded) or 1) + 0.05
    assert set(made.of(SHY)) <= set(range(6))


def test_estimates_that_are_right_stay() -> None:
    assert best_stretch([(TRUTH, TRUTH)]) == 1


def test_a_baseline_follows_its_sign() -> None:
    made = baseline(SHY, TRUTH)
    assert np.all(np.diff(made.of(np.array([1.0, 2.5, 4.0]))) > 0)
    assert made.of(np.array([-100.0, 100.0])).min() >= 0


def test_a_sign_that_does_not_vary_tells_the_mean() -> None:
    assert np.allclose(baseline(np.ones(400, np.float32), TRUTH).of(np.ones(2)), TRUTH.mean(), atol=1e-3)
