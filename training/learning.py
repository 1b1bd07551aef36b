"""One training: from a base and examples to an encoder folder, with the weights averaged with the base."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import torch

from data.records import Entry
from qa_model.answerer import assemble
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.block import Text, texts_of
from qa_model.encoder import Encoder, Vectors
from qa_model.torch_backend import has_bf16
from qa_model.vectors import VectorCache, embed
from training.checkpoints import Checkpoint
from training.evaluation import ask_all
from training.examples import Example, as_questions
from training.loop import Report
from training.loop import average as averaged
from training.loop import train as run_epochs
from training.measures import measure
from training.modes import Mode, Task, full, quick
from training.negatives import Guide
from training.processes import Team
from training.trained import Settings, State, Trained

WEIGHTS = (0.3, 0.5, 0.7, 1.0)  # of the tuned weights in the average with the base, to choose from
RATES: dict[Mode, float] = {"quick": 1e-4, "full": 3e-5}  # in quick mode the upper third of the layers learns
UNMEASURED = 0.5  # the weight where nothing can be measured
MAX_LETTERS = 50_000  # that the choice embeds anew for each weight: two seconds or so on two cores

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
    the recipe fixed it or nothing could be measured. speed: see Tuned.
    """

    epoch: int
    losses: tuple[float, ...]
    scores: tuple[float, ...]
    average: float
    tried: dict[float, float]
    speed: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def score(self) -> float:
        """The validation MRR of the best epoch."""
        return self.scores[self.epoch - 1]


@dataclass(frozen=True, slots=True)
class Tuned:
    """Weights that were trained, not averaged yet, with what is needed to choose how far to go.

    speed: how fast texts were read, and what part of the machine's peak that is (see Work).
    """

    encoder: Encoder
    base: State
    trained: Trained
    known: tuple[Entry, ...]
    validation: tuple[Example, ...]
    guide: Guide
    speed: dict[str, float] = field(default_factory=dict)

    def save(self, average: float | None, folder: Path) -> Learned:
        """Save the average with the base into `folder`, which must not exist; None chooses the weight.

        The choice asks validation questions through production retrieval among the entries that they could be
        mistaken for, whose texts are embedded anew for each weight, as they will be when the model serves. A few dozen
        questions tell the weights apart only roughly: of those as good as each other the one nearest the base is taken.
        """
        tried: dict[float, float] = {}
        if average is None and self.validation:
            self.encoder.model.train(False)
            asked, entries = self._contested()
            tried = {weight: self._checked(weight, asked, entries) for weight in WEIGHTS}
        weight = _chosen(average, tried)
        folder.mkdir()
        self.encoder.save(folder, averaged(self.trained.state, self.base, weight))
        trained = self.trained
        return Learned(trained.epoch, trained.losses, trained.scores, weight, tried, self.speed)

    def _contested(self) -> tuple[list[Example], list[Entry]]:
        """Choose validation questions, and entries of at most MAX_LETTERS among which to find their answers.

        Beside its right answers each question brings the wrong one that the base finds likest and the one that the
        tuned encoder does, by the base's vectors of the answers: what averaging mends or spoils is among them.
        """
        self.encoder.model.load_state_dict(self.trained.state)
        order = random.Random(0).sample(self.validation, len(self.validation))
        letters = {entry.key: sum(len(words) for _, words in texts_of(entry)) for entry in self.known}
        asked: list[Example] = []
        chosen: set[int] = set()
        for example, vector in zip(order, self.encoder.encode([e.text for e in order], "query"), strict=True):
            own = example.answers | self.guide.rival(example) | self.guide.rival(example, vector)
            if asked and sum(letters[key] for key in chosen | own) > MAX_LETTERS:
                break
            asked.append(example)
            chosen |= own
        return asked, [entry for entry in self.known if entry.key in chosen]

    def _checked(self, weight: float, asked: Sequence[Example], entries: Sequence[Entry]) -> float:
        """Return the MRR@10 of production retrieval with this weight."""
        self.encoder.model.load_state_dict(averaged(self.trained.state, self.base, weight))
        answerer = assemble(entries, self.encoder, VectorCache(None))
        found = measure(ask_all(answerer, as_questions(asked, entries)))["mrr@10"]
        return float(found or 0.0)


