"""The command `python -m training tune answers`."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from data.cli import Common, common, track
from training.launched import alone
from training.lines import tell
from training.options import BASES, RATE, SEED, several
from training.search_lines import (
    FIT,
    PLOT,
    check_plot,
    draw,
    fitted_told,
    folds_option,
    search_lines,
    search_result,
    spread,
)

if TYPE_CHECKING:  # the model libraries load when the command runs
    from training.learning import Recipe


@click.group()
def tune() -> None:
    """Search for the settings that learn best."""
    alone()


@tune.command("answers")
@click.option(
    "--mode", type=click.Choice(["quick", "full"]), default="quick", show_default=True, help="Train one side or both."
)
@BASES
@click.option(
    "--lr", callback=several(RATE), metavar="RATE,...", default="5e-5,1e-4", show_default=True, help="Learning rates."
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
@folds_option(3)
@SEED
@PLOT
@FIT
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
    check_plot(plot)
    from qa_model.base import DEFAULT_BASE
    from training.examples import gather
    from training.settings import describe, grid
    from training.tune import HEADINGS, gains
    from training.tune import tune as search

    recipes = grid(mode, base or (DEFAULT_BASE,), lr, batch_size, epochs, average, seed)
    with options.store() as store:
        found = search(store.read(gather), options.models, recipes, folds, tell, _report, track)
        names, gained = describe([one.recipe for one in found.scored]), gains(found)
        draw(found, names, "MRR@10 on held-out questions", plot)
        result = search_result(found, _setting) | {"winner_against_untrained": {"mrr@10": spread(gained)}}
        lines = [*search_lines(found, names, HEADINGS, seconds=False), _against_untrained(gained)]
        if fit_winner:
            from training.fit import fit_answers

            fitted = fit_answers(store, options.models, found.winner.recipe, "auto", _report, track)
            result["fitted"], line = fitted_told(fitted)
            lines.append(line)
    options.emit(result, lines)


def _report(epoch: int, loss: float, score: float) -> None:
    click.echo(f"  epoch {epoch}: loss {loss:.4f}, validation MRR {score:.4f}", err=True)


def _setting(recipe: "Recipe") -> dict[str, Any]:
    from training.settings import is_untrained

    if is_untrained(recipe):
        return {"base": recipe.base, "untrained": True}
    settings = recipe.settings
    return {
        "base": recipe.base,
        "untrained": False,
        "mode": recipe.mode,
        "lr": settings.lr,
        "batch_size": settings.batch_size,
        "epochs": settings.epochs,
        "average": recipe.average,
        "seed": settings.seed,
    }


def _against_untrained(gained: Sequence[float]) -> str:
    """Return what the winner gains on its own base left as it is, fold by fold."""
    more = f"{statistics.fmean(gained):+.3f} ± {statistics.stdev(gained):.3f}"
    better = f"better in {sum(gain > 0 for gain in gained)} of {len(gained)} folds"
    told = f"the winner against its base untrained: MRR@10 {more}, {better}"
    if statistics.fmean(gained) <= 0:
        return f"{told}: training does not pay yet; more confirmed wordings are needed, or other settings"
    return told
