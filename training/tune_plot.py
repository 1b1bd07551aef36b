"""A picture of a search for settings."""

from pathlib import Path

from matplotlib.figure import Figure

from data.errors import TutorError
from training.settings import describe, is_untrained
from training.tune import Search

CHOSEN, OTHER, BARE = "#0b6e4f", "#4a6fa5", "#8a8a8a"
SHOWN = 40  # settings, the best ones: more cannot be read


def plot(search: Search, file: Path) -> None:
    """Write a PNG with mean and standard deviation of MRR@10 for each setting, best on top.

    Raises TutorError if the file cannot be written.
    """
    shown = [
        one for i, one in enumerate(search.scored) if i < SHOWN or one is search.winner or is_untrained(one.recipe)
    ]
    names = describe([one.recipe for one in search.scored])
    figure = Figure(figsize=(9, 1.6 + 0.34 * len(shown)), dpi=150, layout="constrained")
    axes = figure.subplots()
    for place, one in enumerate(shown):
        colour = CHOSEN if one is search.winner else BARE if is_untrained(one.recipe) else OTHER
        axes.plot(one.mrr, [place] * len(one.mrr), "|", color=colour, markersize=9, alpha=0.6)
        axes.errorbar(one.mean, place, xerr=one.spread, fmt="o", color=colour, capsize=4, linewidth=1.6)
    axes.set_yticks(range(len(shown)), [names[search.scored.index(one)] for one in shown])
    for label, one in zip(axes.get_yticklabels(), shown, strict=True):
        label.set_fontweight("bold" if one is search.winner else "normal")
    axes.invert_yaxis()
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("MRR@10 on held-out questions: mean and standard deviation; a stroke is one fold")
    axes.set_title("Bold: the cheapest setting within one standard error of the best", loc="left", fontsize=11)
    try:
        figure.savefig(file, format="png")
    except OSError as error:
        raise TutorError(f"{file}: cannot be written ({error.strerror})") from error
