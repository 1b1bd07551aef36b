"""The recipes of a labels model: from a base and labelled texts to an encoder folder and a linear head.

classic: the seed method: encoder, dropout and a linear layer on the pooled output, cross-entropy, all trained at once.
frozen: the base as it is, multinomial logistic regression. tuned: that regression first, then encoder and head together
(LP-FT, Kumar et al., ICLR 2022), the weights averaged with where they started (WiSE-FT, Wortsman et al., CVPR 2022).
few: as tuned, with supervised contrast (Khosla et al., 2020) in the loss, which draws texts of a label together where
there are not enough of them to tell by cross-entropy alone (Gunel et al., ICLR 2021); then a regression on what the
encoder has become, as SetFit does (Tunstall et al., 2022), halfway with the trained head; trained again on all rows.
Beside each head but the seed method's speak the nearest examples of each label, as in kNN-LM (Khandelwal et al., ICLR
2020).
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from qa_model.base import DEFAULT_BASE, resolve
from qa_model.bundle import RECORD
from qa_model.encoder import Encoder, Vectors
from qa_model.heads import encode, read
from training.examples import Example
from training.heads import logits, softmax_regression
from training.learning import WEIGHTS, Track
from training.loop import Report, average, train
from training.losses import label_cross_entropy, supervised_contrastive
from training.trained import Batch, Head, Settings, State, Trained

Name = Literal["classic", "frozen", "tuned", "few"]
CLASSIC = Settings(lr=2e-5, epochs=3, batch_size=32)
TUNED = Settings(lr=1e-4, epochs=4, batch_size=32)
FEW = Settings(lr=1e-4, epochs=6, batch_size=32)
USUAL: dict[Name, Settings] = {"classic": CLASSIC, "frozen": CLASSIC, "tuned": TUNED, "few": FEW}
DROPOUT = 0.1
HEAD_LR = 20  # times the encoder's, in `tuned`: the weights of a head over unit vectors are as much larger
WINDOWS = 4  # of a long text that one step of training reads
C = (1.0, 10.0, 30.0, 100.0, 300.0)  # strengths of the regression to choose from; the first of equal ones is taken
START_C = 3.0  # where `tuned` and `few` start from: a soft head leaves the encoder something to learn
FEW_C = 10.0  # of the regression after `few`
FEW_AVERAGE = 0.7  # of the weights after `few`: too little is held out there to choose by
NEARNESS = 12.0  # how much of the nearness of a label's examples is added to its logit, but in the seed method
OF_OTHERS = (RECORD, "head", "*.bin", "*.pt", "*.h5", "*.msgpack", "*.onnx")  # files that no encoder is read from
CONTRAST = 1.0  # how much the contrast of `few` counts beside cross-entropy


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to learn labels; `balanced`: each label counts the same, however many rows it has."""

    name: Name
    base: str = DEFAULT_BASE
    settings: Settings = field(default_factory=Settings)
    balanced: bool = False


@dataclass(frozen=True, slots=True)
class Tuned:
    """An encoder as it will serve, with its head where that was trained together with it, and how it went.

    average: the tuned weights' part, 1 where there is nothing to average.
    """

    encoder: Encoder
    head: nn.Linear | None
    trained: Trained | None
    average: float = 1.0


@dataclass(frozen=True, slots=True)
class _Task:
    """What all recipes train on."""

    encoder: Encoder
    train: Sequence[Example]
    held: Sequence[Example]
    labels: int
    recipe: Recipe
    folder: Path
    report: Report
    progress: Track | None

    @property
    def unit(self) -> bool:
        return is_unit(self.recipe)

    def run(self, loss: Callable[[Batch], Tensor], head: Head | None, grouped: bool = False) -> Trained:
        """Train by a loss; validation is the accuracy of the head on what is held out."""

        def validate() -> float:
            return 0.0 if head is None else self.accuracy(head.module)

        settings = self.recipe.settings
        return train(self.encoder, self.train, loss, validate, settings, self.report, self.progress, grouped, head)

    def accuracy(self, head: nn.Module) -> float:
        """Return the share of held-out texts whose label a head finds, 0 without any."""
        if not self.held:
            return 0.0
        vectors = encode(self.encoder, [e.text for e in self.held], unit=self.unit)
        with torch.inference_mode():
            found = head(torch.from_numpy(vectors).to(self.encoder.model.device)).argmax(1).cpu()
        return float((found == _targets(self.held)).float().mean())

    def saved(self, state: State | None = None) -> Encoder:
        """Write the encoder and return it as it will serve."""
        self.folder.mkdir()
        self.encoder.save(self.folder, state)
        return Encoder.load(self.folder)


def _copied(base: Path, folder: Path) -> Encoder:
    """Copy the base's files as they are: whoever has loaded that base knows it by its hash, and needs no second one."""
    shutil.copytree(base, folder, ignore=shutil.ignore_patterns(*OF_OTHERS))
    return Encoder.load(folder)


