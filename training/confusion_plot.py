"""A picture of a confusion matrix: what was taken for what."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from matplotlib.figure import Figure

from data.errors import TutorError
from data.words import shortened

MOST_LETTERS = 30  # of a label
SHOWN = 40  # labels, those with most mistakes: more cannot be read


def plot(truth: Sequence[str], found: Sequence[str], file: Path | BinaryIO, most: int = SHOWN) -> None:
    """Write a PNG with the share of each label's rows that was given each label; rows in order of their mistakes.

    `most`: so many labels at most. Raises TutorError if the file cannot be written.
    """
    pairs = Counter(zip(truth, found, strict=True))
    mistakes: Counter[str] = Counter()
    for (own, other), n in pairs.items():
        for label in (own, other):
            mistakes[label] += n if own != other else 0
    labels = [label for label, _ in mistakes.most_common()][:most]
    counts = np.array([[pairs[own, other] for other in labels] for own in labels], float)
    there = Counter(truth)
    shares = counts / np.array([max(1, there[own]) for own in labels])[:, None]
    names = [shortened(label, MOST_LETTERS) for label in labels]
    side = 4.5 + 0.24 * len(labels)
    figure = Figure(figsize=(side, side), dpi=130, layout="constrained")
    axes = figure.subplots()
    picture = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(labels)), names, fontsize=7)
    for i, j in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shares[i, j] > 0.5 else "black"
        axes.text(j, i, f"{counts[i, j]:.0f}", ha="center", va="center", fontsize=6, color=colour)
    axes.set_ylabel("label")
    axes.set_xlabel("taken for")
    few = f"; the {most} labels with most mistakes of {len(mistakes)}" if len(mistakes) > most else ""
    axes.set_title(f"Rows by label and what they were taken for{few}", loc="left", fontsize=9)
    figure.colorbar(picture, ax=axes, shrink=0.6, label="share of the label's rows")
    try:
        figure.savefig(file, format="png")
    except OSError as error:
        raise TutorError(f"{file}: cannot be written ({error.strerror})") from error
