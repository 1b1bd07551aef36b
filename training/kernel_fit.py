"""Fit a kernel regression: which kernels, with what weights, is decided by cross-validation; all in closed form.

How far it may be off is told by what each group of texts is told by the regression of all others, which is nearly the
one that serves; that of a fold's others has learned from less and is worse (the jackknife: Barber, Candes, Ramdas and
Tibshirani, Annals of Statistics 2021).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from qa_model.encoder import Vectors
from qa_model.kernels import Member, Part, Regression, Scale, pulled_grams, view
from qa_model.readings import Readings

Folds = npt.NDArray[np.intp]
FOLDS = 10
ROUNDS = 3  # over all kernels
STEP = 3.0  # of a weight
LEAST_GAIN = 1e-4  # of the mean squared error's root, on a scale of 0 to 1: less is chance
TOLERATED = 1.005  # of a mean's error: a mean varies less from one set of texts to the next than either of it
JITTER = 1.0  # the ridge; the weights are in its units


@dataclass(frozen=True, slots=True)
class Fit:
    """Regressions with what they say of each text from those of the other groups, (texts,), and that error's root."""

    regression: Regression
    left_out: Vectors
    error: float


def fit_regression(
    readings: Readings,
    targets: Vectors,
    groups: Sequence[str],
    first: Sequence[Part],
    others: Sequence[Sequence[Part]] = (),
    seed: int = 0,
) -> Fit:
    """Fit to targets from 0 to 1, (texts,). `others`: regressions whose mean with the first is taken if it is no worse.

    Each is given by the kernels to choose among, with weight 0 for those left out at first. `groups`: of each text,
    what it is left out together with; `seed` deals the groups out to folds.
    """
    scale = Scale.of(readings)
    prompts = tuple(sorted(set(readings.prompts.tolist())))
    folds, apart = folds_of(groups, FOLDS, seed), np.unique(np.array(groups), return_inverse=True)[1]
    members: list[Member] = []
    tellings: list[Vectors] = []
    error = float("inf")
    for start in (first, *others):
        search = _Search([_own(part, scale, readings) for part in start], targets)
        weights = search.best([part.weight for part in start], folds)
        left_out, pull = search.solve(weights, apart)
        together = root_error(np.mean([*tellings, left_out], 0), targets)
        if together < error * TOLERATED:
            parts = tuple(replace(p, weight=w) for p, w in zip(start, weights, strict=True) if w)
            members.append(Member(parts, pull, pulled_grams(parts, readings, pull, prompts)))
            tellings, error = [*tellings, left_out], together
    fitted = Regression(tuple(members), scale, readings, prompts, float(targets.mean()))
    return Fit(fitted, np.mean(tellings, 0), error)


def root_error(left_out: Vectors, targets: Vectors) -> float:
    """Return the root of the mean squared error, on the scale from 0 to 1."""
    return float(np.sqrt(np.mean((np.clip(left_out, 0, 1) - targets) ** 2)))


def folds_of(groups: Sequence[str], most: int, seed: int = 0) -> Folds:
    """Return the fold of each text, (texts,): those of one group share it, and the groups are dealt out at random."""
    names, group = np.unique(np.array(groups), return_inverse=True)
    dealt: Folds = np.random.default_rng(seed).permutation(len(names)) % most
    return dealt[group]


class _Search:
    def __init__(self, kernels: Sequence[Vectors], targets: Vectors) -> None:
        self._kernels = kernels  # (texts, texts) each
        self._targets = targets.astype(np.float32)

    def best(self, weights: list[float], folds: Folds) -> list[float]:
        """Return the weights that tell best what is left out.

        Coordinate search: one weight after another is taken up, down or away as long as the error falls.
        """
        best, known = list(weights), self._tried(weights, folds)
        for _ in range(ROUNDS):
            before = known
            for i in range(len(weights)):
                for weight in (0.0, best[i] / STEP, best[i] * STEP) if best[i] else (1.0, STEP):
                    trial = [*best[:i], weight, *best[i + 1 :]]
                    error = self._tried(trial, folds)
                    if error < known - LEAST_GAIN:
                        best, known = trial, error
            if before - known < LEAST_GAIN:
                break
        return best

    def solve(self, weights: Sequence[float], folds: Folds) -> tuple[Vectors, Vectors]:
        """Return what is said of each text when its fold is left out, and what each pulls when none is.

        Leaving rows b out of a ridge regression leaves errors inverse(H_bb) (H y)_b, H the inverse of the kernel with
        its ridge (Golub, Heath and Wahba, Technometrics 1979, for several rows).
        """
        n = len(self._targets)
        total = JITTER * np.eye(n, dtype=np.float32)
        for weight, own in zip(weights, self._kernels, strict=True):
            if weight:
                total += np.float32(weight) * own
        inverse = cho_solve(cho_factor(total, lower=True, overwrite_a=True), np.eye(n, dtype=np.float32))
        pull = inverse @ (self._targets - self._targets.mean())
        left_out = np.zeros(n, np.float32)
        order = np.argsort(folds, kind="stable")
        for rows in np.split(order, np.cumsum(np.bincount(folds))[:-1]):
            left_out[rows] = self._targets[rows] - np.linalg.solve(inverse[np.ix_(rows, rows)], pull[rows])
        return left_out, pull.astype(np.float32)

    def _tried(self, weights: Sequence[float], folds: Folds) -> float:
        if not any(weights):
            return float("inf")
        try:
            return root_error(self.solve(weights, folds)[0], self._targets)
        except LinAlgError:  # weights that outgrow the ridge in single precision
            return float("inf")


def _own(part: Part, scale: Scale, readings: Readings) -> Vectors:
    told = view(part.view, scale, readings, readings)
    return told * (readings.prompts[:, None] == readings.prompts[None]) if part.own else told
