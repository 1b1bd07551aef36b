"""Rows of a labels file for tiny encoders: wordings of a label share a first syllable and no word."""

from pathlib import Path

import tiny

from data.records import OOS
from training.label_rows import Rows

LABELS = tiny.ROOTS[:4]
OUTSIDE = tuple(f"{root}{ending} 0{i}" for root in ("we", "zu", "vo") for i, ending in enumerate(tiny.ENDINGS))


def rows(per_label: int = 14, outside: tuple[str, ...] = ()) -> Rows:
    """So many wordings of each of four labels."""
    pairs = [(f"{root}{tiny.ENDINGS[i % 7]} q{i // 7}{i % 7}", root) for root in LABELS for i in range(per_label)]
    return Rows(tuple(text for text, _ in pairs), tuple(label for _, label in pairs), outside)


def written(path: Path, which: Rows) -> Path:
    """Write rows as a labels file."""
    pairs = [*zip(which.texts, which.labels, strict=True), *((text, OOS) for text in which.outside)]
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in pairs), encoding="utf-8")
    return path
