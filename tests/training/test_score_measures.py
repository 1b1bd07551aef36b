"""Measures of scores, by hand and by their properties."""

import numpy as np
import pytest

from data.scored import ScoredWork, Work
from qa_model.scorer import Estimate
from training.score_measures import measure_scores, pearson, qwk, rmse


def estimate(value: float, refused: tuple[str, ...] = (), margin: float = 1.0) -> Estimate:
    alone = {"length_only": (1.0, 1.0)}
    return Estimate(value, float(round(value)), value - margin, value + margin, refused, (), (), alone)


def work(prompt: str, score: float, second: float | None = None, text: str = "some words") -> ScoredWork:
    return ScoredWork(Work(prompt, text), score, second)


def test_quadratic_weighted_kappa_is_that_of_its_definition() -> None:
    a, b, levels = np.array([0, 1, 2, 3, 3, 1]), np.array([0, 2, 2, 3, 1, 1]), 4
    observed = np.zeros((levels, levels))
    for i, j in zip(a, b, strict=True):
        observed[i, j] += 1
    chance = np.outer(np.bincount(a, minlength=levels), np.bincount(b, minlength=levels)) / len(a)
    weights = np.subtract.outer(np.arange(levels), np.arange(levels)) ** 2
    assert qwk(a, b) == pytest.approx(1 - (weights * observed).sum() / (weights * chance).sum())


def test_kappa_knows_agreement_chance_and_nothing() -> None:
    a = np.array([0.0, 1.0, 2.0])
    assert qwk(a, a) == 1
    assert qwk(a, np.ones(3)) == 0
    assert qwk(np.ones(3), np.ones(3)) is None


def test_correlation_of_what_does_not_vary_is_none() -> None:
    assert pearson(np.ones(3), np.arange(3.0)) is None
    assert rmse(np.zeros(4), np.full(4, 2.0)) == 2


def test_every_row_counts_and_kappa_is_the_mean_over_prompts() -> None:
    works = [work("a", 0), work("a", 2), work("b", 0), work("b", 2)]
    told = measure_scores(works, [estimate(0), estimate(2, ("too short",)), estimate(2), estimate(0)])
    assert told["n"] == 4
    assert told["prompts"]["a"]["qwk"] == 1
    assert told["prompts"]["b"]["qwk"] == -1
    assert told["qwk"] == 0
    assert told["coverage"] == 0.5
    assert (told["refused"], told["reasons"]) == (1, {"too short": 1})


def test_intervals_hold_the_measure() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 5, 200)
    works = [work("a", float(score)) for score in truth]
    told = measure_scores(works, [estimate(float(s + random.normal(0, 0.7))) for s in truth])
    for name in ("qwk", "rmse", "pearson"):
        low, high = told[f"{name}_interval"]
        assert low < told[name] < high


def test_people_are_measured_where_two_scored() -> None:
    told = measure_scores([work("a", 0, 0), work("a", 2, 2), work("a", 1)], [estimate(1)] * 3)
    assert told["human_qwk"] == 1
    assert told["prompts"]["a"]["human_n"] == 2
    assert "human_qwk" not in measure_scores([work("a", 0), work("a", 1)], [estimate(1)] * 2)


def test_lengths_are_told_apart() -> None:
    works = [work("a", 1, text="word " * n) for n in (1, 2, 10, 11, 50, 60)]
    bands = measure_scores(works, [estimate(v) for v in (2, 2, 1, 1, 0, 0)])["bands"]
    assert [(own["band"], own["n"], own["bias"]) for own in bands] == [
        ("short", 2, 1),
        ("middle", 2, 0),
        ("long", 2, -1),
    ]


def test_one_text_is_enough() -> None:
    told = measure_scores([work("a", 1)], [estimate(1)])
    assert (told["qwk"], told["rmse"], told["pearson"]) == (None, 0, None)
