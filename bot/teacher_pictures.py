"""Pictures for teachers, drawn upright and in large letters, so that they can be read on a phone."""

import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from bot.fonts import families
from bot.texts.teaching import TeachingTexts
from data.figures import Figures
from data.words import shortened

ANSWER, SUGGEST, ABSTAIN, MARK, BAR = "#0b6e4f", "#e0a030", "#b23a48", "#444444", "#4a6fa5"
SIZE = (6.0, 8.0)  # inches; at 150 dots each, 900 by 1,200
DPI = 150
LETTERS = 13
LABEL_CHARS = 46
WEEK = 7


def by_day(counted: Figures, texts: TeachingTexts) -> bytes:
    """Return a PNG: questions a day by decision above, how many reactions were good below, new versions as marks."""
    figure, (above, below) = _upright((2, 1))
    x = range(len(counted.days))
    bottom = [0] * len(counted.days)
    for name, colour, label in (
        ("answer", ANSWER, texts.chart_answer),
        ("suggest", SUGGEST, texts.chart_suggest),
        ("abstain", ABSTAIN, texts.chart_abstain),
    ):
        heights = [int(getattr(day, name)) for day in counted.days]
        above.bar(x, heights, bottom=bottom, color=colour, width=0.9, label=label)
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    _title(above, texts.chart_days)
    above.set_ylim(0, max(bottom) * 1.3 + 1)  # room for the legend
    above.yaxis.set_major_locator(MaxNLocator(integer=True))
    _helpful(below, counted, texts)
    places = {day.on: i for i, day in enumerate(counted.days)}
    for i, (day, _) in enumerate(counted.versions):
        for axes in (above, below):
            named = axes is above and i == 0
            axes.axvline(places[day], color=MARK, linestyle="--", label=texts.chart_version if named else "_")
    above.legend(ncols=2, loc="upper left", fontsize=LETTERS - 2, edgecolor="white")
    ticks = list(range(len(counted.days) - 1, -1, -WEEK))[::-1] if len(counted.days) > WEEK else list(x)
    for axes in (above, below):
        axes.set_xlim(-0.7, len(counted.days) - 0.3)
        axes.set_xticks(ticks, [counted.days[i].on[5:] for i in ticks])
    return _png(figure)


def by_topic(counted: Figures, clusters: Sequence[tuple[str, int]], texts: TeachingTexts) -> bytes:
    """Return a PNG: what was asked most, what waits for a teacher with how many asked it, and at which hours."""
    figure, (topics, waiting, hours) = _upright((3, 2, 1.6))
    _bars(topics, counted.topics, BAR, texts.chart_topics, texts)
    _bars(waiting, clusters, ABSTAIN, texts.chart_clusters, texts)
    hours.bar(range(24), counted.hours, color=BAR, width=0.9)
    hours.set_xticks(range(0, 24, 4))
    hours.yaxis.set_major_locator(MaxNLocator(integer=True))
    _title(hours, texts.chart_hours)
    return _png(figure)


def _helpful(axes: Axes, counted: Figures, texts: TeachingTexts) -> None:
    """Draw the share of good reactions over the last seven days, for each day on which there were any."""
    points = []
    for i in range(len(counted.days)):
        week = counted.days[max(0, i - WEEK + 1) : i + 1]
        reactions = sum(day.reactions for day in week)
        if reactions:
            points.append((i, 100 * sum(day.helped for day in week) / reactions))
    if points:
        axes.plot(*zip(*points, strict=True), color=ANSWER, linewidth=2.5, marker="o", markersize=4)
    axes.set_ylim(0, 105)
    _title(axes, f"{texts.chart_helpful}\n{texts.chart_helpful_of.format(n=sum(d.reactions for d in counted.days))}")


def _bars(axes: Axes, rows: Sequence[tuple[str, int]], colour: str, title: str, texts: TeachingTexts) -> None:
    shown = rows or [(texts.chart_none, 0)]
    most = max(n for _, n in shown) or 1
    axes.barh(range(len(shown)), [n for _, n in shown], color=colour, height=0.34)
    for i, (label, n) in enumerate(shown):  # above its bar: beside it there is no room on a phone
        axes.text(0, i - 0.24, _short(label), va="bottom", fontsize=LETTERS - 2, parse_math=False)
        if n:
            axes.text(n + most * 0.02, i, str(n), va="center", fontsize=LETTERS - 2)
    axes.set_xlim(0, most * 1.12)
    axes.set_ylim(max(len(shown), 3) - 0.5, -0.9)
    axes.axis("off")
    _title(axes, title)


def _upright(heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    axes = [figure.add_subplot(grid[i]) for i in range(len(heights))]
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
        one.grid(axis="y", color="#dddddd")
        one.set_axisbelow(True)
        one.tick_params(labelsize=LETTERS - 2)
    return figure, axes


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=LETTERS, fontweight="bold")


def _short(text: str) -> str:
    return shortened(" ".join(text.split()), LABEL_CHARS)


def _png(figure: Figure) -> bytes:
    fonts = families()
    for text in figure.findobj(Text):
        text.set_fontfamily(fonts)
    made = io.BytesIO()
    figure.savefig(made, format="png")
    return made.getvalue()
