"""The command `python -m training fit answers`."""

from typing import TYPE_CHECKING, Literal

import click

from data.budgets import Change
from data.cli import Common, common, track
from training.lines import budget_lines, metric_lines, outcome_line
from training.options import BASE, PUBLISH, SEED, Budget, FiniteRange

if TYPE_CHECKING:  # the model libraries load when the command runs
    from training.fit import Fitted


@click.group()
def fit() -> None:
    """Fine-tune a model and publish it if it is better."""


@fit.command("answers")
@click.option(
    "--mode", type=click.Choice(["quick", "full"]), default="quick", show_default=True, help="Train one side or both."
)
@BASE
@PUBLISH
@click.option(
    "--lr",
    type=FiniteRange(0, 1, min_open=True),
    default=None,
    help="Learning rate.  [default: 1e-4 in the quick mode, 3e-5 in the full one]",
)
@click.option(
    "--epochs", type=click.IntRange(1), default=None, help="Epochs at most.  [default: by the number of examples]"
)
@click.option("--batch-size", type=click.IntRange(2), default=32, show_default=True, help="Questions in a batch.")
@click.option(
    "--average",
    type=FiniteRange(0, 1),
    default=None,
    help="Part of the tuned weights; the base has the rest.  [default: chosen on validation]",
)
@click.option(
    "--hard-negatives", type=click.IntRange(0), default=0, show_default=True, help="For each question (full)."
)
@click.option(
    "--max-error",
    type=Budget(),
    default=None,
    metavar="SHARE|default",
    help="Share of answers that may be wrong, kept once the round ran; `default` forgets what was kept."
    "  [default: what was kept; at first 0.05]",
)
@click.option("--course", help="The course that --max-error is for.  [default: every course without its own]")
@click.option("--resume", is_flag=True, help="Go on with the round that was interrupted.")
@SEED
@common
def fit_answers(
    options: Common,
    mode: Literal["quick", "full"],
    base: str | None,
    publish: Literal["auto", "always", "never"],
    lr: float | None,
    epochs: int | None,
    batch_size: int,
    average: float | None,
    hard_negatives: int,
    max_error: float | Literal["default"] | None,
    course: str | None,
    resume: bool,
    seed: int,
) -> None:
    """Fine-tune the encoder on everything the store has confirmed.

    Under `accelerate launch` the processes share every batch, and the main one does all the rest.
    """
    if course is not None and max_error is None:
        raise click.UsageError("--course says which course --max-error is for: give both")
    from qa_model.base import DEFAULT_BASE
    from training.fit import fit_answers
    from training.learning import RATES, Recipe, help_to_learn
    from training.processes import Team
    from training.trained import Settings

    settings = Settings(lr=lr or RATES[mode], epochs=epochs, batch_size=batch_size, seed=seed)
    recipe = Recipe(mode, base or DEFAULT_BASE, average, settings, hard_negatives)
    change = None if max_error is None else Change(course, None if max_error == "default" else max_error)
    team = Team.start()
    if not team.main:
        help_to_learn(team)
        return
    if team.count > 1:
        click.echo(f"{team.count} processes share each batch", err=True)
    try:
        with options.store() as store:
            fitted = fit_answers(store, options.models, recipe, publish, _report, track, change, resume, team)
    finally:
        team.dismiss()
    options.emit(fitted.told(), _lines(fitted, change is not None))


def _report(epoch: int, loss: float, score: float) -> None:
    click.echo(f"epoch {epoch}: loss {loss:.4f}, validation MRR {score:.4f}", err=True)


def _lines(fitted: "Fitted", budget_given: bool) -> list[str]:
    lines = [*metric_lines(fitted.record["metrics"]), *budget_lines(fitted.record), outcome_line(fitted)]
    if budget_given and not fitted.published:
        lines.append("the budget is kept for the next rounds; what serves goes on with the one it was fitted for")
    return lines
