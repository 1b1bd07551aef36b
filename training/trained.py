"""What a training is given and what it gives."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from training.examples import Example

State = dict[str, Tensor]
Batch = list[Example]
BatchLoss = Callable[[Batch], Tensor]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train. `epochs` None: by the number of examples. `patience`: epochs without gain before it stops."""

    lr: float = 3e-5
    epochs: int | None = None
    batch_size: int = 32
    accumulate: int = 1
    warm_up: float = 0.1
    weight_decay: float = 0.01
    max_norm: float = 1.0
    patience: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """The weights of the best epoch, counted from 1, with its score; of all epochs mean loss and validation score.

    `head`: those of the head that was trained with the encoder, if there was one. `seconds`: that steps took.
    """

    state: State
    epoch: int
    score: float
    losses: tuple[float, ...]
    scores: tuple[float, ...]
    head: State | None = None
    seconds: float = 0.0


@dataclass(slots=True)
class Head:
    """What is trained on top of an encoder, at a rate of its own. A loss calls `module`, which the loop wraps.

    An example of a head tells in `answers` its label's number, or its row's, by which the loss finds what it needs.
    """

    module: nn.Module
    lr: float
