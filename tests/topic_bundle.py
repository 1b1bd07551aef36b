"""A labels model of a course for tests: each label is where its texts lie, and what is far from all is out of scope."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from qa_model import bundle
from qa_model.encoder import Encoder, Vectors
from qa_model.heads import encode
from qa_model.labels import Head, Scope

SHARP = 20.0  # of the logits: the nearer label is named with certainty


def head_of(encoder: Encoder, texts: Mapping[str, Sequence[str]], min_cosine: float) -> Head:
    """Return a head that names the label of the nearest texts, those in scope from a cosine on."""
    own = {name: encode(encoder, list(examples)) for name, examples in texts.items()}
    weight: Vectors = np.stack([vectors.mean(0) for vectors in own.values()]) * np.float32(SHARP)
    scope = Scope((0.0, 0.0, min_cosine), (1.0, 1.0, 0.05), (0.0, 0.0, 1.0), 0.0, 0.5)
    return Head(
        tuple(own), weight, np.zeros(len(own), np.float32), np.concatenate(list(own.values())), True, 1.0, scope
    )


def copy_encoder(folder: Path, draft: Path) -> None:
    """Copy an encoder's files, so that it has the same hash."""
    shutil.copytree(folder, draft, dirs_exist_ok=True, ignore=shutil.ignore_patterns(bundle.RECORD, "head"))


def published(
    models: Path, course: str, folder: Path, texts: Mapping[str, Sequence[str]], min_cosine: float = 0.4
) -> str:
    """Publish a labels model of a course on the encoder of a folder, whose files it keeps; return the version."""
    kind = f"labels/{course}"
    head = head_of(Encoder.load(folder), texts, min_cosine)

    def fill(draft: Path) -> None:
        copy_encoder(folder, draft)
        head.save(draft)

    parent = bundle.current(models, kind)
    version = bundle.write(models, fill, {"head": head.record(), "parent": parent}, kind)
    bundle.publish(models, version, kind)
    return version
