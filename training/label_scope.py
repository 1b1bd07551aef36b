"""Calibrate a labels head on held-out rows: its temperature, and when a text has none of the labels."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.optimize import minimize_scalar

from qa_model.encoder import Vectors
from qa_model.labels import Floats, Scope, features, probabilities
from qa_model.states import unit
from training.heads import logits, softmax_regression
from training.label_rows import Indices

GROUPS = 3  # of labels, each left out in turn where no rows are out of scope
KEPT = 0.9  # the share of texts in scope that the threshold lets pass at least
BOUNDS = (-3.0, 3.0)  # of the logarithm of a temperature
EVERYTHING = Scope((0.0,) * 3, (1.0,) * 3, (0.0, 0.0, 1.0), 0.0, 0.0)  # is in scope, where nothing shows what is not


def temperature(held: Floats, targets: Indices) -> float:
    """Return by what held-out logits (rows, labels) are to be divided, to be as often right as they say.

    The one that makes the right labels likeliest (Guo et al., ICML 2017).
    """

    def surprise(log_temperature: float) -> float:
        shares = probabilities(held / np.exp(log_temperature))
        return float(-np.log(np.maximum(shares[np.arange(len(targets)), targets], 1e-12)).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=BOUNDS, method="bounded").x))


def fit_scope(inside: Floats, outside: Floats) -> Scope:
    """Fit the score and its threshold on the features of texts in scope and out of it, (texts, 3) each.

    Both sides weigh the same. The threshold is where in-scope texts let pass and others refused are the most, of
    those at which at least KEPT of the texts in scope pass.
    """
    if not (len(inside) and len(outside)):
        return EVERYTHING
    found = np.concatenate([inside, outside])
    mean, spread = found.mean(0), np.maximum(found.std(0), 1e-6)
    standard = ((found - mean) / spread).astype(np.float32)
    targets = np.repeat([1, 0], [len(inside), len(outside)])
    weights = np.repeat([0.5 / len(inside), 0.5 / len(outside)], [len(inside), len(outside)]) * len(found)
    head = softmax_regression(standard, torch.from_numpy(targets), torch.from_numpy(weights).float(), 2, 10.0)
    slope, bias = ((part[1] - part[0]).detach().numpy() for part in (head.weight, head.bias))
    scope = Scope(tuple(mean.tolist()), tuple(spread.tolist()), tuple(slope.tolist()), float(bias), 0.0)
    return replace(scope, threshold=_threshold(scope.scores(inside), scope.scores(outside)))


def left_out(
    vectors: Vectors, targets: Indices, train: Indices, held: Indices, c: float, hot: float
) -> tuple[Floats, Floats]:
    """Return features of held-out rows in scope and out of it, by leaving labels out, group by group.

    A row is out of scope for a head that never saw its label. `hot` is the temperature that the logits are divided by.
    """
    groups = targets % GROUPS if targets.max() >= GROUPS else targets
    inside, outside = [], []
    for group in np.unique(groups):
        own = train[groups[train] != group]
        kept, numbers = np.unique(targets[own], return_inverse=True)
        head = softmax_regression(vectors[own], torch.from_numpy(numbers), torch.ones(len(own)), len(kept), c)
        found = features(logits(head, vectors[held]) / hot, vectors[held], unit(vectors[own]))
        inside.append(found[groups[held] != group])
        outside.append(found[groups[held] == group])
    return np.concatenate(inside), np.concatenate(outside)


def _threshold(inside: Floats, outside: Floats) -> float:
    """Return the score from which on a text is taken to be in scope."""
    tried: Sequence[float] = [float(np.quantile(inside, share)) for share in np.linspace(0, 1 - KEPT, 101)]
    return max(tried, key=lambda at: float((inside >= at).mean() + (outside < at).mean()))
