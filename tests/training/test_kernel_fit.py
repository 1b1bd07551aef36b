"""Kernel regressions: what is left out in closed form is what refitting without it says; useless kernels go."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from qa_model.kernels import Part, Standard, View, Views
from qa_model.readings import SIGNS, Readings, grams
from training import kernel_fit
from training.kernel_fit import FOLDS, Fit, fit_regression, folds_of

PARTS = (Part("signs", True, 1), Part("signs", False, 1), Part("grams", True, 1), Part("vectors", False, 1))


def readings(n: int = 60, seed: int = 0) -> Readings:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(n, 8)).astype(np.float32)
    texts = [" ".join(random.choice(["ba", "de", "fi", "go"], 5)) for _ in range(n)]
    signs = random.normal(size=(n, len(SIGNS))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    states = np.concatenate([random.normal(3, 2, (n, 4)), np.ones((n, 1))], 1).astype(np.float32)
    return Readings(np.array(["a", "b"] * (n // 2)), vectors, states, signs, grams(texts))


def targets(told: Readings) -> np.ndarray:
    value = 0.5 + 0.2 * told.signs[:, 0] + 0.1 * np.where(told.prompts == "a", 1, -1) * told.signs[:, 1]
    return np.clip(value, 0, 1).astype(np.float32)


def fitted_to(told: Readings, *, first: Sequence[Part] = PARTS, others: Sequence[Sequence[Part]] = ()) -> Fit:
    return fit_regression(told, targets(told), [str(i) for i in range(len(told))], first, others)


def test_what_is_left_out_is_what_a_fit_without_its_group_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_fit, "FEW", 0)
    told = readings()
    y, groups = targets(told), [str(i // 3) for i in range(len(told))]
    fitted = fit_regression(told, y, groups, PARTS)
    parts, scale = fitted.regression.members[0].parts, fitted.regression.scale
    for group in ("0", "7"):
        out, kept = (np.flatnonzero(flags) for flags in (np.array(groups) == group, np.array(groups) != group))
        inner = Views(scale, told.take(kept), told.take(kept)).total(parts) + np.eye(len(kept))
        across = Views(scale, told.take(out), told.take(kept)).total(parts)
        expected = y.mean() + across @ np.linalg.solve(inner, y[kept] - y.mean())
        np.testing.assert_allclose(fitted.left_out[out], expected, atol=1e-3)


def test_a_regression_says_of_texts_what_its_whole_kernel_says() -> None:
    told, new = readings(), readings(20, seed=1)
    fitted = fitted_to(told).regression
    (member,) = fitted.members
    expected = fitted.mean + Views(fitted.scale, new, told).total(member.parts) @ member.pull
    np.testing.assert_allclose(fitted.predict(new), expected, atol=1e-4)


def test_it_learns_and_drops_what_tells_nothing() -> None:
    told = readings(200)
    fitted = fitted_to(told, first=(*PARTS, Part("slopes", False, 0)))
    assert fitted.error < 0.8 * targets(told).std()
    assert not any(part.view == "grams" for part in fitted.regression.members[0].parts)


def test_a_new_prompt_has_what_is_shared_only() -> None:
    told, new = readings(), replace(readings(20, seed=1), prompts=np.array(["new"] * 20))
    fitted = fitted_to(told).regression
    (member,) = fitted.members
    shared = tuple(part for part in member.parts if not part.own)
    expected = fitted.mean + Views(fitted.scale, new, told).total(shared) @ member.pull
    np.testing.assert_allclose(fitted.predict(new), expected, atol=1e-4)


def test_a_second_regression_stays_where_the_mean_with_it_tells_no_less() -> None:
    told = readings(200)
    noise = np.random.default_rng(3).normal(0, 0.1, 200)
    y = np.clip(0.5 + 0.1 * told.signs[:, 0] + 0.4 * told.vectors[:, 0] + noise, 0, 1).astype(np.float32)
    groups = [str(i) for i in range(200)]
    signs, vectors, grams = ((Part(name, False, 1),) for name in ("signs", "vectors", "grams"))
    both = fit_regression(told, y, groups, signs, [vectors])
    assert len(both.regression.members) == 2
    assert both.error < fit_regression(told, y, groups, signs).error
    assert len(fit_regression(told, y, groups, vectors, [grams]).regression.members) == 1


def test_of_few_texts_a_fold_is_told_by_a_fit_that_has_not_seen_it() -> None:
    told = readings()
    y, groups = targets(told), [str(i) for i in range(len(told))]
    folds = folds_of(groups, FOLDS)
    kept = np.flatnonzero(folds != 3)
    inner = fit_regression(told.take(kept), y[kept], [groups[i] for i in kept], PARTS).regression
    found = fit_regression(told, y, groups, PARTS).left_out
    np.testing.assert_allclose(found[folds == 3], inner.predict(told.take(np.flatnonzero(folds == 3))), atol=1e-4)


def test_what_does_not_vary_tells_nothing_however_large_it_is() -> None:
    values = np.full((3000, 3), 500.1, np.float32)
    values[::2, 1] += 1
    assert (Standard.of(values).deviation > 0).tolist() == [False, True, False]


@pytest.mark.parametrize("name", ["states", "state_slopes", "states_reference"])
def test_what_only_the_inner_states_tell_is_learned(name: View) -> None:
    told = readings(200)
    y = np.clip(0.5 + 0.05 * (told.states[:, 1] - 3), 0, 1)
    fitted = fit_regression(told, y, [str(i) for i in range(200)], (Part("signs", False, 1), Part(name, False, 0)))
    assert fitted.error < 0.7 * y.std()
    assert [part.view for part in fitted.regression.members[0].parts][-1] == name


@pytest.mark.parametrize("most", [2, 10])
def test_groups_share_a_fold(most: int) -> None:
    groups = [str(i // 3) for i in range(60)]
    folds = folds_of(groups, most)
    assert all(len(set(folds[i : i + 3])) == 1 for i in range(0, 60, 3))
    assert len(set(folds)) == most
