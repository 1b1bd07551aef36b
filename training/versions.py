"""Versions of a model after they were fitted: compare, publish, roll back."""

from pathlib import Path
from typing import Any, Literal

from data.errors import Refused
from data.protection import protected
from data.store import Store
from qa_model import bundle
from qa_model.answerer import open_cache
from qa_model.base import ModelError
from qa_model.encoder import Progress
from training import history
from training.comparison import ask_held, compared, held_out
from training.examples import gather
from training.splits import split
from training.verdict import Verdict

Publish = Literal["auto", "always", "never"]


def serving(kind: str, version: str) -> str | None:
    """Return the version that serves; of labels and scores, for which no base can stand in, None if none does."""
    return None if version == bundle.BASE and kind != "answers" else version


def serving_line(kind: str, version: str, why: str = "") -> str:
    """Return in words which version serves, and why that one."""
    if serving(kind, version) is None:
        return f"nothing serves now{why or f': no version of {kind} is published'}"
    return f"serving now: {version}{why}"


def settle(
    store: Store,
    models: Path,
    version: str,
    publish: Publish,
    decided: Verdict,
    metrics: dict[str, Any],
    kind: str = "answers",
) -> tuple[bool, str]:
    """Publish a version that was just fitted, or decline it, and write that down; return whether, and why."""
    yes = publish == "always" or (publish == "auto" and decided.better)
    reason = decided.reason if publish == "auto" else f"--publish {publish}; {decided.reason}"
    store.write(history.note, "fitted", version, metrics=metrics, kind=kind)
    if yes:
        bundle.publish(models, version, kind)
    store.write(history.note, "published" if yes else "declined", version, reason=reason, kind=kind)
    return yes, reason


def publish_version(store: Store, models: Path, version: str, kind: str = "answers") -> None:
    """Make a version serve, and write that down. Raises ModelError if there is none or it is damaged."""
    if kind == "answers":
        bundle.version_serving(models, version)
    elif version == bundle.BASE and not bundle.versions(models, kind):
        raise ModelError(f"no version of {kind} was fitted yet, so that none serves as it is")
    bundle.publish(models, version, kind)
    store.write(history.note, "published", version, reason="by hand", kind=kind)


def roll_back(store: Store, models: Path, kind: str = "answers") -> tuple[str, str]:
    """Put back what served before; return the version left and the one that serves now.

    Raises Refused if nothing is published, ModelError if the version before is damaged.
    """
    left = bundle.current(models, kind)
    if left == bundle.BASE:
        serves = "the base model serves" if kind == "answers" else f"no version of {kind} is published"
        raise Refused([f"nothing to roll back: {serves}"])
    version = store.read(history.served_before, left, kind)
    bundle.publish(models, version, kind)
    store.write(history.note, "rolled back", left, kind=kind)
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
