"""Search for settings: each is trained and measured on the same folds, through production retrieval.

File read and written: `tune-answers.jsonl` in the models folder, a line for each setting and fold that is done.
"""

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from data.errors import Refused
from data.records import Entry
from qa_model.answerer import assemble
from qa_model.base import resolve
from qa_model.encoder import Encoder
from qa_model.vectors import VectorCache
from training.choosing import cheapest_as_good, standard_error
from training.evaluation import ask_all
from training.examples import Material, as_questions
from training.learning import Recipe, Track, fine_tune
from training.ledger import Ledger, Row
from training.loop import Report
from training.measures import measure
from training.settings import describe, is_untrained, untrained
from training.splits import MIN_ANSWERS, Split, folds, without

FILE = "tune-answers.jsonl"

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Scored:
    """A setting with what it reached in each fold.

    cost: the training work for each example, in epochs times weights. An untrained base stands beside the settings
    for comparison; it is none to choose.
    """

    recipe: Recipe
    mrr: tuple[float, ...]
    hit: tuple[float, ...]
    cost: float

    @property
    def candidate(self) -> bool:
        """Whether it can be chosen."""
        return not is_untrained(self.recipe)

    @property
    def mean(self) -> float:
        """The mean MRR@10 of the folds."""
        return statistics.fmean(self.mrr)

    @property
    def spread(self) -> float:
        """The standard deviation of MRR@10 over the folds."""
        return statistics.stdev(self.mrr)

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return standard_error(self.mrr)


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found: everything measured, best first, and the winner."""

    fingerprint: str
    scored: tuple[Scored, ...]
    winner: Scored

    @property
    def gains(self) -> tuple[float, ...]:
        """What the winner gains in MRR@10 on its own base untrained, fold by fold."""
        (bare,) = (s for s in self.scored if not s.candidate and s.recipe.base == self.winner.recipe.base)
        return tuple(own - without for own, without in zip(self.winner.mrr, bare.mrr, strict=True))


def winner(scored: Sequence[Scored]) -> Scored:
    """Return the cheapest setting that is as good as the best: see choosing.cheapest_as_good."""
    return cheapest_as_good([one for one in scored if one.candidate], lambda one: one.cost)


def tune(
    material: Material,
    models: Path,
    recipes: Sequence[Recipe],
    count: int,
    told: Told,
    report: Report,
    progress: Track | None = None,
) -> Search:
    """Cross-validate the recipes, and their bare bases beside them, over `count` folds.

    What the file already tells of this very data is not done again. Recipes that differ in nothing but the averaging
    weight share their trainings. Raises Refused if there are too few wordings, ModelError if a base cannot be loaded.
    """
    parts = _folds(material, count)
    bases = {recipe.base: _loaded(recipe.base) for recipe in recipes}
    bench = _Bench(material, parts, bases, Ledger(models / FILE), report, progress)
    wanted = [*(untrained(base) for base in bases), *dict.fromkeys(recipes)]
    rows: dict[Recipe, list[Row]] = {recipe: [] for recipe in wanted}
    names = dict(zip(wanted, describe(wanted), strict=True))
    done = 0
    for alike in _sharing(wanted):
        for fold in range(count):
            for recipe, row in zip(alike, bench.rows(alike, fold), strict=True):
                rows[recipe].append(row)
                done += 1
                where = f"{done} of {len(wanted) * count}: {names[recipe]}, fold {fold + 1}"
                told(f"{where}: MRR@10 {row['mrr@10']:.3f}, hit@1 {row['hit@1']:.3f}")
    scored = [_scored(recipe, own, bases[recipe.base].parameters) for recipe, own in rows.items()]
    ranked = sorted(scored, key=lambda one: (-one.mean, one.cost))
    return Search(material.fingerprint, tuple(ranked), winner(ranked))


@dataclass(frozen=True, slots=True)
class _Base:
    """What a search needs of a base: what its vectors are known by, its size without embeddings, its vectors."""

    hash: str
    parameters: int
    cache: VectorCache


@dataclass(frozen=True, slots=True)
class _Bench:
    """Measures recipes on folds, unless the ledger knows the result."""

    material: Material
    parts: Sequence[Split]
    bases: Mapping[str, _Base]
    ledger: Ledger
    report: Report
    progress: Track | None

    def rows(self, alike: Sequence[Recipe], fold: int) -> list[Row]:
        """Return the results of recipes that share their training."""
        missing = [recipe for recipe in alike if self.ledger.find(self._key(recipe, fold)) is None]
        for recipe, new in self._measured(missing, self.parts[fold]):
            self.ledger.add(self._key(recipe, fold), new)
        return [row for recipe in alike if (row := self.ledger.find(self._key(recipe, fold))) is not None]

    def _key(self, recipe: Recipe, fold: int) -> Row:
        data = {"data": self.material.fingerprint, "folds": len(self.parts), "fold": fold}
        return {"recipe": asdict(recipe), "encoder": self.bases[recipe.base].hash, **data}

    def _measured(self, alike: Sequence[Recipe], split: Split) -> Iterator[tuple[Recipe, Row]]:
        """Train once and measure each recipe's average; a bare base is measured as it is."""
        if not alike:
            return
        cache = self.bases[alike[0].base].cache
        known = without(self.material.entries, split.held_out)
        if is_untrained(alike[0]):
            yield alike[0], self._asked(Encoder.load(resolve(alike[0].base)), cache, known, split) | {"epochs": 0}
            return
        tuned = fine_tune(known, split.train, split.validation, alike[0], cache, self.report, self.progress)
        with tempfile.TemporaryDirectory(prefix="tune-") as scratch:
            for i, recipe in enumerate(alike):
                folder = Path(scratch) / str(i)
                learned = tuned.save(recipe.average, folder)
                row = self._asked(Encoder.load(folder), VectorCache(None), known, split)
                yield recipe, row | {"epochs": len(learned.losses), "average": learned.average}

    def _asked(self, encoder: Encoder, cache: VectorCache, known: Sequence[Entry], split: Split) -> Row:
        """Ask what the fold holds out, but for validation, through production retrieval."""
        questions = as_questions([*split.new, *split.unseen], known)
        found = measure(ask_all(assemble(known, encoder, cache, progress=self.progress), questions))
        return {name: found[name] for name in ("n", "mrr@10", "hit@1")} | {"unseen": len(split.unseen)}


