"""One training of a labels model: learn, calibrate on what is held out, write a bundle, publish it."""

import math
import re
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from data.errors import Refused
from data.store import Store
from qa_model import bundle
from qa_model.base import ModelError
from qa_model.encoder import Encoder, Vectors
from qa_model.heads import encode
from qa_model.labels import Head, Scope
from qa_model.states import unit
from training.examples import Example
from training.fit import Fitted
from training.label_learning import NEARNESS, Name, Recipe, Tuned, fitted, is_unit, regression, tune_encoder
from training.label_measures import measure
from training.label_rows import Indices, Rows, examples_of, parted
from training.label_scope import EVERYTHING, fit_scope, left_out, temperature
from training.learning import Track
from training.loop import Report
from training.verdict import Verdict
from training.versions import Publish, settle

FEW = 20  # rows of a label under which contrast learns more than cross-entropy
HELD_OUT = 500  # rows that are enough to calibrate by and to measure on
FOLDS = (5, 20)  # of which one is held out: at least, at most
SCOPE_C = 30.0  # of the regressions that leave labels out, where the head was trained with the encoder
MAX_LETTERS = 1_000_000  # of all texts, above which a processor fits the head alone: fine-tuning would take an hour


def chosen(rows: Rows) -> Name:
    """Return the recipe that cross-validation showed best for so many rows of a label, as far as there is time."""
    if statistics.median(Counter(rows.labels).values()) < FEW:
        return "few"
    letters = sum(map(len, rows.texts))
    return "tuned" if torch.cuda.is_available() or letters <= MAX_LETTERS else "frozen"


def fit_labels(
    store: Store,
    models: Path,
    name: str,
    rows: Rows,
    recipe: Recipe,
    publish: Publish,
    report: Report,
    progress: Track | None = None,
) -> Fitted:
    """Learn the labels of the rows, write the bundle and publish it if it is no worse than what serves.

    Raises Refused if nothing can be held out, ModelError if the base cannot be loaded or the bundle written.
    """
    kind = f"labels/{name}"
    before = bundle.current(models, kind)
    with tempfile.TemporaryDirectory(prefix="fit-") as scratch:
        made = learn(rows, recipe, Path(scratch), report, progress)
        record = {
            "kind": kind,
            "parent": before,
            "base": recipe.base,
            "head": made.head.record(),
            "data": {"fingerprint": rows.fingerprint, "rows": len(rows.texts), "outside": len(rows.outside)},
            "training": {**made.training, "seconds": made.seconds},
            "metrics": made.metrics,
            "held_out": [list(row) for row in made.held_out],
        }

        def fill(draft: Path) -> None:
            shutil.copytree(made.folder, draft, dirs_exist_ok=True)
            made.head.save(draft)

        version = bundle.write(models, fill, record, kind)
    decided = _verdict(models, kind, before, made.metrics)
    return Fitted(version, *settle(store, models, version, publish, decided, made.metrics, kind), record)


@dataclass(frozen=True, slots=True)
class Made:
    """A trained model: the encoder's folder, the head, how it was trained, and how good it is on what was held out.

    held_out: of each row held out its label, what it was taken for, and how sure that was.
    """

    folder: Path
    head: Head
    training: dict[str, Any]
    metrics: dict[str, Any]
    held_out: tuple[tuple[str, str, float], ...]
    seconds: float


