"""The command `python -m training tune answers`."""

import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from data.cli import Common, common, track
from data.errors import Refused
from training.lines import tell
from training.options import BASES, RATE, SEED, several

if TYPE_CHECKING:  # the model libraries load when the command runs
    from training.tune import Scored, Search


@click.group()
def tune() -> None:
    """Search for the settings that learn best."""


@tune.command("answers")
@click.option(
    "--mode", type=click.Choice(["quick", "full"]), default="quick", show_default=True, help="Train one side or both."
)
@BASES
@click.option(
    "--lr", callback=several(RATE), metavar="RATE,...", default="2e-5,5e-5", show_default=True, help="Learning rates."
)
@click.option(
    "--batch-size",
    callback=several(click.IntRange(2)),
    metavar="N,...",
    default="32",
    show_default=True,
    help="Batch sizes.",
)
@click.option(
    "--epochs",
    callback=several(click.IntRange(1), auto=True),
    metavar="N,...",
    default="auto",
    show_default=True,
    help="Epochs at most; `auto` goes by the number of examples.",
)
@click.option(
    "--average",
    callback=several(RATE, auto=True),
    metavar="PART,...",
    default="auto",
    show_default=True,
    help="Parts of the tuned weights, the base having the rest; `auto` chooses on validation.",
)
@click.option("--folds", type=click.IntRange(2), default=3, show_default=True, help="Parts, each held out in turn.")
@SEED
@click.option("--plot", type=Path, help="Draw the result into this .png file.")
@click.option("--fit", "fit_winner", is_flag=True, help="Train the winner and publish it if it is better.")
@common
def tune_answers(
    options: Common,
    mode: Literal["quick", "full"],
    lr: tuple[float, ...],
    batch_size: tuple[int, ...],
    epochs: tuple[int | None, ...],
    base: tuple[str, ...] | None,
    average: tuple[float | None, ...],
    folds: int,
    seed: int,
    plot: Path | None,
    fit_winner: bool,
) -> None:
    """Cross-validate every combination of the values given; what was measured before is not measured again."""
    _check(plot)
    from qa_model.base import DEFAULT_BASE
    from training.examples import gather
    from training.settings import grid
    from training.tune import tune as search

    recipes = grid(mode, base or (DEFAULT_BASE,), lr, batch_size, epochs, average, seed)
    with options.store() as store:
        found = search(store.read(gather), options.models, recipes, folds, tell, _report, track)
        if plot is not None:
            from training.tune_plot import plot as draw

            draw(found, plot)
        result, lines = _result(found), _lines(found)
        if fit_winner:
            from training.fit import fit_answers

            fitted = fit_answers(store, options.models, found.winner.recipe, "auto", _report, track)
            result["fitted"] = {"version": fitted.version, "published": fitted.published, "reason": fitted.reason}
            outcome = "published" if fitted.published else "not published"
            lines.append(f"version {fitted.version}, {outcome}: {fitted.reason}")
    options.emit(result, lines)


def _check(plot: Path | None) -> None:
    if plot is None:
        return
    if plot.suffix.lower() != ".png":
        raise click.BadParameter(f"{plot}: the picture is a .png file", param_hint="--plot")
    if not plot.parent.is_dir():
        raise Refused([f"{plot}: there is no folder {plot.parent}"])


def _report(epoch: int, loss: float, score: float) -> None:
    click.echo(f"  epoch {epoch}: loss {loss:.4f}, validation MRR {score:.4f}", err=True)


def _result(found: "Search") -> dict[str, Any]:
    """Return the search as one JSON object."""
    settings = [_told_setting(one) | {"winner": one is found.winner} for one in found.scored]
    result = {"data": found.fingerprint, "settings": settings, "winner": _told_setting(found.winner)}
    return {**result, "winner_against_untrained": {"mrr@10": _measured(found.gains)}}


def _measured(values: tuple[float, ...]) -> dict[str, Any]:
    return {"mean": statistics.fmean(values), "sd": statistics.stdev(values), "folds": list(values)}


def _told_setting(one: "Scored") -> dict[str, Any]:
    measures = {"mrr@10": _measured(one.mrr), "hit@1": _measured(one.hit)}
    if not one.candidate:
        return {"base": one.recipe.base, "untrained": True, **measures}
    settings = one.recipe.settings
    return {
        "base": one.recipe.base,
        "untrained": False,
        "mode": one.recipe.mode,
        "lr": settings.lr,
        "batch_size": settings.batch_size,
        "epochs": settings.epochs,
        "average": one.recipe.average,
        "seed": settings.seed,
        **measures,
    }


def _lines(found: "Search") -> list[str]:
    """Return a table, best first, the bare bases among it, and what the winner is chosen by."""
    from training.settings import describe

    names = describe([one.recipe for one in found.scored])
    lines = ["  MRR@10           hit@1            setting"]
    for one, name in zip(found.scored, names, strict=True):
        mark = "*" if one is found.winner else " "
        told = [f"{statistics.fmean(v):.3f} ± {statistics.stdev(v):.3f}" for v in (one.mrr, one.hit)]
        lines.append(f"{mark} {told[0]:<16} {told[1]:<16} {name}{'' if one.candidate else ' (for comparison)'}")
    lines.append("* the cheapest setting within one standard error of the best; ±: standard deviation over the folds")
    return [*lines, _against_untrained(found)]


def _against_untrained(found: "Search") -> str:
    """Return what the winner gains on its own base left as it is, fold by fold."""
    gains = found.gains
    more = f"{statistics.fmean(gains):+.3f} ± {statistics.stdev(gains):.3f}"
    better = f"better in {sum(gain > 0 for gain in gains)} of {len(gains)} folds"
    told = f"the winner against its base untrained: MRR@10 {more}, {better}"
    if statistics.fmean(gains) <= 0:
        return f"{told}: training does not pay yet; more confirmed wordings are needed, or other settings"
    return told
