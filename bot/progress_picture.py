"""A picture of a person's practice, to be read on a phone: topics, answers a day, what falls due.

Chinese needs a font that has it: the first of bot.fonts that the machine has. Where none is there the picture speaks
English and shows for such topics the number that the text below it gives them, so that nobody reads empty boxes.
"""

import io
from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bot.fonts import CHINESE, chinese_font, families
from bot.texts import DEFAULT, Texts, texts_for
from data.practice import VERDICTS, Verdict
from data.progress import Progress, Topic
from data.words import has_cjk, shortened

COLOURS: dict[Verdict, str] = {"right": "#0b6e4f", "partly": "#e3a72f", "not yet": "#b5443c"}
TOPICS, NAME_CHARS = 8, 22  # of topics, and of their names, that can be read


def picture(progress: Progress, texts: Texts, fonts: Sequence[str] = CHINESE) -> bytes:
    """Return the picture as PNG."""
    chinese = chinese_font(fonts)
    said = texts if chinese or not has_cjk(texts.name) else texts_for(DEFAULT)
    with rc_context({"font.family": families(fonts), "font.size": 15, "axes.titlesize": 17}):
        shown = progress.topics[:TOPICS]
        figure = Figure(figsize=(7.2, 6.4 + 0.62 * len(shown)), dpi=120, layout="constrained")
        topics, days, due = figure.subplots(3, height_ratios=[1 + 0.62 * len(shown), 2.2, 2.2])
        _topics(topics, shown, said, readable=chinese is not None)
        _days(days, progress, said)
        _due(due, progress, said)
        for axes in (topics, days, due):
            axes.spines[["top", "right"]].set_visible(False)
        content = io.BytesIO()
        figure.savefig(content, format="png")
    return content.getvalue()


def topic_name(topic: Topic, texts: Texts) -> str:
    """Return what a topic is called; what stands in no section is the rest."""
    return topic.name or texts.practice.other


def _topics(axes: Axes, topics: Sequence[Topic], texts: Texts, *, readable: bool) -> None:
    names = []
    for place, topic in enumerate(topics):
        name = topic_name(topic, texts)
        name = name if readable or not has_cjk(name) else f"{place + 1}."
        names.append(shortened(name, NAME_CHARS))
        left = 0.0
        for verdict, count in zip(VERDICTS, (topic.right, topic.partly, topic.not_yet), strict=True):
            axes.barh(place, count / topic.answered, left=left, color=COLOURS[verdict], height=0.7)
            left += count / topic.answered
        told = texts.practice.chart_of.format(answered=topic.answered, questions=topic.questions)
        axes.text(1.02, place, told, va="center", fontsize=13, color="#444444")
    axes.set_yticks(range(len(topics)), names)
    axes.set_xticks([])
    axes.set_xlim(0, 1.25)
    axes.set_ylim(len(topics) - 0.5, -0.5)
    axes.spines["bottom"].set_visible(False)
    axes.set_title(texts.practice.chart_topics, loc="left")


def _days(axes: Axes, progress: Progress, texts: Texts) -> None:
    words = texts.practice
    # The signs before the words are in no font of a plot.
    labels = {
        v: name.partition(" ")[2] for v, name in zip(VERDICTS, (words.right, words.partly, words.not_yet), strict=True)
    }
    base = [0] * len(progress.days)
    for verdict in VERDICTS:
        counts = [of_day[verdict] for _, of_day in progress.days]
        axes.bar(range(len(counts)), counts, bottom=base, color=COLOURS[verdict], label=labels[verdict])
        base = [below + count for below, count in zip(base, counts, strict=True)]
    marked = range(len(progress.days) - 1, -1, -3)
    axes.set_xticks(list(marked), [progress.days[i][0][5:] for i in marked])
    _whole(axes, max(base))
    axes.set_title(words.chart_days, loc="left")
    axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.45, -0.14), frameon=False, fontsize=13)


def _due(axes: Axes, progress: Progress, texts: Texts) -> None:
    bars = axes.bar(range(len(progress.due)), progress.due, color="#4a6fa5")
    axes.bar_label(bars, [str(n) if n else "" for n in progress.due], fontsize=13)
    axes.set_xticks(
        range(len(progress.due)), [texts.practice.chart_now, *(f"+{i}" for i in range(1, len(progress.due)))]
    )
    _whole(axes, max(progress.due))
    axes.set_title(texts.practice.chart_due, loc="left")


def _whole(axes: Axes, most: int) -> None:
    """Mark the axis of counts with whole numbers only."""
    axes.set_ylim(0, max(most, 1) * 1.2)
    axes.set_yticks([0, max(most, 1)])
