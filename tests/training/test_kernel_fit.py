"""Kernel regressions: what is left out in closed form is what refitting without it says; useless kernels go."""

from dataclasses import replace

import numpy as np
import pytest

from qa_model.kernels import Part, kernel
from qa_model.readings import SIGNS, Readings, grams
from training.kernel_fit import fit_regression, folds_of

PARTS = (Part("signs", True, 1), Part("signs", False, 1), Part("grams", True, 1), Part("vectors", False, 1))


def readings(n: int = 60, seed: int = 0) -> Readings:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(n, 8)).astype(np.float32)
    texts = [" ".join(random.choice(["ba", "de", "fi", "go"], 5)) for _ in range(n)]
    signs = random.normal(size=(n, len(SIGNS))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Readings(np.array(["a", "b"] * (n // 2)), vectors, signs, grams(texts))


def targets(told: Readings) -> np.ndarray:
    value = 0.5 + 0.2 * told.signs[:, 0] + 0.1 * np.where(told.prompts == "a", 1, -1) * told.signs[:, 1]
    return np.clip(value, 0, 1).astype(np.float32)


def test_what_is_left_out_is_what_a_fit_without_it_says() -> None:
    told = readings()
    y, folds = targets(told), folds_of([str(i) for i in range(len(told))], 5)
    fitted = fit_regression(told, y, folds, PARTS)
    parts, scale = fitted.regression.members[0].parts, fitted.regression.scale
    out, kept = np.flatnonzero(folds == 2), np.flatnonzero(folds != 2)
    inner = kernel(parts, scale, told.take(kept), told.take(kept)) + np.eye(len(kept))
    across = kernel(parts, scale, told.take(out), told.take(kept))
    expected = y.mean() + across @ np.linalg.solve(inner, y[kept] - y.mean())
    np.testing.assert_allclose(fitted.left_out[out], expected, atol=1e-3)


def test_a_regression_says_of_texts_what_its_whole_kernel_says() -> None:
    told, new = readings(), readings(20, seed=1)
    fitted = fit_regression(told, targets(told), folds_of([str(i) for i in range(60)], 5), PARTS).regression
    (member,) = fitted.members
    expected = fitted.mean + kernel(member.parts, fitted.scale, new, told) @ member.pull
    np.testing.assert_allclose(fitted.predict(new), expected, atol=1e-4)


def test_it_learns_and_drops_what_tells_nothing() -> None:
    told = readings(200)
    y = targets(told)
    fitted = fit_regression(told, y, folds_of([str(i) for i in range(200)], 10), (*PARTS, Part("slopes", False, 0)))
    assert fitted.error < 0.8 * y.std()
    assert not any(part.view == "grams" for part in fitted.regression.members[0].parts)


def test_a_new_prompt_has_what_is_shared_only() -> None:
    told, new = readings(), replace(readings(20, seed=1), prompts=np.array(["new"] * 20))
    fitted = fit_regression(told, targets(told), folds_of([str(i) for i in range(60)], 5), PARTS).regression
    (member,) = fitted.members
    shared = tuple(part for part in member.parts if not part.own)
    expected = fitted.mean + kernel(shared, fitted.scale, new, told) @ member.pull
    np.testing.assert_allclose(fitted.predict(new), expected, atol=1e-4)


def test_a_second_regression_stays_where_the_mean_with_it_tells_no_less() -> None:
    told = readings(200)
    noise = np.random.default_rng(3).normal(0, 0.1, 200)
    y = np.clip(0.5 + 0.1 * told.signs[:, 0] + 0.4 * told.vectors[:, 0] + noise, 0, 1).astype(np.float32)
    folds = folds_of([str(i) for i in range(200)], 10)
    signs, vectors, grams = ((Part(name, False, 1),) for name in ("signs", "vectors", "grams"))
    both = fit_regression(told, y, folds, signs, [vectors])
    assert len(both.regression.members) == 2
    assert both.error < fit_regression(told, y, folds, signs).error
    assert len(fit_regression(told, y, folds, vectors, [grams]).regression.members) == 1


@pytest.mark.parametrize("most", [2, 10])
def test_groups_share_a_fold(most: int) -> None:
    groups = [str(i // 3) for i in range(60)]
    folds = folds_of(groups, most)
    assert all(len(set(folds[i : i + 3])) == 1 for i in range(0, 60, 3))
    assert len(set(folds)) == most
