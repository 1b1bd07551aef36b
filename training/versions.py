"""Versions of the answers model after they were fitted: compare, publish, roll back."""

from pathlib import Path
from typing import Any

from data.errors import Refused
from data.protection import protected
from data.store import Store
from qa_model import bundle
from qa_model.answerer import open_cache
from qa_model.encoder import Progress
from training import history
from training.comparison import ask_held, compared, held_out
from training.examples import gather
from training.splits import split


def publish_version(store: Store, models: Path, version: str) -> None:
    """Make a version serve, and write that down. Raises ModelError if there is none or it is damaged."""
    bundle.version_serving(models, version)
    bundle.publish(models, version)
    store.write(history.note, "published", version, reason="by hand")


def roll_back(store: Store, models: Path) -> tuple[str, str]:
    """Put back what served before; return the version left and the one that serves now.

    Raises Refused if nothing is published, ModelError if the version before is damaged.
    """
    left = bundle.current(models)
    if left == bundle.BASE:
        raise Refused(["nothing to roll back: the base model serves"])
    version = store.read(history.served_before, left)
    bundle.publish(models, version)
    store.write(history.note, "rolled back", left)
    return left, version


def compare_versions(store: Store, models: Path, a: str, b: str, progress: Progress | None = None) -> dict[str, Any]:
    """Ask two versions today's held-out questions over the same index; return measures and what changed.

    Raises Refused if nothing is held out, ModelError if a version is missing or damaged.
    """
    material, tests = store.read(lambda db: (gather(db), protected(db)))
    held = held_out(material, split(material.examples), tests)
    if not (held.new or held.unseen):
        raise Refused(["nothing to compare on: no questions with known answers could be held out; add more wordings"])
    cache = open_cache(models)
    try:
        before, after = (ask_held(bundle.version_serving(models, version), held, cache, progress) for version in (a, b))
    finally:
        cache.close()
    told = compared(before, after).record()
    changed = told.pop("changes")
    return {**told, **changed}
