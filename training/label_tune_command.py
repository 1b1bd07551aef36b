"""The command `python -m training tune labels`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from data.cli import Common, common, track
from data.errors import Refused
from training.lines import tell
from training.options import BASES, RATE, SEED, several

if TYPE_CHECKING:  # the model libraries load when the command runs
    from training.label_learning import Name
    from training.label_tune import Scored

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
@click.option("--folds", type=click.IntRange(2), default=5, show_default=True, help="Parts, each held out in turn.")
@SEED
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
) -> None:
    """Cross-validate ways to learn the labels of FILE; what was measured before is not measured again."""
    if not file.exists():
        raise Refused([f"{file}: there is no such file"])
    from qa_model.base import DEFAULT_BASE
    from training.label_rows import check_rows, read_rows
    from training.label_tune import grid, tune, winner

    rows = read_rows(file)
    check_rows(rows, file)
    recipes = grid(recipe, base or (DEFAULT_BASE,), lr, batch_size, epochs, seed)
    scored = tune(rows, options.models, recipes, folds, tell, lambda *_: None, track)
    best = winner(scored)
    result = {"data": rows.fingerprint, "settings": [_setting(one, best) for one in scored]}
    options.emit(result, _lines(scored, best))


def _setting(one: "Scored", best: "Scored") -> dict[str, Any]:
    recipe = one.recipe
    settings = {"lr": recipe.settings.lr, "batch_size": recipe.settings.batch_size, "epochs": recipe.settings.epochs}
    measures = {"accuracy": list(one.accuracy), "macro_f1": list(one.macro_f1), "seconds": one.seconds}
    return {"recipe": recipe.name, "base": recipe.base, **settings, **measures, "winner": one is best}


def _lines(scored: "list[Scored]", best: "Scored") -> list[str]:
    from training.label_tune import describe

    lines = [
        f"{'*' if one is best else ' '} {one.mean:.4f} ± {one.error:.4f}  {one.seconds:>6.0f} s  {describe(one.recipe)}"
        for one in scored
    ]
    chosen = "* the quickest setting whose accuracy is within one standard error of the best"
    return ["  accuracy         a fold    setting", *lines, chosen]