def learn(rows: Rows, recipe: Recipe, scratch: Path, report: Report, progress: Track | None = None) -> Made:
    """Train on most rows, calibrate and measure on the others; what trains in minutes is then trained on all.

    Raises Refused if nothing can be held out, ModelError if the base cannot be loaded.
    """
    started, examples = time.monotonic(), examples_of(rows, recipe.balanced)
    train, held = _held_out(examples, min(max(FOLDS[0], len(examples) // HELD_OUT), FOLDS[1]))
    added = _named(rows.names) if recipe.name == "few" else []
    own, apart = ([examples[i] for i in part] for part in (train, held))
    folder, labels = scratch / "first", len(rows.names)
    tuned = tune_encoder([*own, *added], apart, labels, recipe, folder, report, progress)
    vectors = encode(tuned.encoder, rows.texts, unit=is_unit(recipe), progress=progress)
    c, linear = SCOPE_C, tuned.head
    if linear is None:
        c, linear = regression(vectors[train], own, vectors[held], apart, labels)
    head = _head(linear, rows, train, vectors, recipe)
    hot = temperature(head.logits(vectors[held]), rows.targets[held])
    head = replace(head, temperature=hot, scope=_scope(head, rows, vectors, (train, held), c, tuned.encoder))
    truth, found = [rows.labels[i] for i in held], head.label(vectors[held])
    metrics = measure(truth, found)
    del metrics["labels"]  # of a few rows each
    judged = tuple((label, one.label, round(one.probability, 3)) for label, one in zip(truth, found, strict=True))
    if recipe.name == "few":
        folder = scratch / "all"
        again = tune_encoder([*examples, *added], [], labels, recipe, folder, report, progress)
        vectors, linear = encode(again.encoder, rows.texts, progress=progress), again.head or linear
    if tuned.head is None:
        linear = fitted(vectors, examples, labels, c)
    if recipe.name in ("few", "frozen"):  # which learned from all rows
        whole = _head(linear, rows, np.arange(len(rows.texts)), vectors, recipe)
        head = replace(whole, temperature=hot, scope=head.scope)
    told = {"examples": {"train": len(train), "held out": len(held)}, "c": None if tuned.head else c}
    seconds = round(time.monotonic() - started, 1)
    return Made(folder, head, {**_training(recipe, tuned), **told}, metrics, judged, seconds)


def _held_out(examples: Sequence[Example], count: int) -> tuple[Indices, Indices]:
    """Return what is learned from and what is held out: the largest fold."""
    try:
        train, held = max(parted(examples, count), key=lambda part: len(part[1]))
    except ValueError as error:
        raise Refused([f"nothing can be held out ({error}): add rows"]) from error
    if not len(held):
        raise Refused(["nothing can be held out: the rows of each label are nearly the same; add other wordings"])
    return train, held


def _named(names: Sequence[str]) -> list[Example]:
    """Return the labels' own names as examples of them, where they are words: with few rows they help."""
    words = [" ".join(re.split(r"[\W_]+", name)).strip() for name in names]
    return [Example(text, "", frozenset({i}), 1.0) for i, text in enumerate(words) if re.search(r"[^\W\d]{2}", text)]


def _head(linear: nn.Linear, rows: Rows, learned: Indices, vectors: Vectors, recipe: Recipe) -> Head:
    """Return a head, not calibrated yet, with the rows that were learned from as its examples."""
    weight, bias = (part.detach().numpy() for part in (linear.weight, linear.bias))
    examples = learned[np.argsort(rows.targets[learned], kind="stable")]
    near = 0.0 if recipe.name == "classic" else NEARNESS
    told = (is_unit(recipe), 1.0, EVERYTHING, near, rows.targets[examples])
    return Head(rows.names, weight, bias, unit(vectors[examples]), *told)


def _scope(
    head: Head, rows: Rows, vectors: Vectors, parts: tuple[Indices, Indices], c: float, encoder: Encoder
) -> Scope:
    """Fit when a text is in scope, by rows that are not if there are any, else by leaving labels out."""
    train, held = parts
    hot = temperature(head.linear(vectors[held]), rows.targets[held])
    if not rows.outside:
        found = left_out(vectors, rows.targets, train, held, c, hot)
    else:
        head = replace(head, scope=replace(EVERYTHING, temperature=hot))
        found = head.features(vectors[held]), head.features(encode(encoder, rows.outside, unit=head.unit))
    return replace(fit_scope(*found), temperature=hot)


def _training(recipe: Recipe, tuned: Tuned) -> dict[str, Any]:
    trained = tuned.trained
    told = {"recipe": recipe.name, "balanced": recipe.balanced, "seed": recipe.settings.seed}
    if trained is None:
        return told
    settings = {"lr": recipe.settings.lr, "batch_size": recipe.settings.batch_size, "average": tuned.average}
    return {**told, **settings, "losses": list(trained.losses), "scores": list(trained.scores), "epoch": trained.epoch}


def _verdict(models: Path, kind: str, before: str, metrics: dict[str, Any]) -> Verdict:
    """Decide by accuracy on what each version held out: not lower by more than its standard error."""
    accuracy, n = float(metrics["accuracy"]), int(metrics["n"])
    told = f"accuracy {accuracy:.3f} on {n} rows held out"
    if before == bundle.BASE:
        return Verdict(True, f"the first model of this name; {told}")
    try:
        old = float(bundle.read_record(models, before, kind)["metrics"]["accuracy"])
    except (ModelError, KeyError, TypeError) as flaw:
        return Verdict(True, f"what serves cannot be read ({flaw}); {told}")
    error = math.sqrt(accuracy * (1 - accuracy) / n)
    compared = f"{told}, {old:.3f} that of version {before}, give or take {error:.3f}"
    return Verdict(accuracy >= old - error, compared)
