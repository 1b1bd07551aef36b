"""One training: from a base and examples to an encoder folder, with the weights averaged with the base."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from data.records import Entry
from qa_model.answerer import assemble
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.encoder import Encoder
from qa_model.index import Text, texts_of
from qa_model.vectors import VectorCache, embed
from training import loop
from training.evaluation import ask_all
from training.examples import Example, as_questions
from training.loop import Report, Settings, State
from training.measures import measure
from training.modes import Mode, Task, full, quick
from training.negatives import Guide

WEIGHTS = (0.3, 0.5, 0.7, 1.0)  # of the tuned weights in the average with the base, to choose from
UNMEASURED = 0.5  # the weight where nothing can be measured
MAX_ENTRIES = 100  # that the choice embeds anew for each weight

T = TypeVar("T")


class Track(Protocol):
    """Shows progress over items of any kind."""

    def __call__(self, items: Iterable[T], label: str, total: int, /) -> Iterable[T]:
        """Yield the items."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to learn.

    `average`: the tuned weights' part in the average with the base; None chooses it on validation.
    `hard_negatives`: answers for each question that the base finds likest, as further negatives of the full mode.
    """

    mode: Mode = "quick"
    base: str = DEFAULT_BASE
    average: float | None = None
    settings: Settings = field(default_factory=Settings)
    hard_negatives: int = 0


@dataclass(frozen=True, slots=True)
class Learned:
    """What a training gave.

    epoch: the best, counted from 1. losses and scores: mean loss and validation MRR of each epoch, before averaging.
    average: the tuned weights' part. tried: the MRR@10 of each weight that was measured for the choice, none where
    the recipe fixed it or nothing could be measured.
    """

    epoch: int
    losses: tuple[float, ...]
    scores: tuple[float, ...]
    average: float
    tried: dict[float, float]

    @property
    def score(self) -> float:
        """The validation MRR of the best epoch."""
        return self.scores[self.epoch - 1]


def learn(
    known: Sequence[Entry],
    train: Sequence[Example],
    validation: Sequence[Example],
    recipe: Recipe,
    cache: VectorCache,
    folder: Path,
    report: Report,
    progress: Track | None = None,
) -> Learned:
    """Train from the recipe's base and save the averaged encoder into `folder`, which must not exist.

    `known` are the entries without any held-out wording. Raises ModelError if the base cannot be loaded.
    """
    base = resolve(recipe.base)
    wanted: list[Text] = [texts_of(entry)[0] for entry in known]
    wanted += [("query", example.text) for example in (*train, *validation)]
    vectors = embed(Encoder.load(base), wanted, cache, progress)
    guide = Guide(known, vectors)
    encoder = Encoder.load(base, training=True)
    untouched = {name: value.clone() for name, value in encoder.model.state_dict().items()}
    if recipe.mode == "quick":
        task = quick(encoder, known, validation, vectors, guide)
    else:
        hard = {example: guide.hardest(example, recipe.hard_negatives) for example in train}
        task = full(encoder, known, validation, guide, hard)
    trained = _trained(encoder, train, task, recipe.settings, report, progress)
    tried: dict[float, float] = {}
    if recipe.average is None and validation:
        encoder.model.load_state_dict(trained.state)
        asked, entries = _contested(known, validation, guide, encoder)
        encoder.model.train(False)
        tried = {w: _checked(encoder, loop.average(trained.state, untouched, w), asked, entries) for w in WEIGHTS}
    weight = _chosen(recipe.average, tried)
    folder.mkdir()
    encoder.save(folder, loop.average(trained.state, untouched, weight))
    return Learned(trained.epoch, trained.losses, trained.scores, weight, tried)


def _trained(
    encoder: Encoder,
    train: Sequence[Example],
    task: Task,
    settings: Settings,
    report: Report,
    progress: Track | None,
) -> loop.Trained:
    return loop.train(encoder, train, task.loss, task.validate, settings, report, progress, grouped=task.grouped)


def _chosen(fixed: float | None, tried: dict[float, float]) -> float:
    """Return the fixed weight, or the best of those tried, of equal ones the smallest, which is nearest the base."""
    if fixed is not None:
        return fixed
    return min(tried, key=lambda weight: (-tried[weight], weight), default=UNMEASURED)


def _contested(
    known: Sequence[Entry], validation: Sequence[Example], guide: Guide, encoder: Encoder
) -> tuple[list[Example], list[Entry]]:
    """Choose validation questions, and the entries among which to find their answers, at most MAX_ENTRIES.

    Beside its right answers each question brings the wrong ones that the base and the tuned encoder find likest, by
    the base's vectors of the answers: what averaging can mend or spoil is among them.
    """
    order = random.Random(0).sample(validation, len(validation))
    asked: list[Example] = []
    chosen: set[int] = set()
    for example, vector in zip(order, encoder.encode([e.text for e in order], "query"), strict=True):
        own = example.answers | guide.rival(example) | guide.rival(example, vector)
        if asked and len(chosen | own) > MAX_ENTRIES:
            break
        asked.append(example)
        chosen |= own
    return asked, [entry for entry in known if entry.key in chosen]


def _checked(encoder: Encoder, state: State, asked: Sequence[Example], entries: Sequence[Entry]) -> float:
    """Return the MRR@10 of production retrieval with these weights, answers and wordings embedded anew."""
    encoder.model.load_state_dict(state)
    answerer = assemble(entries, encoder, VectorCache(None))
    found = measure(ask_all(answerer, as_questions(asked, entries)))["mrr@10"]
    return float(found or 0.0)
