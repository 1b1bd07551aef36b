"""Rows of a labels file (`text, label`): read, checked, and parted for cross-validation."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from data.errors import Refused
from data.records import OOS
from data.tables import read_table
from training.examples import Example
from training.splits import folds

MIN_LABELS, MIN_ROWS = 2, 2  # labels, and rows of each: one to learn from, one to measure on
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Texts with the label of each, and texts that are out of scope."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    outside: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The labels there are, each once, in order."""
        return tuple(sorted(set(self.labels)))

    @property
    def targets(self) -> Indices:
        """The number of each row's label in `names`, (rows,)."""
        number = {name: i for i, name in enumerate(self.names)}
        return np.array([number[label] for label in self.labels], np.int64)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the rows in any order, so that two trainings on the same data can be told."""
        told = [*zip(self.texts, self.labels, strict=True), *((text, OOS) for text in self.outside)]
        return hashlib.sha256("\n".join(sorted(map(repr, told))).encode()).hexdigest()


def read_rows(path: Path) -> Rows:
    """Read a labels file; the same text with the same label counts once.

    Raises Refused, with line numbers, if a text or a label is empty or nothing is in it.
    """
    table = read_table(path, required=("text", "label"))
    refused = list(table.refused)
    for row in table.rows:
        refused += [f"{row.place}: the {name} is empty" for name in ("text", "label") if not row[name]]
    if refused:
        raise Refused([f"{path}: {reason}" for reason in refused])
    if not table.rows:
        raise Refused([f"{path}: has no rows"])
    pairs = list(dict.fromkeys((row["text"], row["label"]) for row in table.rows))
    inside = [(text, label) for text, label in pairs if label != OOS]
    outside = tuple(text for text, label in pairs if label == OOS)
    return Rows(tuple(text for text, _ in inside), tuple(label for _, label in inside), outside)


def check_rows(rows: Rows, path: Path) -> None:
    """Raise Refused unless there is enough to learn from."""
    counts = Counter(rows.labels)
    if len(counts) < MIN_LABELS:
        raise Refused([f"{path}: has {len(counts)} labels besides {OOS}; it takes {MIN_LABELS} to tell texts apart"])
    few = sorted(name for name, count in counts.items() if count < MIN_ROWS)
    if few:
        told = ", ".join(map(repr, few[:5])) + (f" and {len(few) - 5} more" if len(few) > 5 else "")
        raise Refused([f"{path}: fewer than {MIN_ROWS} rows with the label {told}: add some, or take them out"])


def examples_of(rows: Rows, balanced: bool) -> list[Example]:
    """Return the rows as examples; `balanced`: each label counts as much as any other, however many rows it has."""
    counts, targets = Counter(rows.labels), rows.targets
    mean = len(rows.texts) / len(counts)
    weights = [mean / counts[label] if balanced else 1.0 for label in rows.labels]
    return [
        Example(text, "", frozenset({int(target)}), weight)
        for text, target, weight in zip(rows.texts, targets, weights, strict=True)
    ]


def parted(examples: Sequence[Example], count: int) -> list[tuple[Indices, Indices]]:
    """Return what is learned from and what is held out in each of `count` folds, as numbers of examples.

    Near-duplicates are on one side, and each label is dealt out over the folds. What would leave a label without
    anything to learn from is learned from instead. Raises ValueError if there are too few groups of near-duplicates.
    """
    number = {example: i for i, example in enumerate(examples)}
    found = []
    for fold in folds(examples, count):
        held = np.array(sorted(number[example] for example in fold.new), np.int64)
        found.append((np.setdiff1d(np.arange(len(examples)), held), held))
    return found
