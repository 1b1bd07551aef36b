"""The loop: fine-tune an encoder with Accelerate, stop early, keep the best epoch.

The same code runs in one process or, under `accelerate launch`, in several: batches are dealt out by `prepare`.
"""

import copy
import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, set_seed
from torch import Tensor
from torch.utils.data import DataLoader

from qa_model.encoder import Encoder, has_bf16
from training.examples import Example

State = dict[str, Tensor]
Batch = list[Example]
BatchLoss = Callable[[Batch], Tensor]
Report = Callable[[int, float, float], None]  # epoch, mean loss, validation score
Progress = Callable[[Iterable[Batch], str, int], Iterable[Batch]]

TOGETHER = 4  # questions of one answer side by side in a batch


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
    """The weights of the best epoch, counted from 1, with its score; of all epochs mean loss and validation score."""

    state: State
    epoch: int
    score: float
    losses: tuple[float, ...]
    scores: tuple[float, ...]


class CourseBatches:
    """Batches of indices, each within one course, in another order each epoch.

    Texts of like `length` share a batch, which saves most of the padding. `grouped`: wordings of one answer share it
    too, so that an epoch encodes each answer once or twice; at most TOGETHER of them, for the batch's other answers
    are what they are told from.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        size: int,
        seed: int,
        grouped: bool = False,
        length: Callable[[str], int] = len,
    ) -> None:
        answered: dict[tuple[str, int], list[int]] = defaultdict(list)
        for i, example in enumerate(examples):
            answered[example.course, min(example.answers) if grouped else i].append(i)
        self._courses: dict[str, list[list[int]]] = defaultdict(list)
        for (course, _), own in answered.items():
            self._courses[course].append(own)
        self._lengths = [length(example.text) for example in examples]
        self._together = min(TOGETHER, max(1, size // 2))
        self.batch_size = size
        self._random = random.Random(seed)

    def __len__(self) -> int:
        return sum(-(-sum(map(len, groups)) // self.batch_size) for groups in self._courses.values())

    def __iter__(self) -> Iterator[list[int]]:
        batches = []
        for groups in self._courses.values():
            order = self._order(groups)
            batches += [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]
        self._random.shuffle(batches)
        return iter(batches)

    def _order(self, groups: list[list[int]]) -> list[int]:
        """Sort groups by length, roughly: the same batches in each epoch would teach the same distinctions."""
        units: list[tuple[float, list[int]]] = []
        for own in groups:
            self._random.shuffle(own)
            for start in range(0, len(own), self._together):
                unit = own[start : start + self._together]
                longest = max(self._lengths[i] for i in unit)
                units.append((longest * self._random.uniform(0.9, 1.1), unit))
        units.sort()
        return [i for _, unit in units for i in unit]


def epochs_for(examples: int) -> int:
    """Return how many epochs are enough: many for few examples, few for many."""
    return 10 if examples < 500 else 4 if examples < 2000 else 3


def train(
    encoder: Encoder,
    examples: Sequence[Example],
    loss_of: BatchLoss,
    validate: Callable[[], float],
    settings: Settings,
    report: Report,
    progress: Progress | None = None,
    grouped: bool = False,
) -> Trained:
    """Train the encoder in place and return the best epoch's weights by `validate`, higher being better.

    AdamW with linear warm-up and decay, gradients clipped; bfloat16 where the device has it. For `grouped` see
    CourseBatches.
    """
    set_seed(settings.seed)
    accelerator = _accelerator(encoder, settings)
    loader: DataLoader[Example] = DataLoader(
        examples,  # type: ignore[arg-type]  # a sequence is a map-style dataset
        batch_sampler=CourseBatches(examples, settings.batch_size, settings.seed, grouped, _counter(encoder)),
        collate_fn=list,
    )
    weights = encoder.model.parameters()
    optimizer = torch.optim.AdamW(weights, settings.lr, weight_decay=settings.weight_decay, fused=True)
    encoder.model, optimizer, loader = accelerator.prepare(encoder.model, optimizer, loader)
    epochs = settings.epochs or epochs_for(len(examples))
    steps = epochs * math.ceil(len(loader) / settings.accumulate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _slope(step, steps, settings.warm_up))
    best: Trained | None = None
    losses: list[float] = []
    scores: list[float] = []
    for epoch in range(1, epochs + 1):
        batches: Iterable[Batch] = loader
        if progress is not None and accelerator.is_main_process:
            batches = progress(loader, f"epoch {epoch} of {epochs}", len(loader))
        losses.append(_epoch(accelerator, encoder, batches, loss_of, optimizer, schedule, settings))
        scores.append(_scored(encoder, validate))
        if accelerator.is_main_process:
            report(epoch, losses[-1], scores[-1])
        if best is None or scores[-1] >= best.score:  # as good, and trained for longer
            state = copy.deepcopy(accelerator.unwrap_model(encoder.model).state_dict())
            best = Trained(state, epoch, scores[-1], (), ())
        elif epoch - best.epoch >= settings.patience:
            break
    encoder.model = accelerator.unwrap_model(encoder.model)
    assert best is not None  # epochs is at least 1
    return replace(best, losses=tuple(losses), scores=tuple(scores))


def average(tuned: State, base: State, weight: float) -> State:
    """Return weight * tuned + (1 - weight) * base, for each tensor (LM-Cocktail, Xiao et al., 2023)."""
    return {
        name: value.lerp(base[name].to(value), 1 - weight) if value.is_floating_point() else value
        for name, value in tuned.items()
    }


def _counter(encoder: Encoder) -> Callable[[str], int]:
    """Return what counts the tokens of a text that the encoder reads."""

    def count(text: str) -> int:
        return len(encoder.tokenizer(text, truncation=True, max_length=encoder.spec.max_tokens).input_ids)

    return count


def _accelerator(encoder: Encoder, settings: Settings) -> Accelerator:
    device = encoder.model.device
    return Accelerator(
        cpu=device.type == "cpu",
        mixed_precision="bf16" if has_bf16(device) else "no",
        gradient_accumulation_steps=settings.accumulate,
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],  # such as BERT's own pooler
    )


def _epoch(
    accelerator: Accelerator,
    encoder: Encoder,
    batches: Iterable[Batch],
    loss_of: BatchLoss,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    settings: Settings,
) -> float:
    """Go once through the examples; return the mean loss over all processes."""
    encoder.model.train()
    total = torch.zeros(2, device=accelerator.device)
    for batch in batches:
        with accelerator.accumulate(encoder.model):
            with accelerator.autocast():
                loss = loss_of(batch)
            accelerator.backward(loss)
            if accelerator.sync_gradients:
                accelerator.clip_grad_norm_(encoder.model.parameters(), settings.max_norm)
            optimizer.step()
            if accelerator.sync_gradients:
                schedule.step()
            optimizer.zero_grad()
        total += torch.tensor([loss.item(), 1.0], device=accelerator.device)
    summed: Tensor = accelerator.reduce(total, "sum")
    return float(summed[0] / summed[1])


def _scored(encoder: Encoder, validate: Callable[[], float]) -> float:
    encoder.model.train(False)
    with torch.inference_mode():
        return validate()


def _slope(step: int, steps: int, warm_up: float) -> float:
    rising = max(1, round(steps * warm_up))
    return min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))
