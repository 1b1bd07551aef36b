"""The commands `python -m training fit labels` and `evaluate labels`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from data.cli import Common, check_exists, common, track
from training.launched import alone
from training.lines import outcome_line, shown, table
from training.options import BASE, PUBLISH, SEED, FiniteRange, Name

if TYPE_CHECKING:  # the model libraries load when the command runs
    from training.fit import Fitted

FILE = click.argument("file", type=Path)
WORST = 10  # labels that are listed
MEASURES = ("n", "accuracy", "macro_f1", "oos_recall", "oos_auroc", "ece", "refused")


@click.command("labels")
@FILE
@click.option("--name", type=Name(), required=True, help="What the model is called.")
@click.option(
    "--recipe",
    type=click.Choice(["auto", "classic", "frozen", "tuned", "few"]),
    default="auto",
    show_default=True,
    help="How to learn; `auto` goes by the number of rows.",
)
@BASE
@PUBLISH
@click.option(
    "--lr", type=FiniteRange(0, 1, min_open=True), default=None, help="Learning rate.  [default: the recipe's]"
)
@click.option("--epochs", type=click.IntRange(1), default=None, help="Epochs at most.  [default: the recipe's]")
@click.option("--batch-size", type=click.IntRange(2), default=None, help="Texts in a batch.  [default: the recipe's]")
@click.option("--balanced", is_flag=True, help="Each label counts the same, however many rows it has.")
@SEED
@common
def fit_labels(
    options: Common,
    file: Path,
    name: str,
    recipe: Literal["auto", "classic", "frozen", "tuned", "few"],
    base: str | None,
    publish: Literal["auto", "always", "never"],
    lr: float | None,
    epochs: int | None,
    batch_size: int | None,
    balanced: bool,
    seed: int,
) -> None:
    """Learn to label texts from FILE (text, label); rows labelled `oos` are out of scope."""
    alone()
    check_exists(file)
    from dataclasses import replace

    from qa_model.base import DEFAULT_BASE
    from training.label_fit import chosen, fit_labels
    from training.label_learning import USUAL, Recipe
    from training.label_rows import check_rows, read_rows

    rows = read_rows(file)
    check_rows(rows, file)
    how = chosen(rows) if recipe == "auto" else recipe
    usual = USUAL[how]
    given = (lr or usual.lr, epochs or usual.epochs, batch_size or usual.batch_size)
    settings = replace(usual, lr=given[0], epochs=given[1], batch_size=given[2], seed=seed)
    how_to = Recipe(how, base or DEFAULT_BASE, settings, balanced)
    with options.store(create=True) as store:
        fitted = fit_labels(store, options.models, name, rows, how_to, publish, _report, track)
    options.emit(fitted.told(), _fit_lines(fitted))


@click.command("labels")
@FILE
@click.option("--name", type=Name(), required=True, help="What the model is called.")
@click.option("--plot", type=Path, help="Draw the confusion matrix into this .png file.")
@common
def evaluate_labels(options: Common, file: Path, name: str, plot: Path | None) -> None:
    """Label the texts of FILE (text, label) and compare; rows labelled `oos` are out of scope."""
    check_exists(file)
    if plot is not None and plot.suffix.lower() != ".png":
        raise click.BadParameter(f"{plot}: the picture is a .png file", param_hint="--plot")
    from data.records import OOS
    from qa_model.labels import load_labels
    from training.label_measures import measure
    from training.label_rows import read_rows

    rows = read_rows(file)
    model = load_labels(options.models, name)
    found = model.label([*rows.texts, *rows.outside], track)
    result = measure([*rows.labels, *[OOS] * len(rows.outside)], found)
    if plot is not None:
        from training.confusion_plot import plot as draw

        draw(rows.labels, [one.label for one in found[: len(rows.labels)]], plot)
    unknown = sorted(set(rows.labels) - set(model.head.names))
    result |= {"model": model.version, "unknown_labels": unknown}
    options.emit(result, _evaluate_lines(result))


def _report(epoch: int, loss: float, score: float) -> None:
    click.echo(f"epoch {epoch}: loss {loss:.4f}, held-out accuracy {score:.4f}", err=True)


def _fit_lines(fitted: "Fitted") -> list[str]:
    training = fitted.record["training"]
    return [f"recipe {training['recipe']}, {training['seconds']:.0f} s", outcome_line(fitted)]


def _evaluate_lines(result: dict[str, Any]) -> list[str]:
    lines = [f"{name:>16}  {shown(result[name])}" for name in MEASURES]
    if result["unknown_labels"]:
        lines.append(f"the model does not know the labels {', '.join(result['unknown_labels'])}: their rows are wrong")
    worst = [one for one in result["labels"] if one["f1"] < 1][:WORST]
    return [*lines, "", "labels that are found worst:", *table(worst)] if worst else lines
