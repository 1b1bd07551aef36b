"""Search for settings: each is trained and measured on the same folds, through production retrieval.

File read and written: `tune-answers.jsonl` in the models folder, a line for each setting and fold that is done.
"""

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data.errors import Refused
from data.records import Entry
from qa_model.answerer import assemble
from qa_model.base import resolve
from qa_model.encoder import Encoder
from qa_model.vectors import VectorCache
from training.evaluation import ask_all
from training.examples import Material, as_questions
from training.learning import Recipe, Track, fine_tune
from training.ledger import Ledger, Row
from training.loop import Report
from training.measures import measure
from training.search import Bench, Scored, Search, Told, ranked, row_key
from training.settings import describe, is_untrained, untrained
from training.splits import MIN_ANSWERS, Split, folds, without

FILE = "tune-answers.jsonl"
HEADINGS = {"mrr@10": "MRR@10", "hit@1": "hit@1"}


def gains(found: Search[Recipe]) -> tuple[float, ...]:
    """Return what the winner gains in MRR@10 on its own base untrained, fold by fold."""
    (bare,) = (s for s in found.scored if not s.candidate and s.recipe.base == found.winner.recipe.base)
    return tuple(own - without for own, without in zip(found.winner.folds, bare.folds, strict=True))


def tune(
    material: Material,
    models: Path,
    recipes: Sequence[Recipe],
    count: int,
    told: Told,
    report: Report,
    progress: Track | None = None,
) -> Search[Recipe]:
    """Cross-validate the recipes, and their bare bases beside them, over `count` folds.

    What the file already tells of this very data is not done again. Recipes that differ in nothing but the averaging
    weight share their trainings. Raises Refused if there are too few wordings, ModelError if a base cannot be loaded.
    """
    parts = _folds(material, count)
    bases = {recipe.base: _loaded(recipe.base) for recipe in recipes}
    wanted = [*(untrained(base) for base in bases), *dict.fromkeys(recipes)]
    trials = _Trials(material, parts, bases, report, progress)
    bench = Bench(count, HEADINGS, Ledger(models / FILE), trials.key, trials.measured)
    rows = bench.run(_sharing(wanted), dict(zip(wanted, describe(wanted), strict=True)), told)
    scored = [
        Scored(recipe, bench.values(own), _cost(own, bases[recipe.base].parameters), not is_untrained(recipe))
        for recipe, own in rows.items()
    ]
    return ranked(material.fingerprint, scored)


@dataclass(frozen=True, slots=True)
class _Base:
    """What a search needs of a base: what its vectors are known by, its size without embeddings, its vectors."""

    hash: str
    parameters: int
    cache: VectorCache


@dataclass(frozen=True, slots=True)
class _Trials:
    """Measures recipes on folds."""

    material: Material
    parts: Sequence[Split]
    bases: Mapping[str, _Base]
    report: Report
    progress: Track | None

    def key(self, recipe: Recipe, fold: int) -> Row:
        """Return what a result hangs on."""
        return row_key(recipe, self.bases[recipe.base].hash, self.material.fingerprint, len(self.parts), fold)

    def measured(self, alike: Sequence[Recipe], fold: int) -> Iterator[tuple[Recipe, Row]]:
        """Train once and measure each recipe's average; a bare base is measured as it is."""
        split = self.parts[fold]
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


def _cost(rows: Sequence[Row], parameters: int) -> float:
    """Return the training work for each example, in epochs times weights."""
    return statistics.fmean(row["epochs"] for row in rows) * parameters
