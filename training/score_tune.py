"""Search for how to score texts: each setting is fitted and measured on the same folds, as `fit scores` fits.

File read and written: `tune-scores.jsonl` in the models folder, a line for each setting and fold that is done.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import Refused
from data.scored import ScoredWork
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.encoder import Encoder
from training.kernel_fit import folds_of
from training.learning import Track
from training.ledger import Ledger, Row
from training.score_fit import works_hash
from training.score_measures import measure_scores
from training.scores import fit_scorer
from training.search import Bench, Search, Told, each, row_key

FILE = "tune-scores.jsonl"
HEADINGS = {"qwk": "QWK", "rmse": "RMSE", "pearson": "Pearson"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to learn scores: over which base; `seed` deals out the folds by which the regressions are chosen."""

    base: str = DEFAULT_BASE
    seed: int = 0


def describe(recipe: Recipe) -> str:
    """Return a recipe in words."""
    return Path(recipe.base).name


def tune(
    works: Sequence[ScoredWork],
    models: Path,
    recipes: Sequence[Recipe],
    count: int,
    told: Told,
    progress: Track | None = None,
) -> Search[Recipe]:
    """Cross-validate the recipes over `count` folds; the same text of a prompt is in one of them.

    Chosen by quadratic weighted kappa, the mean over prompts. What the file already tells of this very data is not
    done again. A recipe costs the seconds that a fold takes. Raises Refused if a fold would leave a prompt with nothing
    to learn from, ModelError if a base cannot be loaded.
    """
    parts = _parts(works, count)
    encoders = {base: Encoder.load(resolve(base)) for base in dict.fromkeys(recipe.base for recipe in recipes)}
    fingerprint = works_hash(works)

    def key(recipe: Recipe, fold: int) -> Row:
        return row_key(recipe, encoders[recipe.base].hash, fingerprint, count, fold)

    def measured(alike: Sequence[Recipe], fold: int) -> list[tuple[Recipe, Row]]:
        return [(recipe, _measured(*parts[fold], encoders[recipe.base], recipe, progress)) for recipe in alike]

    bench = Bench(count, HEADINGS, Ledger(models / FILE), key, measured)
    return each(bench, fingerprint, recipes, describe, told)


def _parts(works: Sequence[ScoredWork], count: int) -> list[tuple[list[ScoredWork], list[ScoredWork]]]:
    """Return what is learned from and what is held out in each fold."""
    fold = folds_of([own.work.group for own in works], count).tolist()
    parts = []
    for k in range(count):
        kept, held = ([w for w, own in zip(works, fold, strict=True) if (own == k) is out] for out in (False, True))
        scores: dict[str, set[float]] = defaultdict(set)
        for own in kept:
            scores[own.work.prompt_id].add(own.score)
        poor = sorted({own.work.prompt_id for own in works if len(scores[own.work.prompt_id]) < 2})
        if poor or not held:
            why = f"prompt {poor[0]!r} has too few texts of different scores" if poor else "there are too few texts"
            raise Refused([f"nothing to tune on: {why} for {count} folds; score more, or take fewer folds"])
        parts.append((kept, held))
    return parts


def _measured(
    kept: Sequence[ScoredWork], held: Sequence[ScoredWork], encoder: Encoder, recipe: Recipe, progress: Track | None
) -> Row:
    """Fit to a fold's texts as `fit scores` does, and measure on what the fold holds out."""
    start = time.monotonic()
    scorer = fit_scorer(encoder, kept, progress, recipe.seed).scorer
    taken = time.monotonic() - start
    found = measure_scores(held, scorer.score([own.work for own in held], progress))
    return {"n": found["n"], **{name: found[name] or 0.0 for name in HEADINGS}, "seconds": taken}