def is_unit(recipe: Recipe) -> bool:
    """Say whether a recipe's head reads vectors of unit length; the seed method reads them as they are pooled."""
    return recipe.name != "classic"


def tune_encoder(
    examples: Sequence[Example],
    held: Sequence[Example],
    labels: int,
    recipe: Recipe,
    folder: Path,
    report: Report,
    progress: Track | None = None,
) -> Tuned:
    """Train the recipe's base on examples and save the encoder into `folder`, which must not exist.

    Raises ModelError if the base cannot be loaded.
    """
    if recipe.name == "frozen":
        return Tuned(_copied(resolve(recipe.base), folder), None, None)
    encoder = Encoder.load(resolve(recipe.base), training=True)
    task = _Task(encoder, examples, held, labels, recipe, folder, report, progress)
    torch.manual_seed(recipe.settings.seed)
    return _classic(task) if recipe.name == "classic" else _lp_ft(task)


def regression(
    vectors: Vectors, examples: Sequence[Example], held: Vectors, held_out: Sequence[Example], labels: int
) -> tuple[float, nn.Linear]:
    """Return the strength, of C, whose regression finds most labels of what is held out, and that regression."""
    heads = {c: fitted(vectors, examples, labels, c) for c in C}
    targets = _targets(held_out).numpy()
    best = max(C, key=lambda c: float((logits(heads[c], held).argmax(1) == targets).mean()))
    return best, heads[best]


def fitted(vectors: Vectors, examples: Sequence[Example], labels: int, c: float) -> nn.Linear:
    """Return the regression of examples by their vectors."""
    return softmax_regression(vectors, _targets(examples), _weights(examples), labels, c)


def _classic(task: _Task) -> Tuned:
    head = Head(_layers(nn.Linear(task.encoder.dim, task.labels)), task.recipe.settings.lr)
    trained = task.run(_cross_entropy(task, head), head)
    return Tuned(task.saved(trained.state), _linear(head, trained.head), trained)


def _lp_ft(task: _Task) -> Tuned:
    """Train from the regression on the base; the average that finds most labels of what is held out is taken."""
    base = {name: value.clone() for name, value in task.encoder.model.state_dict().items()}
    vectors = encode(task.encoder, [e.text for e in task.train], progress=task.progress)
    head = Head(_layers(fitted(vectors, task.train, task.labels, START_C)), HEAD_LR * task.recipe.settings.lr)
    start = {name: value.clone() for name, value in head.module.state_dict().items()}
    few = task.recipe.name == "few"
    trained = task.run(_cross_entropy(task, head, CONTRAST if few else 0.0), head)
    assert trained.head is not None  # it was trained together
    tried = {}
    for weight in (FEW_AVERAGE,) if few else WEIGHTS if task.held else (1.0,):
        task.encoder.model.load_state_dict(average(trained.state, base, weight))
        head.module.load_state_dict(average(trained.head, start, weight))
        tried[weight] = task.accuracy(head.module.eval())
    best = max(tried, key=lambda weight: (tried[weight], weight))
    encoder = task.saved(average(trained.state, base, best))
    linear = _linear(head, average(trained.head, start, best))
    if few:
        after = fitted(encode(encoder, [e.text for e in task.train]), task.train, task.labels, FEW_C)
        linear.load_state_dict(average(linear.state_dict(), after.state_dict(), 0.5))
    return Tuned(encoder, linear, trained, best)


def _cross_entropy(task: _Task, head: Head, contrast: float = 0.0) -> Callable[[Batch], Tensor]:
    """Return the loss of a batch: cross-entropy, and so much of the contrast between its labels."""

    def loss(batch: Batch) -> Tensor:
        vectors = read(task.encoder, [e.text for e in batch], unit=task.unit, most=WINDOWS)
        targets, weights = _targets(batch).to(vectors.device), _weights(batch).to(vectors.device)
        told = label_cross_entropy(head.module(vectors), targets, weights)
        return told + contrast * supervised_contrastive(vectors, targets, weights) if contrast else told

    return loss


def _layers(linear: nn.Linear) -> nn.Module:
    return nn.Sequential(nn.Dropout(DROPOUT), linear)


def _linear(head: Head, state: State | None) -> nn.Linear:
    """Return the linear layer of a trained head with these weights."""
    head.module.load_state_dict(state or {})
    (linear,) = (part for part in head.module.modules() if isinstance(part, nn.Linear))
    return linear.cpu()


def _targets(examples: Sequence[Example]) -> Tensor:
    return torch.tensor([min(e.answers) for e in examples], dtype=torch.long)


def _weights(examples: Sequence[Example]) -> Tensor:
    return torch.tensor([e.weight for e in examples])
