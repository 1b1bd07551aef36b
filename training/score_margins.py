"""How wide intervals are: from the errors of what was left out, wider where on the scale estimates are worse.

Conformal prediction with the errors of texts that were left out (training/kernel_fit.py says how), by what they are on
average near such an estimate (Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, JASA 2018), for a prompt with many texts
by its own errors (Vovk, Lindsay, Nouretdinov and Gammerman, 2003). A new prompt's margins come from prompts that were
left out whole (Dunn, Wasserman and Ramdas, JASA 2023).
"""

import numpy as np

from qa_model.encoder import Vectors
from qa_model.scorer import COVERAGE, PLACES

BREADTH = 0.05  # of the scale: estimates that are nearer have like errors
PRIOR = 10  # errors of the average size, that stand at each place before others do
ROUNDING = 1e-5  # of the scale: an interval ends on a score, and single precision must not put it before that


def margins(errors: Vectors, values: Vectors, usual: Vectors) -> tuple[float, ...]:
    """Return the half width of intervals at PLACES, in parts of the scale, so that COVERAGE of the errors are within.

    errors and values are (texts,), of a scale from 0 to 1; `usual` are the errors to expect at PLACES.
    """
    ratios = np.sort(errors / np.interp(values, PLACES, usual))
    place = int(np.ceil((len(ratios) + 1) * COVERAGE)) - 1
    return tuple((usual * ratios[min(place, len(ratios) - 1)] + ROUNDING).tolist())


def usual_errors(errors: Vectors, values: Vectors) -> Vectors:
    """Return the mean error near each of PLACES, (PLACES,), never 0."""
    near = np.exp(-(((PLACES[:, None] - values[None]) / BREADTH) ** 2) / 2)  # (places, texts)
    average = max(float(errors.mean()), ROUNDING)
    usual: Vectors = (near @ errors + PRIOR * average) / (near.sum(1) + PRIOR)
    return usual