@dataclass(frozen=True, slots=True)
class Lesson:
    """All that the processes of a training need, for the main one has read the store and embedded for all of them."""

    recipe: Recipe
    known: tuple[Entry, ...]
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    vectors: dict[Text, Vectors]

    def run(self, report: Report, progress: Track | None, team: Team, checkpoint: Checkpoint | None = None) -> "Tuned":
        """Train, as one of these processes."""
        encoder = Encoder.load(resolve(self.recipe.base), training=True)
        untouched = {name: value.clone() for name, value in encoder.model.state_dict().items()}
        guide = Guide(self.known, self.vectors)
        task = self._task(encoder, guide, team)
        trained = run_epochs(
            encoder,
            self.train,
            task.loss,
            task.validate,
            self.recipe.settings,
            report,
            progress,
            task.grouped,
            lengths=task.lengths,
            team=team,
            checkpoint=checkpoint,
        )
        team.leave()
        task.work.seconds = trained.seconds
        dtype = torch.bfloat16 if has_bf16(encoder.model.device) else torch.float32
        speed = task.work.record(encoder.model.device, dtype) if team.main else {}
        return Tuned(encoder, untouched, trained, self.known, self.validation, guide, speed)

    def _task(self, encoder: Encoder, guide: Guide, team: Team) -> Task:
        if self.recipe.mode == "quick":
            return quick(encoder, self.known, self.validation, self.vectors, guide, team=team)
        hard = {example: guide.hardest(example, self.recipe.hard_negatives) for example in self.train}
        return full(encoder, self.known, self.validation, guide, hard, team=team)


def learn(
    known: Sequence[Entry],
    train: Sequence[Example],
    validation: Sequence[Example],
    recipe: Recipe,
    cache: VectorCache,
    folder: Path,
    report: Report,
    progress: Track | None = None,
    team: Team | None = None,
    checkpoint: Checkpoint | None = None,
) -> Learned:
    """Train from the recipe's base and save the averaged encoder into `folder`, which must not exist.

    `known` are the entries without any held-out wording. Raises ModelError if the base cannot be loaded.
    """
    tuned = fine_tune(known, train, validation, recipe, cache, report, progress, team, checkpoint)
    return tuned.save(recipe.average, folder)


def fine_tune(
    known: Sequence[Entry],
    train: Sequence[Example],
    validation: Sequence[Example],
    recipe: Recipe,
    cache: VectorCache,
    report: Report,
    progress: Track | None = None,
    team: Team | None = None,
    checkpoint: Checkpoint | None = None,
) -> Tuned:
    """Train from the recipe's base, whatever its `average`, with the others of the team. See learn."""
    wanted: list[Text] = [texts_of(entry)[0] for entry in known]
    wanted += [("query", example.text) for example in (*train, *validation)]
    vectors = embed(Encoder.load(resolve(recipe.base)), wanted, cache, progress)
    team = team or Team()
    lesson = team.told(Lesson(recipe, tuple(known), tuple(train), tuple(validation), vectors))
    assert lesson is not None  # what was told
    return lesson.run(report, progress, team, checkpoint)


def help_to_learn(team: Team) -> None:
    """Take part in a training that the main process leads, as long as there is one."""
    lesson: Lesson | None = team.told()
    if lesson is None:
        team.leave()
    else:
        lesson.run(lambda *_: None, None, team)


def _chosen(fixed: float | None, tried: dict[float, float]) -> float:
    """Return the fixed weight, or the best of those tried, of equal ones the smallest, which is nearest the base."""
    if fixed is not None:
        return fixed
    return min(tried, key=lambda weight: (-tried[weight], weight), default=UNMEASURED)
