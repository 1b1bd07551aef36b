"""Which setting of a search to choose."""

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar


class Measured(Protocol):
    """A setting that was measured on several folds."""

    @property
    def mean(self) -> float:
        """The mean of the folds."""

    @property
    def error(self) -> float:
        """The standard error of the mean."""


M = TypeVar("M", bound=Measured)


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of the mean of two values or more."""
    return statistics.stdev(values) / math.sqrt(len(values))


def cheapest_as_good(scored: Sequence[M], cost: Callable[[M], float]) -> M:
    """Return the cheapest setting whose mean is within one standard error of the best.

    The one-standard-error rule (Breiman, Friedman, Olshen and Stone, 1984): what chance may have ranked first need
    not be paid for. Of those that cost the same the better one wins.
    """
    best = max(scored, key=lambda one: one.mean)
    enough = [one for one in scored if one.mean >= best.mean - best.error]
    return min(enough, key=lambda one: (cost(one), -one.mean))
