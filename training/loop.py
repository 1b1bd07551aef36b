"""The loop: fine-tune an encoder with Accelerate, stop early, keep the best epoch.

The same code runs in one process or, under `accelerate launch`, in several: batches are dealt out by `prepare`.
"""

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, set_seed
from torch import Tensor, nn
from torch.utils.data import DataLoader

from qa_model.encoder import Encoder, has_bf16
from training.batches import CourseBatches
from training.examples import Example

State = dict[str, Tensor]
Batch = list[Example]
BatchLoss = Callable[[Batch], Tensor]
Report = Callable[[int, float, float], None]  # epoch, mean loss, validation score
Progress = Callable[[Iterable[Batch], str, int], Iterable[Batch]]


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

    `head`: those of the head that was trained with the encoder, if there was one.
    """

    state: State
    epoch: int
    score: float
    losses: tuple[float, ...]
    scores: tuple[float, ...]
    head: State | None = None


@dataclass(slots=True)
class Head:
    """What is trained on top of an encoder, at a rate of its own. A loss calls `module`, which the loop wraps.

    An example of a head tells in `answers` its label's number, or its row's, by which the loss finds what it needs.
    """

    module: nn.Module
    lr: float


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
    head: Head | None = None,
) -> Trained:
    """Train the encoder, and the head if there is one, in place; return the best epoch's weights by `validate`.

    Of `validate` higher is better. AdamW with linear warm-up and decay, gradients clipped; bfloat16 where the device
    has it. For `grouped` see CourseBatches.
    """
    set_seed(settings.seed)
    accelerator = _accelerator(encoder, settings)
    loader: DataLoader[Example] = DataLoader(
        examples,  # type: ignore[arg-type]  # a sequence is a map-style dataset
        batch_sampler=CourseBatches(examples, settings.batch_size, settings.seed, grouped, _counter(encoder)),
        collate_fn=list,
    )
    optimizer = _optimizer(encoder, head, settings)
    encoder.model, optimizer, loader = accelerator.prepare(encoder.model, optimizer, loader)
    if head is not None:
        head.module = accelerator.prepare(head.module)
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
        losses.append(_epoch(accelerator, _modules(encoder, head), batches, loss_of, optimizer, schedule, settings))
        scores.append(_scored(_modules(encoder, head), validate))
        if accelerator.is_main_process:
            report(epoch, losses[-1], scores[-1])
        if best is None or scores[-1] >= best.score:  # as good, and trained for longer
            state, *own = [
                copy.deepcopy(accelerator.unwrap_model(module).state_dict()) for module in _modules(encoder, head)
            ]
            best = Trained(state, epoch, scores[-1], (), (), *own)
        elif epoch - best.epoch >= settings.patience:
            break
    encoder.model = accelerator.unwrap_model(encoder.model)
    if head is not None:
        head.module = accelerator.unwrap_model(head.module)
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


def _modules(encoder: Encoder, head: Head | None) -> list[nn.Module]:
    return [encoder.model] if head is None else [encoder.model, head.module]


def _optimizer(encoder: Encoder, head: Head | None, settings: Settings) -> torch.optim.Optimizer:
    groups: list[dict[str, Any]] = [{"params": encoder.model.parameters()}]
    if head is not None:
        head.module.to(encoder.model.device)
        groups.append({"params": head.module.parameters(), "lr": head.lr})
    return torch.optim.AdamW(groups, settings.lr, weight_decay=settings.weight_decay, fused=True)


def _epoch(
    accelerator: Accelerator,
    modules: Sequence[nn.Module],
    batches: Iterable[Batch],
    loss_of: BatchLoss,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    settings: Settings,
) -> float:
    """Go once through the examples; return the mean loss over all processes."""
    for module in modules:
        module.train()
    total = torch.zeros(2, device=accelerator.device)
    for batch in batches:
        with accelerator.accumulate(*modules):
            with accelerator.autocast():
                loss = loss_of(batch)
            accelerator.backward(loss)
            if accelerator.sync_gradients:
                accelerator.clip_grad_norm_([w for module in modules for w in module.parameters()], settings.max_norm)
            optimizer.step()
            if accelerator.sync_gradients:
                schedule.step()
            optimizer.zero_grad()
        total += torch.tensor([loss.item(), 1.0], device=accelerator.device)
    summed: Tensor = accelerator.reduce(total, "sum")
    return float(summed[0] / summed[1])


def _scored(modules: Sequence[nn.Module], validate: Callable[[], float]) -> float:
    for module in modules:
        module.train(False)
    with torch.inference_mode():
        return validate()


def _slope(step: int, steps: int, warm_up: float) -> float:
    rising = max(1, round(steps * warm_up))
    return min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))
