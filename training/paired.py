"""Two models on the same rows: what the second fixed and broke, and how far the difference hangs on the rows drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
ENDS = (0.025, 0.975)
Indices = npt.NDArray[np.intp]


class Judged(Protocol):
    """What a model said of a row, which was right or was not."""

    @property
    def right(self) -> bool:
        """Whether it was right."""


J = TypeVar("J", bound=Judged)


@dataclass(frozen=True, slots=True)
class Changes(Generic[J]):
    """Rows of which the second model is right (`fixed`) or wrong (`broke`) unlike the first, and how many are alike."""

    fixed: tuple[tuple[J, J], ...]
    broke: tuple[tuple[J, J], ...]
    unchanged: int

    def record(self, told: Callable[[J, J], dict[str, Any]]) -> dict[str, Any]:
        """Return the changes as they stand in a record, each as it is told."""
        sides = {"fixed": self.fixed, "broke": self.broke}
        return {**{name: [told(*pair) for pair in side] for name, side in sides.items()}, "unchanged": self.unchanged}


def changes(before: Sequence[J], after: Sequence[J]) -> Changes[J]:
    """Tell apart what two models said of the same rows, row by row."""
    fixed: list[tuple[J, J]] = []
    broke: list[tuple[J, J]] = []
    unchanged = 0
    for pair in zip(before, after, strict=True):
        if pair[0].right == pair[1].right:
            unchanged += 1
        else:
            (fixed if pair[1].right else broke).append(pair)
    return Changes(tuple(fixed), tuple(broke), unchanged)


def interval(differences: Sequence[float]) -> list[float] | None:
    """Return the 95 % interval of a mean of paired differences, None of none."""
    values: npt.NDArray[np.float64] = np.array(differences)
    return interval_of(lambda rows: float(values[rows].mean()), [np.arange(len(values))])


def interval_of(measured: Callable[[Indices], float | None], groups: Sequence[Indices]) -> list[float] | None:
    """Return the 95 % interval of what is measured on rows (percentile bootstrap: Efron, 1979), always the same.

    Rows are drawn within their groups. Draws on which nothing can be measured do not count; None if none is left.
    """
    there = [rows for rows in groups if len(rows)]
    if not there:
        return None
    random = np.random.default_rng(0)
    found = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([rows[random.integers(0, len(rows), len(rows))] for rows in there])
        value = measured(drawn)
        if value is not None:
            found.append(value)
    return [float(end) for end in np.quantile(found, ENDS)] if found else None
