"""Search for how to learn labels: each setting is trained and measured on the same folds, as `fit labels` trains.

File read and written: `tune-labels.jsonl` in the models folder, a line for each setting and fold that is done.
"""

import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from data.errors import Refused
from qa_model.base import resolve
from qa_model.encoder import Encoder
from qa_model.labels import LabelModel
from training.label_fit import learn
from training.label_learning import NEARNESS, USUAL, Name, Recipe
from training.label_measures import measure
from training.label_rows import Indices, Rows, examples_of, parted
from training.learning import Track
from training.ledger import Ledger, Row
from training.loop import Report
from training.search import Bench, Search, Told, each, row_key
from training.trained import Settings

FILE = "tune-labels.jsonl"
HEADINGS = {"accuracy": "accuracy", "macro_f1": "macro-F1"}


def grid(
    names: Sequence[Name],
    bases: Sequence[str],
    lrs: Sequence[float | None],
    batch_sizes: Sequence[int | None],
    epochs: Sequence[int | None],
    seed: int = 0,
) -> list[Recipe]:
    """Return a recipe for each combination, None being what is usual for it; `frozen` has nothing to vary but base."""
    found = []
    for name, base, lr, size, most in product(names, bases, lrs, batch_sizes, epochs):
        usual = USUAL[name]
        given = (usual.lr, usual.epochs, usual.batch_size)
        if name != "frozen":
            given = (lr or usual.lr, most or usual.epochs, size or usual.batch_size)
        found.append(Recipe(name, base, Settings(lr=given[0], epochs=given[1], batch_size=given[2], seed=seed)))
    return list(dict.fromkeys(found))


def tune(
    rows: Rows,
    models: Path,
    recipes: Sequence[Recipe],
    count: int,
    told: Told,
    report: Report,
    progress: Track | None = None,
) -> Search[Recipe]:
    """Cross-validate the recipes over `count` folds, grouped by near-duplicates and stratified.

    What the file already tells of this very data is not done again. A recipe costs the seconds that a fold takes.
    Raises Refused if there are too few rows, ModelError if a base cannot be loaded.
    """
    try:
        parts = parted(examples_of(rows, balanced=False), count)
    except ValueError as error:
        raise Refused([f"nothing to tune on: {error}; add rows, or take fewer folds"]) from error
    hashes = {base: Encoder.load(resolve(base)).hash for base in {recipe.base for recipe in recipes}}

    def key(recipe: Recipe, fold: int) -> Row:
        return row_key(recipe, hashes[recipe.base], rows.fingerprint, count, fold) | {"nearness": NEARNESS}

    def measured(alike: Sequence[Recipe], fold: int) -> list[tuple[Recipe, Row]]:
        return [(recipe, _measured(rows, parts[fold], recipe, report, progress)) for recipe in alike]

    bench = Bench(count, HEADINGS, Ledger(models / FILE), key, measured)
    return each(bench, rows.fingerprint, recipes, describe, told)


def describe(recipe: Recipe) -> str:
    """Return a recipe in words."""
    settings, base = recipe.settings, Path(recipe.base).name
    if recipe.name == "frozen":
        return f"frozen, {base}"
    return f"{recipe.name}, {base}, lr {settings.lr:g}, {settings.epochs} epochs, batch {settings.batch_size}"


def _measured(rows: Rows, part: tuple[Indices, Indices], recipe: Recipe, report: Report, progress: Track | None) -> Row:
    """Learn from a fold's rows as `fit labels` does, and measure on what the fold holds out."""
    train, held = ([int(i) for i in side] for side in part)
    own = Rows(tuple(rows.texts[i] for i in train), tuple(rows.labels[i] for i in train), rows.outside)
    with tempfile.TemporaryDirectory(prefix="tune-") as scratch:
        made = learn(own, recipe, Path(scratch), report, progress)
        model = LabelModel(Encoder.load(made.folder), made.head, "")
        found = measure([rows.labels[i] for i in held], model.label([rows.texts[i] for i in held], progress))
    return {"n": found["n"], "accuracy": found["accuracy"], "macro_f1": found["macro_f1"], "seconds": made.seconds}