def _loaded(base: str) -> _Base:
    encoder = Encoder.load(resolve(base))
    return _Base(encoder.hash, encoder.model.num_parameters(exclude_embeddings=True), VectorCache(None))


def _folds(material: Material, count: int) -> list[Split]:
    try:
        parts = folds(material.examples, count)
        if any(len(part.learned) < MIN_ANSWERS for part in parts):
            raise ValueError(f"a fold would have fewer than {MIN_ANSWERS} answers to learn")
    except ValueError as error:
        raise Refused([f"nothing to tune on: {error}; add wordings, or take fewer folds"]) from error
    return parts


def _sharing(recipes: Iterable[Recipe]) -> list[list[Recipe]]:
    """Group recipes that differ in nothing but the averaging weight; a bare base stands alone."""
    groups: dict[Recipe, list[Recipe]] = defaultdict(list)
    for recipe in recipes:
        groups[recipe if is_untrained(recipe) else replace(recipe, average=None)].append(recipe)
    return list(groups.values())


def _scored(recipe: Recipe, rows: Sequence[Row], parameters: int) -> Scored:
    mrr, hit = (tuple(float(row[name]) for row in rows) for name in ("mrr@10", "hit@1"))
    return Scored(recipe, mrr, hit, statistics.fmean(row["epochs"] for row in rows) * parameters)
