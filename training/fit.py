"""One round: gather, split, train, measure through production retrieval, write a bundle, publish if it is better."""

import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from data.entries import entries
from data.errors import Refused
from data.store import Store
from qa_model import bundle
from qa_model.answerer import assemble, open_cache
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.encoder import Encoder
from qa_model.fusion import Policy
from qa_model.index import texts_of
from qa_model.vectors import VectorCache, embed
from training import history
from training.comparison import HeldOut, Verdict, held_out, measured, verdict
from training.examples import Material, gather
from training.loop import Report, Settings, Trained, average, train
from training.modes import Mode, full, quick
from training.splits import Split, split, without

Publish = Literal["auto", "always", "never"]
AVERAGE = 0.5  # the tuned weights' part in the average with the base

T = TypeVar("T")


class Track(Protocol):
    """Shows progress over items of any kind."""

    def __call__(self, items: Iterable[T], label: str, total: int, /) -> Iterable[T]:
        """Yield the items."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a round is run."""

    mode: Mode = "quick"
    base: str = DEFAULT_BASE
    average: float = AVERAGE
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a round gave: the new version, whether it serves now and why, and its record."""

    version: str
    published: bool
    reason: str
    record: dict[str, Any]


def fit_answers(
    store: Store, models: Path, recipe: Recipe, publish: Publish, report: Report, progress: Track | None = None
) -> Fitted:
    """Run a round on everything in the store and write its bundle.

    Raises Refused if there is nothing to learn from, ModelError if the base cannot be loaded or the bundle written.
    """
    started = time.monotonic()
    material = store.read(gather)
    parts = split(material.examples)
    _check(material, parts)
    cache = open_cache(models)
    try:
        with tempfile.TemporaryDirectory(prefix="fit-") as scratch:
            folder = Path(scratch) / "encoder"
            trained = _tune(material, parts, recipe, cache, folder, report, progress)
            held = held_out(material, parts)
            before, after = _measure(models, folder, held, cache, progress)
            decided = verdict(before, after)
            record = {
                "kind": "answers",
                "parent": bundle.current(models),
                "base": recipe.base,
                "policy": bundle.policy_record(Policy()),
                "data": {"fingerprint": material.fingerprint, "examples": len(material.examples)},
                "training": _training_record(recipe, parts, trained, time.monotonic() - started),
                "metrics": {"before": before, "after": after},
            }
            version = bundle.write(models, lambda draft: _copy(folder, draft), record)
            # What the bot will need, embedded now, so that it swaps at once.
            assemble(store.read(entries), Encoder.load(models / "answers" / version), cache, progress=progress)
    finally:
        cache.close()
    return _publish(store, models, version, publish, decided, record)


def _check(material: Material, parts: Split) -> None:
    if not parts.train or len({key for e in material.examples for key in e.answers}) < 2:
        found = f"{len(material.entries)} entries, {len(material.examples)} wordings with a known answer"
        advice = "add alternates, run `python -m data import-questions FILE`, or wait for reactions"
        raise Refused([f"nothing to learn from: {found}; {advice}"])


def _tune(
    material: Material,
    parts: Split,
    recipe: Recipe,
    cache: VectorCache,
    folder: Path,
    report: Report,
    progress: Track | None,
) -> Trained:
    """Train from the base and save the averaged encoder into `folder`."""
    base = resolve(recipe.base)
    known = without(material.entries, parts.held_out)
    encoder = Encoder.load(base, training=True)
    untouched = {name: value.clone() for name, value in encoder.model.state_dict().items()}
    if recipe.mode == "quick":
        vectors = embed(Encoder.load(base), [texts_of(e)[0] for e in known], cache, progress)
        task = quick(encoder, known, parts.validation, vectors)
    else:
        task = full(encoder, known, parts.validation)
    trained = train(encoder, parts.train, task.loss, task.validate, recipe.settings, report, progress)
    folder.mkdir()
    encoder.save(folder, average(trained.state, untouched, recipe.average))
    return trained


def _measure(
    models: Path, folder: Path, held: HeldOut, cache: VectorCache, progress: Track | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Measure what serves now and the new encoder on the same held-out questions, over the same index."""
    serving = bundle.serving(models)
    results = []
    for place, policy in ((serving.folder, serving.policy), (folder, Policy())):
        answerer = assemble(held.entries, Encoder.load(place), cache, policy=policy, progress=progress)
        results.append(measured(answerer, held))
    return results[0], results[1]


def _training_record(recipe: Recipe, parts: Split, trained: Trained, seconds: float) -> dict[str, Any]:
    return {
        "mode": recipe.mode,
        "lr": recipe.settings.lr,
        "batch_size": recipe.settings.batch_size,
        "seed": recipe.settings.seed,
        "average": recipe.average,
        "examples": {name: len(getattr(parts, name)) for name in ("train", "validation", "new", "unseen")},
        "losses": list(trained.losses),
        "best_epoch": trained.epoch,
        "validation_mrr": trained.score,
        "seconds": round(seconds, 1),
    }


def _publish(
    store: Store, models: Path, version: str, publish: Publish, decided: Verdict, record: dict[str, Any]
) -> Fitted:
    yes = publish == "always" or (publish == "auto" and decided.better)
    reason = decided.reason if publish == "auto" else f"--publish {publish}; {decided.reason}"
    store.write(history.note, "fitted", version, metrics=record["metrics"])
    if yes:
        bundle.publish(models, version)
    store.write(history.note, "published" if yes else "declined", version, reason=reason)
    return Fitted(version, yes, reason, record)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True)
