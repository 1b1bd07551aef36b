"""The command `python -m training tune scores`."""

from dataclasses import asdict
from pathlib import Path

import click

from data.cli import Common, check_exists, common, track
from training.lines import tell
from training.options import BASES, SEED
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


@click.command("scores")
@click.argument("file", type=Path)
@BASES
@folds_option(5)
@SEED
@PLOT
@FIT
@NAME
@common
def tune_scores(
    options: Common,
    file: Path,
    base: tuple[str, ...] | None,
    folds: int,
    seed: int,
    plot: Path | None,
    fit_winner: bool,
    name: str | None,
) -> None:
    """Cross-validate scorers of FILE over several bases; what was measured before is not measured again."""
    check_fit(fit_winner, name)
    check_plot(plot)
    check_exists(file)
    from data.scored import check_learnable, read_scored
    from qa_model.base import DEFAULT_BASE
    from training.score_fit import MIN_ROWS, fit
    from training.score_tune import HEADINGS, Recipe, describe, tune

    works = read_scored(file)
    check_learnable(file, works, MIN_ROWS)
    recipes = [Recipe(own, seed) for own in base or (DEFAULT_BASE,)]
    found = tune(works, options.models, recipes, folds, tell, track)
    names = [describe(one.recipe) for one in found.scored]
    draw(found, names, "QWK on texts held out", plot)
    best = found.winner.recipe
    finish(
        options,
        search_result(found, asdict),
        search_lines(found, names, HEADINGS, seconds=True),
        None
        if name is None
        else lambda store: fit(store, options.models, name, best.base, works, "auto", track, best.seed),
    )
