"""Fit a kernel regression: which kernels, with what weights, is decided by cross-validation; all in closed form.

How far it may be off is told by what each group of texts is told by the regression of all others, which is nearly the
one that serves; that of a fold's others has learned from less and is worse (the jackknife: Barber, Candes, Ramdas and
Tibshirani, Annals of Statistics 2021). Of few texts the choice of weights shows there too, and makes it too good: there
each fold is told by a fit that has chosen without it (nested cross-validation: Varma and Simon, BMC Bioinformatics
2006).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from qa_model.encoder import Vectors
from qa_model.kernels import Member, Part, Regression, Scale, Views, pulled_grams
from qa_model.readings import Readings

Folds = npt.NDArray[np.intp]
FOLDS = 10
FEW = 400  # texts: below, what is left out is left out of the choice of weights too
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
    fitted = _fit(readings, targets, groups, (first, *others), seed)
    folds = folds_of(groups, FOLDS, seed)
    if len(targets) >= FEW or len(np.unique(folds)) == 1:
        return fitted
    left_out = np.zeros(len(targets), np.float32)
    for fold in np.unique(folds):
        out, kept = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        inner = _fit(readings.take(kept), targets[kept], [groups[i] for i in kept.tolist()], (first, *others), seed)
        left_out[out] = inner.regression.predict(readings.take(out))
    return replace(fitted, left_out=left_out, error=root_error(left_out, targets))


def _fit(
    readings: Readings, targets: Vectors, groups: Sequence[str], starts: Sequence[Sequence[Part]], seed: int
) -> Fit:
    scale = Scale.of(readings)
    prompts = tuple(sorted(set(readings.prompts.tolist())))
    search = _Search(Views(scale, readings, readings), targets)
    folds, (_, apart) = folds_of(groups, FOLDS, seed), np.unique(np.array(groups), return_inverse=True)
    members: list[Member] = []
    tellings: list[Vectors] = []
    error = float("inf")
    for start in starts:
        parts = search.best(start, folds)
        left_out, pull = search.solve(parts, apart)
        together = root_error(np.mean([*tellings, left_out], 0), targets)
        if together < error * TOLERATED:
            kept = tuple(part for part in parts if part.weight)
            members.append(Member(kept, pull, pulled_grams(kept, readings, pull, prompts)))
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
    def __init__(self, views: Views, targets: Vectors) -> None:
        self._views = views
        self._targets = targets.astype(np.float32)

    def best(self, parts: Sequence[Part], folds: Folds) -> list[Part]:
        """Return the parts with the weights that tell best what is left out.

        Coordinate search: one weight after another is taken up, down or away as long as the error falls.
        """
        best, known = list(parts), self._tried(parts, folds)
        for _ in range(ROUNDS):
            before = known
            for i in range(len(parts)):
                own = best[i].weight
                for weight in (0.0, own / STEP, own * STEP) if own else (1.0, STEP):
                    trial = [*best[:i], replace(best[i], weight=weight), *best[i + 1 :]]
                    error = self._tried(trial, folds)
                    if error < known - LEAST_GAIN:
                        best, known = trial, error
            if before - known < LEAST_GAIN:
                break
        return best

    def solve(self, parts: Sequence[Part], folds: Folds) -> tuple[Vectors, Vectors]:
        """Return what is said of each text when its fold is left out, and what each pulls when none is.

        Leaving rows b out of a ridge regression leaves errors inverse(H_bb) (H y)_b, H the inverse of the kernel with
        its ridge (Golub, Heath and Wahba, Technometrics 1979, for several rows).
        """
        n = len(self._targets)
        total = self._views.total(part for part in parts if part.weight)
        total[np.diag_indices(n)] += JITTER
        inverse = cho_solve(cho_factor(total, lower=True, overwrite_a=True), np.eye(n, dtype=np.float32))
        pull = inverse @ (self._targets - self._targets.mean())
        left_out = np.zeros(n, np.float32)
        order = np.argsort(folds, kind="stable")
        for rows in np.split(order, np.cumsum(np.bincount(folds))[:-1]):
            left_out[rows] = self._targets[rows] - np.linalg.solve(inverse[np.ix_(rows, rows)], pull[rows])
        return left_out, pull.astype(np.float32)

    def _tried(self, parts: Sequence[Part], folds: Folds) -> float:
        if not any(part.weight for part in parts):
            return float("inf")
        try:
            return root_error(self.solve(parts, folds)[0], self._targets)
        except LinAlgError:  # weights that outgrow the ridge in single precision
            return float("inf")
