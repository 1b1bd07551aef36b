"""Calibration on held-out rows: probabilities that are as often right as they say, and a threshold for the scope."""

import numpy as np
import pytest

from qa_model.labels import probabilities
from qa_model.states import unit
from training.label_scope import KEPT, fit_scope, left_out, temperature


def test_the_temperature_undoes_what_made_the_logits_too_sure() -> None:
    rng = np.random.default_rng(0)
    honest = rng.standard_normal((4000, 5)) * 2
    targets = np.array([rng.choice(5, p=share) for share in probabilities(honest)])
    assert temperature(honest, targets) == pytest.approx(1, abs=0.08)
    assert temperature(honest * 4, targets) == pytest.approx(4, abs=0.3)


def test_the_threshold_parts_what_can_be_parted_and_keeps_most_of_what_is_in_scope() -> None:
    rng = np.random.default_rng(0)
    inside, outside = rng.standard_normal((400, 3)) + np.array([0, 3, 3]), rng.standard_normal((400, 3))
    scope = fit_scope(inside, outside)
    assert (scope.scores(inside) >= scope.threshold).mean() >= KEPT
    assert (scope.scores(outside) < scope.threshold).mean() > 0.95
    same = fit_scope(outside[:200], outside[200:])
    assert (same.scores(outside[:200]) >= same.threshold).mean() >= KEPT


def test_with_nothing_to_tell_the_scope_by_everything_is_in_it() -> None:
    scope = fit_scope(np.ones((3, 3)), np.ones((0, 3)))
    assert (scope.scores(np.array([[-9.0, -9.0, -1.0]])) >= scope.threshold).all()


@pytest.mark.parametrize("labels", [2, 5])
def test_a_label_that_is_left_out_looks_less_in_scope_than_one_that_is_not(labels: int) -> None:
    rng = np.random.default_rng(0)
    targets = np.arange(30 * labels) % labels
    vectors = unit(np.eye(labels, 16)[targets] + 0.1 * rng.standard_normal((len(targets), 16))).astype(np.float32)
    train, held = np.arange(0, len(targets) - 40), np.arange(len(targets) - 40, len(targets))
    inside, outside = left_out(vectors, targets, train, held, 10.0, 1.0)
    assert len(inside) and len(outside)
    assert inside[:, 2].mean() > outside[:, 2].mean() + 0.3  # the cosine with the nearest example
    assert np.isfinite(inside).all() and np.isfinite(outside).all()
