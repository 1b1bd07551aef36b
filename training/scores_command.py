"""The commands `python -m training fit scores` and `evaluate scores`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click

from data.cli import Common, check_exists, common, track
from training.launched import alone
from training.lines import outcome_line, shown, table
from training.options import BASE, PUBLISH, SEED, Name

NAME = click.option("--name", type=Name(), required=True, help="The scorer's name.")
MEASURES = ("n", "qwk", "rmse", "pearson", "coverage")


@click.command("scores")
@click.argument("file", type=Path)
@NAME
@BASE
@PUBLISH
@SEED
@common
def fit_scores(
    options: Common, file: Path, name: str, base: str | None, publish: Literal["auto", "always", "never"], seed: int
) -> None:
    """Fit a scorer to FILE (prompt_id, text, score; prompt, reference and score2 where there are)."""
    alone()
    works = _read(file)
    from data.scored import check_learnable
    from qa_model.base import DEFAULT_BASE
    from training.score_fit import MIN_ROWS, fit

    check_learnable(file, works, MIN_ROWS)
    with options.store(create=True) as store:
        fitted = fit(store, options.models, name, base or DEFAULT_BASE, works, publish, track, seed)
    lines: list[str] = []
    for which, told in fitted.record["metrics"].items():
        lines += [f"{which.replace('_', ' ')}:", *score_lines(told)]
    options.emit(fitted.told(), [*lines, outcome_line(fitted)])


@click.command("scores")
@click.argument("file", type=Path)
@NAME
@common
def evaluate_scores(options: Common, file: Path, name: str) -> None:
    """Score the texts of FILE with the scorer NAME that serves, and compare with what people gave."""
    works = _read(file)
    from qa_model.score_bundle import load_scorer
    from training.score_measures import measure_scores

    scorer, version = load_scorer(options.models, name)
    result = measure_scores(works, scorer.score([own.work for own in works], track))
    options.emit({**result, "model": version}, score_lines(result))


def score_lines(told: Mapping[str, Any]) -> list[str]:
    """Return measures as tables: of all and each prompt, beside baselines and people; then by length."""
    rows = [{"prompt": name, **_row(own)} for name, own in told["prompts"].items()]
    lines = table([{"prompt": "all", **_row(told)}, *rows])
    reasons = ", ".join(f"{n} {reason}" for reason, n in told["reasons"].items())
    lines.append(f"{told['refused']} refused{f': {reasons}' if reasons else ''}; they count above")
    for name, own in told["baselines"].items():
        lines.append(f"{name.replace('_', ' ')}: {', '.join(f'{key} {shown(value)}' for key, value in own.items())}")
    if "human_qwk" in told:
        lines.append(f"two people: qwk {shown(told['human_qwk'])}")
    return [*lines, "by length:", *table(told["bands"])]


def _row(told: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {name: told[name] for name in MEASURES}
    for name in ("qwk", "rmse"):
        ends = told[f"{name}_interval"]
        row[f"{name} 95 %"] = f"{ends[0]:.3f}-{ends[1]:.3f}" if ends else None
    if "human_qwk" in told:
        row["people"] = told["human_qwk"]
    return row


def _read(file: Path) -> list[Any]:
    check_exists(file)
    from data.scored import read_scored

    return list(read_scored(file))
