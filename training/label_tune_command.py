"""The command `python -m training tune labels`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from data.cli import Common, check_exists, common, track
from training.lines import tell
from training.options import BASES, RATE, SEED, several
from training.search_lines import (
    FIT,
    NAME,
    PLOT,
    check_fit,
    check_plot,
    draw,
    finish,
    folds_option,
    search_lines,
    search_result,
)

if TYPE_CHECKING:  # the model libraries load when the command runs
    from training.label_learning import Name, Recipe

RECIPES = click.Choice(["classic", "frozen", "tuned", "few"])


@click.command("labels")
@click.argument("file", type=Path)
@click.option(
    "--recipe",
    callback=several(RECIPES),
    metavar="NAME,...",
    default="frozen,tuned",
    show_default=True,
    help="Ways to learn, as of `fit labels`.",
)
@BASES
@click.option(
    "--lr",
    callback=several(RATE, auto=True),
    metavar="RATE,...",
    default="auto",
    show_default=True,
    help="Learning rates; `auto` is the recipe's own.",
)
@click.option(
    "--batch-size",
    callback=several(click.IntRange(2), auto=True),
    metavar="N,...",
    default="auto",
    show_default=True,
    help="Batch sizes.",
)
@click.option(
    "--epochs",
    callback=several(click.IntRange(1), auto=True),
    metavar="N,...",
    default="auto",
    show_default=True,
    help="Epochs at most.",
)
@folds_option(5)
@SEED
@PLOT
@FIT
@NAME
@common
def tune_labels(
    options: Common,
    file: Path,
    recipe: "tuple[Name, ...]",
    base: tuple[str, ...] | None,
    lr: tuple[float | None, ...],
    batch_size: tuple[int | None, ...],
    epochs: tuple[int | None, ...],
    folds: int,
    seed: int,
    plot: Path | None,
    fit_winner: bool,
    name: str | None,
) -> None:
    """Cross-validate ways to learn the labels of FILE; what was measured before is not measured again."""
    check_fit(fit_winner, name)
    check_plot(plot)
    check_exists(file)
    from qa_model.base import DEFAULT_BASE
    from training.label_fit import fit_labels
    from training.label_rows import check_rows, read_rows
    from training.label_tune import HEADINGS, describe, grid, tune

    rows = read_rows(file)
    check_rows(rows, file)
    recipes = grid(recipe, base or (DEFAULT_BASE,), lr, batch_size, epochs, seed)
    found = tune(rows, options.models, recipes, folds, tell, lambda *_: None, track)
    names = [describe(one.recipe) for one in found.scored]
    draw(found, names, "accuracy on held-out rows", plot)
    best = found.winner.recipe
    finish(
        options,
        search_result(found, _setting),
        search_lines(found, names, HEADINGS, seconds=True),
        None
        if name is None
        else lambda store: fit_labels(store, options.models, name, rows, best, "auto", lambda *_: None, track),
    )


def _setting(recipe: "Recipe") -> dict[str, Any]:
    settings = {"lr": recipe.settings.lr, "batch_size": recipe.settings.batch_size, "epochs": recipe.settings.epochs}
    return {"recipe": recipe.name, "base": recipe.base, **settings, "seed": recipe.settings.seed}
