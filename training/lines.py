"""Measures as lines on a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import click

from data.budgets import MIN_LABELLED
from data.words import shortened
from training.charts import percent

MOST_LETTERS = 200  # of a text that is shown
COUNTS = ("n", "answerable")  # the same before and after


class Outcome(Protocol):
    """What became of a round, of any kind of model."""

    @property
    def version(self) -> str:
        """The version that it made."""

    @property
    def published(self) -> bool:
        """Whether that serves now."""

    @property
    def reason(self) -> str:
        """Why, or why not."""


def metric_lines(metrics: dict[str, Any]) -> list[str]:
    """Return a line for each held-out set, before and after."""
    lines = []
    for name, before in metrics["before"].items():
        after = metrics["after"][name]
        pairs = [f"{key} {shown(before[key])} -> {shown(after[key])}" for key in before if key not in COUNTS]
        answerable = f", {before['answerable']} with an answer" if "answerable" in before else ""
        lines.append(f"{_title(name)} ({before['n']}{answerable}): {', '.join(pairs)}")
    return lines


def interval_lines(intervals: Mapping[str, Mapping[str, Sequence[float] | None]]) -> list[str]:
    """Return a line for each held-out set: the 95 % interval of the difference in each measure."""
    lines = []
    for name, measures in intervals.items():
        ends = [f"{key} {low_high[0]:+.3f} to {low_high[1]:+.3f}" for key, low_high in measures.items() if low_high]
        lines += [f"{_title(name)}, 95 % interval of the difference: {', '.join(ends)}"] if ends else []
    return lines


def change_lines(result: Mapping[str, Any]) -> list[str]:
    """Return a line for each row that was fixed or broke, and how many did what."""
    lines = []
    for side in ("fixed", "broke"):
        for row in result[side]:
            text = " ".join(shortened(row.get("question") or row.get("text") or "", MOST_LETTERS).split())
            before, after = (f"{v:g}" if isinstance(v, float) else v for v in (row["before"], row["after"]))
            expected = f", right is {row['expected']:g}" if isinstance(row.get("expected"), float) else ""
            lines.append(f"{side}: {text} -> {after}, was {before}{expected}")
    return [*lines, f"{len(result['fixed'])} fixed, {len(result['broke'])} broke, {result['unchanged']} unchanged"]


def budget_lines(record: dict[str, Any]) -> list[str]:
    """Return a line for each course: from which probability it answers, and what is known of its errors."""
    return [_budget_line(course, told) for course, told in record["calibration"]["courses"].items()]


def _budget_line(course: str, told: Mapping[str, Any]) -> str:
    at, budget = told["threshold"], percent(told["max_error"])
    answers = f"{course}: answers from {at:.2f} on" if at <= 1 else f"{course}: never answers"
    if not told["measured"]:
        wanted = f"{told['labelled']} labelled questions, it takes {MIN_LABELLED}"
        return f"{answers}, the shipped threshold for a budget of {budget}; not yet measured here ({wanted})"
    if at > 1:
        known = "no threshold keeps it here"
    else:
        error = f"{percent(told['error'])} of that wrong (95 % bound {percent(told['upper'])})"
        known = f"{percent(told['coverage'])} answered, {error}"
    costs = ", ".join(f"{percent(c['coverage'])} at {percent(c['max_error'])}" for c in told["costs"])
    return f"{answers} for a budget of {budget}: {known}; answered with other budgets: {costs}"


def _title(name: str) -> str:
    """Return a held-out set's name in words; that of a prompt stays as it is."""
    return name if name.startswith("prompt ") else name.replace("_", " ")


def shown(value: float | int | str | None) -> str:
    """Return a measure with three places, a count as it is, `-` for none."""
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return rows of the same keys as a table, the first column to the left."""
    cells = [list(rows[0]), *([*map(shown, row.values())] for row in rows)] if rows else []
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    ]


def tell(line: str) -> None:
    """Say on stderr how far a long work is."""
    click.echo(line, err=True)


def outcome_line(fitted: Outcome) -> str:
    """Return which version a round made, whether it serves, and why."""
    return f"version {fitted.version}, {'published' if fitted.published else 'not published'}: {fitted.reason}"
