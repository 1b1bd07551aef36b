"""How a search is told, of any kind of model: its options, a table, and one JSON object."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from data.cli import Common
from data.errors import Refused
from training.lines import Outcome, outcome_line
from training.options import Name

if TYPE_CHECKING:  # the model libraries load when a command runs
    from data.store import Store
    from training.search import Scored, Search

R = TypeVar("R")
PLOT = click.option("--plot", type=Path, help="Draw the result into this .png file.")
FIT = click.option("--fit", "fit_winner", is_flag=True, help="Train the winner and publish it if it is better.")

NAME = click.option("--name", type=Name(), default=None, help="With --fit: what the model is called.")


def folds_option(default: int) -> Callable[[Any], Any]:
    """Return the option of how many folds there are."""
    return click.option(
        "--folds", type=click.IntRange(2), default=default, show_default=True, help="Parts, each held out in turn."
    )


def check_plot(plot: Path | None) -> None:
    """Refuse a picture that could not be written, before hours of work."""
    if plot is None:
        return
    if plot.suffix.lower() != ".png":
        raise click.BadParameter(f"{plot}: the picture is a .png file", param_hint="--plot")
    if not plot.parent.is_dir():
        raise Refused([f"{plot}: there is no folder {plot.parent}"])


def check_fit(fit_winner: bool, name: str | None) -> None:
    """Refuse a winner that is to be trained without a name, and a name without that."""
    if fit_winner != (name is not None):
        raise click.UsageError("--fit takes --name, by which the model is called, and --name takes --fit.")


def draw(found: "Search[Any]", names: Sequence[str], what: str, plot: Path | None) -> None:
    """Draw a search, where a picture is wanted. Raises TutorError if it cannot be written."""
    if plot is not None:
        from training.tune_plot import plot as drawn

        drawn(found, names, what, plot)


def finish(
    options: Common,
    result: dict[str, Any],
    lines: Sequence[str],
    fit: Callable[["Store"], Outcome] | None,
) -> None:
    """Train the winner, if `fit` does, and print what the search found and what became of it."""
    if fit is not None:
        with options.store(create=True) as store:
            told, line = fitted_told(fit(store))
        result, lines = result | {"fitted": told}, [*lines, line]
    options.emit(result, lines)


def search_result(found: "Search[Any]", settings: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """Return a search as one JSON object; `settings` tells a recipe."""

    def told(one: "Scored[Any]") -> dict[str, Any]:
        return settings(one.recipe) | {name: spread(values) for name, values in one.values.items()}

    rows = [told(one) | {"winner": one is found.winner} for one in found.scored]
    return {"data": found.fingerprint, "settings": rows, "winner": told(found.winner)}


def search_lines(found: "Search[Any]", names: Sequence[str], headings: Mapping[str, str], seconds: bool) -> list[str]:
    """Return a table, best first, and what the winner is chosen by; `seconds`: the cost is the seconds of a fold."""
    took = f"{'a fold':>8}  " if seconds else ""
    lines = [f"  {''.join(f'{heading:<17}' for heading in headings.values())}{took}setting"]
    for one, name in zip(found.scored, names, strict=True):
        mark = "*" if one is found.winner else " "
        cells = [f"{statistics.fmean(own):.3f} ± {statistics.stdev(own):.3f}" for own in one.values.values()]
        cost = f"{one.cost:>6.0f} s  " if seconds else ""
        aside = "" if one.candidate else " (for comparison)"
        lines.append(f"{mark} {''.join(f'{cell:<17}' for cell in cells)}{cost}{name}{aside}")
    rule = "quickest" if seconds else "cheapest"
    return [*lines, f"* the {rule} setting within one standard error of the best; ±: standard deviation over the folds"]


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Return mean, standard deviation and all values of a measure over the folds."""
    return {"mean": statistics.fmean(values), "sd": statistics.stdev(values), "folds": list(values)}


def fitted_told(fitted: Outcome) -> tuple[dict[str, Any], str]:
    """Return what became of the winner, as JSON and as a line."""
    told = {"version": fitted.version, "published": fitted.published, "reason": fitted.reason}
    return told, outcome_line(fitted)
