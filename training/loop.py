"""The loop: fine-tune an encoder with Accelerate, stop early, keep the best epoch, go on where it was interrupted.

The same code runs in one process or, under `accelerate launch`, in several that share out every batch.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from accelerate import skip_first_batches

from qa_model.encoder import Encoder
from training.batches import CourseBatches
from training.checkpoints import Checkpoint
from training.examples import Example
from training.processes import Team
from training.running import Run
from training.stepping import loader_of
from training.trained import Batch, BatchLoss, Head, Settings, State, Trained

Lengths = Callable[[Sequence[str]], Mapping[str, int]]
Report = Callable[[int, float, float], None]  # epoch, mean loss, validation score
Progress = Callable[[Iterable[Batch], str, int], Iterable[Batch]]


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
    lengths: Lengths | None = None,
    team: Team | None = None,
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Train the encoder, and the head if there is one, in place; return the best epoch's weights by `validate`.

    Of `validate` higher is better. AdamW with linear warm-up and decay, gradients clipped; bfloat16 where the device
    has it. For `grouped` see CourseBatches; `lengths` tells how many tokens of each text are read. With a checkpoint
    an interrupted training goes on where it was, to the same result. Raises Refused if the checkpoint does not fit.
    """
    team = team or Team()
    texts = [e.text for e in examples]
    counts = lengths(texts) if lengths is not None else _token_counts(encoder, texts)
    batches = CourseBatches(examples, settings.batch_size, settings.seed, grouped, counts.__getitem__)
    loader, epochs = loader_of(examples, batches), settings.epochs or epochs_for(len(examples))
    run = Run(encoder, head, team, settings, epochs * math.ceil(len(batches) / settings.accumulate), checkpoint)
    done = run.done
    for _ in range(done.epoch - 1):
        iter(batches)  # whose order hangs on the epochs before
    while done.epoch <= epochs and not done.tired(settings.patience):
        left = skip_first_batches(loader, done.step) if done.step else loader
        if progress is not None and team.main:
            run.learn(progress(left, f"epoch {done.epoch} of {epochs}", len(left)), loss_of)
        else:
            run.learn(left, loss_of)
        run.close_epoch(team.told(run.scored(validate) if team.main else None))
        if team.main:
            report(done.epoch - 1, done.losses[-1], done.scores[-1])
        run.save()
    assert done.best is not None  # epochs is at least 1
    return replace(done.best, losses=tuple(done.losses), scores=tuple(done.scores), seconds=run.seconds)


def average(tuned: State, base: State, weight: float) -> State:
    """Return weight * tuned + (1 - weight) * base, for each tensor (LM-Cocktail, Xiao et al., 2023)."""
    return {
        name: value.lerp(base[name].to(value), 1 - weight) if value.is_floating_point() else value
        for name, value in tuned.items()
    }


def _token_counts(encoder: Encoder, texts: Sequence[str]) -> dict[str, int]:
    """Return how many tokens of each text the encoder reads."""
    found = encoder.tokenizer(list(texts), truncation=True, max_length=encoder.spec.max_tokens).input_ids
    return {text: len(ids) for text, ids in zip(texts, found, strict=True)}
