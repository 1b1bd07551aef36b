"""Versions of the answers model after they were fitted: compare, publish, roll back."""

from pathlib import Path
from typing import Any

from data.errors import Refused
from data.store import Store
from qa_model import bundle
from qa_model.answerer import Answerer, assemble, open_cache
from qa_model.encoder import Encoder, Progress
from qa_model.vectors import VectorCache
from training import history
from training.comparison import HeldOut, changes, held_out, measured
from training.examples import gather
from training.measures import Outcome
from training.splits import split


def publish_version(store: Store, models: Path, version: str) -> None:
    """Make a version serve, and write that down. Raises ModelError if there is none or it is damaged."""
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
    material = store.read(gather)
    held = held_out(material, split(material.examples))
    questions = [*held.new, *held.unseen]
    if not questions:
        raise Refused(["nothing to compare on: no questions with known answers could be held out; add more wordings"])
    cache = open_cache(models)
    try:
        before, after = (_answerer(models, version, held, cache, progress) for version in (a, b))
        changed = changes(before, after, questions)
        metrics = {"before": measured(before, held), "after": measured(after, held)}
    finally:
        cache.close()
    return {
        "metrics": metrics,
        "fixed": [_told(*pair) for pair in changed.fixed],
        "broke": [_told(*pair) for pair in changed.broke],
        "unchanged": changed.unchanged,
    }


def _answerer(models: Path, version: str, held: HeldOut, cache: VectorCache, progress: Progress | None) -> Answerer:
    chosen = bundle.version_serving(models, version)
    encoder = Encoder.load(chosen.folder)
    return assemble(held.entries, encoder, cache, policy=chosen.policy, model=version, progress=progress)


def _told(before: Outcome, after: Outcome) -> dict[str, Any]:
    def top(outcome: Outcome) -> str | None:
        return outcome.answer.candidates[0].entry.id if outcome.answer.candidates else None

    question = before.question
    return {
        "question": question.text,
        "course": question.course,
        "expected_ids": list(question.expected_ids),
        "before": top(before),
        "after": top(after),
    }
