"""The report as one HTML file that needs nothing else: no network, no script, its drawings inside."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from data.budgets import DEFAULT_MAX_ERROR, MIN_LABELLED
from data.errors import Refused, TutorError
from data.files import draft
from training import charts
from training.report import Report
from training.report_about import About
from training.report_parts import MEASURES

SPACE = "\N{NO-BREAK SPACE}"
TEMPLATE = "report.html.jinja"
SUFFIXES = (".html", ".htm")
LABELS = {
    "hit@1": ("right answer first", "first"),
    "hit@5": ("right answer in the first five", "in five"),
    "mrr@10": ("MRR@10 (1: always first)", "MRR"),
    "auroc": ("AUROC (confidence tells right from wrong)", "AUROC"),
    "coverage@0.95": (f"answered at 95{SPACE}% precision", f"at 95{SPACE}%"),
}
SHARES = frozenset({"hit@1", "hit@5", "coverage@0.95"})  # written as per cent
MOST_CHANGES = 100


def write_page(path: Path, page: str) -> None:
    """Write the page, which appears whole or not at all; a report that is there is replaced.

    Raises Refused for a name that is not HTML's, TutorError if the file cannot be written or is no regular file.
    """
    if path.is_dir():
        raise Refused([f"{path}: is a folder: name a file in it, such as {path / 'report.html'}"])
    if path.suffix.lower() not in SUFFIXES:
        raise Refused([f"{path}: a report is a web page: name it .html"])
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise TutorError(f"{path}: is there already and no regular file: name another file")
    if not path.parent.is_dir():
        raise Refused([f"{path}: there is no folder {path.parent}"])
    try:
        with draft(path) as beside:
            beside.write_bytes(page.encode("utf-8", "replace"))
            beside.replace(path)
    except OSError as error:
        raise TutorError(f"{path}: cannot be written ({error.strerror})") from error


def page(report: Report) -> str:
    """Return the whole page; every text in it is escaped."""
    limits = sorted({b.max_error for b in report.budgets or () if b.max_error is not None}) or [DEFAULT_MAX_ERROR]
    names = {
        "r": report,
        "drawn": _drawn(report, limits),
        "within": [(limit, charts.within(report.curve or (), limit)) for limit in limits],
        "columns": sorted({limit for b in report.budgets or () if b.measured for limit, _ in b.costs}),
        "best": _best(report),
        "measures": MEASURES,
        "labels": LABELS,
        "most": MOST_CHANGES,
        "enough": MIN_LABELLED,
    }
    return rendered(TEMPLATE, report.about, names)


def rendered(template: str, about: About, names: Mapping[str, Any]) -> str:
    """Return a page of a template below this folder, with these names in it; every text in it is escaped."""
    text = _environment().get_template(template).render({**names, "about": about, "size": charts})
    return text.strip() + "\n"


def learning_curves(about: About, score: str) -> dict[str, charts.Chart]:
    """Return the drawings of the loss, and of the score on what was kept aside, epoch by epoch, where there are any."""
    learning = about.learning
    if learning is None:
        return {}
    drawn = {"loss": charts.epochs(learning.losses, "training loss", learning.best)}
    if learning.scores:
        drawn["validation"] = charts.epochs(learning.scores, score, learning.best)
    return drawn


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"value": _value, "change": _change, "percent": _percent, "day": _day, "span": _span}
    return environment


def _drawn(report: Report, limits: list[float]) -> dict[str, charts.Chart]:
    drawn = learning_curves(report.about, "validation MRR")
    if report.calibration:
        drawn["reliability"] = charts.reliability(report.calibration.bins)
    if report.curve:
        drawn["risk"] = charts.risk(report.curve, limits)
    return drawn


def _best(report: Report) -> tuple[float | None, ...]:
    """Return the best value of each column of the ablation."""
    rows = [signal.values for signal in report.ablation or ()]
    return tuple(max((v for v in column if v is not None), default=None) for column in zip(*rows, strict=True))


def _value(number: float | None, measure: str, unit: str = f"{SPACE}%") -> str:
    """Return a measure as it is read: a share as per cent, others with three decimals."""
    if number is None:
        return "–"
    return f"{number * 100:.1f}{unit}" if measure in SHARES else f"{number:.3f}"


def _change(number: float | None, measure: str) -> str:
    """Return a difference with its sign; of shares, in points of per cent."""
    if number is None:
        return "–"
    text = f"{number * 100:+.1f}" if measure in SHARES else f"{number:+.3f}"
    return text.replace("-", "−")


def _percent(share: float | None) -> str:
    return "–" if share is None else charts.percent(share).replace(" ", SPACE)


def _day(moment: str) -> str:
    """Return a moment as `24 November 2026, 05:37 UTC`; what is no moment stays as it is."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _span(seconds: float) -> str:
    """Return a duration in the unit that a person would use."""
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
