"""The pages about a labels model and about a scorer, made of the same parts as that about answers."""

import base64
import io
from collections.abc import Sequence

from qa_model.scorer import COVERAGE
from training import charts
from training.confusion_plot import plot
from training.report_heads import LabelsReport, ScoresReport
from training.report_page import learning_curves, rendered

MOST_LABELS = 20  # of the picture, and of the table that is open: more cannot be read on a phone
MOST_PROMPTS = 7  # that are open
SMALL = 30  # rows of a prompt under which its measures say little


def labels_page(report: LabelsReport) -> str:
    """Return the whole page about a labels model; every text in it is escaped."""
    drawn = learning_curves(report.about, "held-out accuracy")
    if report.calibration:
        drawn["reliability"] = charts.reliability(report.calibration.bins)
    picture = _confusion(report.held_out) if report.held_out and report.confusions else None
    names = {"r": report, "drawn": drawn, "picture": picture, "most": MOST_LABELS}
    return rendered("labels.html.jinja", report.about, names)


def scores_page(report: ScoresReport) -> str:
    """Return the whole page about a scorer; every text in it is escaped."""
    drawn = learning_curves(report.about, "held-out score")
    if report.sample:
        drawn["scatter"] = _scatter(report.sample)
    names = {"r": report, "drawn": drawn, "most": MOST_PROMPTS, "stated": COVERAGE, "small": SMALL}
    return rendered("scores.html.jinja", report.about, names)


def _confusion(held_out: Sequence[tuple[str, str, float]]) -> str:
    """Return the picture of the confusion matrix, PNG in base64."""
    drawn = io.BytesIO()
    plot([row[0] for row in held_out], [row[1] for row in held_out], drawn, MOST_LABELS)
    return base64.b64encode(drawn.getvalue()).decode("ascii")


def _scatter(sample: Sequence[tuple[str, float, float]]) -> charts.Chart:
    """Draw estimates by scores; where prompts differ in their scores, both as parts of what their prompt gives."""
    ends: dict[str, tuple[float, float]] = {}
    for prompt, given, _ in sample:
        low, high = ends.get(prompt, (given, given))
        ends[prompt] = (min(low, given), max(high, given))
    if len({high for _, high in ends.values()}) == 1:
        return charts.scatter([(given, told) for _, given, told in sample], "score that people gave")
    pairs = [
        ((given - low) / ((high - low) or 1), (told - low) / ((high - low) or 1))
        for prompt, given, told in sample
        for low, high in [ends[prompt]]
    ]
    return charts.scatter(pairs, "score, as a part of its prompt's scale")
