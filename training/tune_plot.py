"""A picture of a search for settings."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from data.errors import TutorError
from training.search import R, Search

CHOSEN, OTHER, BARE = "#0b6e4f", "#4a6fa5", "#8a8a8a"
SHOWN = 40  # settings, the best ones: more cannot be read


def plot(search: Search[R], names: Sequence[str], what: str, file: Path) -> None:
    """Write a PNG with mean and standard deviation of `what` for each setting by its name, best on top.

    Raises TutorError if the file cannot be written.
    """
    shown = [i for i, one in enumerate(search.scored) if i < SHOWN or one is search.winner or not one.candidate]
    figure = Figure(figsize=(9, 1.6 + 0.34 * len(shown)), dpi=150, layout="constrained")
    axes = figure.subplots()
    for place, one in enumerate(search.scored[i] for i in shown):
        colour = CHOSEN if one is search.winner else OTHER if one.candidate else BARE
        axes.plot(one.folds, [place] * len(one.folds), "|", color=colour, markersize=9, alpha=0.6)
        axes.errorbar(one.mean, place, xerr=one.spread, fmt="o", color=colour, capsize=4, linewidth=1.6)
    axes.set_yticks(range(len(shown)), [names[i] for i in shown])
    for label, i in zip(axes.get_yticklabels(), shown, strict=True):
        label.set_fontweight("bold" if search.scored[i] is search.winner else "normal")
    axes.invert_yaxis()
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(f"{what}: mean and standard deviation; a stroke is one fold")
    axes.set_title("Bold: the cheapest setting within one standard error of the best", loc="left", fontsize=11)
    try:
        figure.savefig(file, format="png")
    except OSError as error:
        raise TutorError(f"{file}: cannot be written ({error.strerror})") from error
