"""A search for settings, of any kind of model: each is measured on the same folds, and what was measured is kept."""

import statistics
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from training.choosing import cheapest_as_good, standard_error
from training.ledger import Ledger, Row

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Told = Callable[[str], None]
R = TypeVar("R", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Scored(Generic[R]):
    """A setting with what it reached in each fold.

    values: by measure, of which the first decides and is better when higher. cost: what it takes to train. A setting
    that is no `candidate` stands beside the others for comparison.
    """

    recipe: R
    values: Mapping[str, tuple[float, ...]]
    cost: float
    candidate: bool = True

    @property
    def folds(self) -> tuple[float, ...]:
        """What decides, fold by fold."""
        return next(iter(self.values.values()))

    @property
    def mean(self) -> float:
        """The mean of the folds."""
        return statistics.fmean(self.folds)

    @property
    def spread(self) -> float:
        """The standard deviation over the folds."""
        return statistics.stdev(self.folds)

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return standard_error(self.folds)


@dataclass(frozen=True, slots=True)
class Search(Generic[R]):
    """What a search found: everything measured, best first, and the winner."""

    fingerprint: str
    scored: tuple[Scored[R], ...]
    winner: Scored[R]


@dataclass(frozen=True, slots=True)
class Bench(Generic[R]):
    """How the settings of a kind are measured on each of `count` folds, unless the ledger knows the result.

    headings: of the measures, by their names. key: what a result hangs on. measured: of recipes that share their
    training, the results of each on a fold.
    """

    count: int
    headings: Mapping[str, str]
    ledger: Ledger
    key: Callable[[R, int], Row]
    measured: Callable[[Sequence[R], int], Iterable[tuple[R, Row]]]

    def run(self, groups: Sequence[Sequence[R]], names: Mapping[R, str], told: Told) -> dict[R, list[Row]]:
        """Return the results of each recipe, fold by fold; those of a group share their training."""
        found: dict[R, list[Row]] = {recipe: [] for recipe in names}
        done = 0
        for alike in groups:
            for fold in range(self.count):
                for recipe, row in zip(alike, self._rows(alike, fold), strict=True):
                    found[recipe].append(row)
                    done += 1
                    reached = ", ".join(f"{heading} {row[name]:.3f}" for name, heading in self.headings.items())
                    told(f"{done} of {len(names) * self.count}: {names[recipe]}, fold {fold + 1}: {reached}")
        return found

    def values(self, rows: Sequence[Row]) -> dict[str, tuple[float, ...]]:
        """Return the measures of a recipe's folds."""
        return {name: tuple(float(row[name]) for row in rows) for name in self.headings}

    def _rows(self, alike: Sequence[R], fold: int) -> list[Row]:
        missing = [recipe for recipe in alike if self.ledger.find(self.key(recipe, fold)) is None]
        for recipe, new in self.measured(missing, fold) if missing else ():
            self.ledger.add(self.key(recipe, fold), new)
        return [row for recipe in alike if (row := self.ledger.find(self.key(recipe, fold))) is not None]


def row_key(recipe: "DataclassInstance", encoder: str, data: str, folds: int, fold: int) -> Row:
    """Return what a result hangs on: the setting, the base's hash, the data's, and which fold of how many."""
    return {"recipe": asdict(recipe), "encoder": encoder, "data": data, "folds": folds, "fold": fold}


def each(
    bench: Bench[R], fingerprint: str, recipes: Sequence[R], describe: Callable[[R], str], told: Told
) -> Search[R]:
    """Measure settings that share no training; one costs the seconds that a fold takes."""
    found = bench.run([[recipe] for recipe in recipes], {recipe: describe(recipe) for recipe in recipes}, told)
    scored = (
        Scored(recipe, bench.values(rows), statistics.fmean(row["seconds"] for row in rows))
        for recipe, rows in found.items()
    )
    return ranked(fingerprint, scored)


def ranked(fingerprint: str, scored: Iterable[Scored[R]]) -> Search[R]:
    """Return what was measured, best first, and the winner."""
    best_first = sorted(scored, key=lambda one: (-one.mean, one.cost))
    return Search(fingerprint, tuple(best_first), winner(best_first))


def winner(scored: Sequence[Scored[R]]) -> Scored[R]:
    """Return the cheapest candidate that is as good as the best: see choosing.cheapest_as_good."""
    return cheapest_as_good([one for one in scored if one.candidate], lambda one: one.cost)
