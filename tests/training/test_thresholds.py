"""A threshold keeps its budget by an upper confidence bound of the error."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.calibration import (
    lower_bound,
    threshold,
    upper_bound,
)

WEIGHTS = st.floats(0.1, 1)
# Few different probabilities, so that ties are common.
JUDGED = st.lists(st.tuples(st.integers(0, 9).map(lambda n: n / 9), st.booleans(), WEIGHTS), max_size=150)
BUDGETS = st.floats(0.01, 0.9)


def arrays(judged: Sequence[tuple[float, bool, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    confidence, right, weight = zip(*judged, strict=True) if judged else ((), (), ())
    return np.array(confidence, float), np.array(right, bool), np.array(weight, float)


def error_and_bound(level: float, confidence: np.ndarray, right: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Return the error from a level on and its bound, counted the plain way."""
    own = weight[confidence >= level]
    error = sum(own[~right[confidence >= level]]) / sum(own)
    n = sum(own) ** 2 / sum(own**2)
    return error, upper_bound(error * n, n)


# Clopper and Pearson's one-sided 95 % bounds; 59, 93 and 124 are the usual sample sizes of acceptance sampling for 5 %.
@pytest.mark.parametrize(
    ("wrong", "n", "upper"),
    [(0, 59, 0.05), (1, 93, 0.05), (2, 124, 0.05), (0, 299, 0.01), (0, 1, 0.95), (5, 10, 0.7776)],
)
def test_the_upper_bound_is_the_known_one(wrong: int, n: int, upper: float) -> None:
    assert upper_bound(wrong, n) == pytest.approx(upper, abs=5e-4)
    if wrong == 0:
        assert upper_bound(0, n) == pytest.approx(1 - 0.05 ** (1 / n))  # the closed form


@pytest.mark.parametrize(("wrong", "n"), [(0, 59), (1, 93), (3, 40), (40, 40)])
def test_the_lower_bound_mirrors_the_upper_one(wrong: int, n: int) -> None:
    assert lower_bound(n - wrong, n) == pytest.approx(1 - upper_bound(wrong, n))
    assert lower_bound(wrong, n) <= wrong / n <= upper_bound(wrong, n)


def test_of_nothing_nothing_is_known() -> None:
    assert (lower_bound(0, 0), upper_bound(0, 0)) == (0.0, 1.0)
    assert upper_bound(7, 7) == 1.0


def test_a_budget_takes_as_many_questions_as_the_bound_says() -> None:
    confidence, weight = np.linspace(1, 0.5, 59), np.ones(59)
    assert threshold(confidence, np.ones(59, bool), weight, 0.05) == 0.5
    assert threshold(confidence[:58], np.ones(58, bool), weight[:58], 0.05) is None
    one_wrong = np.arange(59) != 0
    assert threshold(confidence, one_wrong, weight, 0.05) is None
    assert threshold(np.linspace(1, 0.5, 93), np.arange(93) != 0, np.ones(93), 0.05) == 0.5


def test_answers_end_where_they_begin_to_be_wrong() -> None:
    confidence = np.linspace(1, 0, 401)
    level = threshold(confidence, confidence >= 0.5, np.ones(401), 0.05)
    assert level is not None and 0.47 < level < 0.5


def test_questions_of_equal_probability_are_taken_together() -> None:
    confidence = np.array([0.9] * 60 + [0.8] * 40)
    right = np.array([True] * 62 + [False] * 38)
    assert threshold(confidence, right, np.ones(100), 0.05) == 0.9


def test_unequal_weights_count_as_fewer_questions() -> None:
    confidence, right = np.linspace(1, 0.5, 80), np.ones(80, bool)
    assert threshold(confidence, right, np.full(80, 0.3), 0.05) == 0.5  # equal ones count whole, whatever they are
    assert threshold(confidence, right, np.where(np.arange(80) < 10, 1.0, 0.05), 0.05) is None


@given(JUDGED, BUDGETS)
def test_what_a_threshold_lets_through_keeps_the_budget(judged: list[tuple[float, bool, float]], budget: float) -> None:
    confidence, right, weight = arrays(judged)
    level = threshold(confidence, right, weight, budget)
    for other in set(confidence):
        _, bound = error_and_bound(other, confidence, right, weight)
        if level is None or other < level:
            assert bound > budget - 1e-9
        if other == level:
            assert bound <= budget + 1e-9


@given(JUDGED, BUDGETS, BUDGETS)
def test_a_stricter_budget_has_no_lower_threshold(
    judged: list[tuple[float, bool, float]], one: float, other: float
) -> None:
    strict, loose = (threshold(*arrays(judged), budget) for budget in sorted((one, other)))
    assert strict is None or (loose is not None and strict >= loose)


def test_the_true_error_keeps_the_budget_in_18_of_20_calibrations() -> None:
    kept, coverages = 0, []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        calibration, world = (rng.beta(3, 0.4, n) for n in (600, 100_000))
        level = threshold(calibration, rng.random(600) < calibration, np.ones(600), 0.05)
        answered = world >= level if level is not None else np.zeros(len(world), bool)
        coverages.append(answered.mean())
        kept += not answered.any() or float((rng.random(len(world)) >= world)[answered].mean()) <= 0.05
    assert kept >= 18
    assert np.median(coverages) > 0.3  # it is not kept by saying nothing
