"""A training under way: its steps, how far it is, and the checkpoint that it goes on from."""

import copy
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from accelerate.utils import set_seed
from torch import Tensor, nn

from qa_model.encoder import Encoder
from training.checkpoints import Checkpoint
from training.processes import Team
from training.stepping import accelerator_for, optimizer_of, random_states, schedule_of, set_random_states
from training.trained import Batch, BatchLoss, Head, Settings, State, Trained


@dataclass(slots=True)
class Done:
    """How far a training is: the epoch under way, its steps and the sum of their losses; what the others gave."""

    epoch: int = 1
    step: int = 0
    total: float = 0.0
    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    best: Trained | None = None

    def tired(self, patience: int) -> bool:
        """Say whether so many epochs have gone by without gain."""
        return self.best is not None and self.epoch - 1 - self.best.epoch >= patience


class Run:
    """A training under way, in one of the processes that share it."""

    def __init__(
        self,
        encoder: Encoder,
        head: Head | None,
        team: Team,
        settings: Settings,
        steps: int,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._encoder, self._head, self._team, self._checkpoint = encoder, head, team, checkpoint
        self._max_norm = settings.max_norm
        self._accelerator = accelerator_for(encoder.model.device, settings.accumulate)
        set_seed(settings.seed + team.index)
        groups: list[tuple[nn.Module, float]] = [(encoder.model, settings.lr)]
        if head is not None:
            groups.append((head.module.to(encoder.model.device), head.lr))
        self._bare = [module for module, _ in groups]
        self._optimizer = self._accelerator.prepare(optimizer_of(groups, settings.weight_decay))
        self._schedule = schedule_of(self._optimizer, steps, settings.warm_up)
        self._random: list[Tensor] = []  # states to go on with at the first step
        self.done = Done()
        self.seconds = 0.0
        # The main process alone has the checkpoint; all have to know, for all of them stop to write it.
        self._keeps = bool(team.told(checkpoint is not None))
        kept = team.told(checkpoint.read() if checkpoint is not None else None)
        if kept is not None:
            self._take_up(kept)
        self._modules = [self._accelerator.prepare(module) for module in self._bare]
        self._weights = [w for module in self._bare for w in module.parameters() if w.requires_grad]

    def learn(self, batches: Iterable[Batch], loss_of: BatchLoss) -> None:
        """Learn from what is left of an epoch."""
        self._use(self._modules)
        for module in self._modules:
            module.train()
        started = time.perf_counter()
        total = torch.zeros((), device=self._accelerator.device)
        for batch in batches:
            if self._random:
                set_random_states(self._random)
                self._random = []
            total += self._step(batch, loss_of)
            self.done.step += 1
            if self._due():
                self.done.total += float(total)
                total.zero_()
                self.save()
        self.done.total += float(total)
        self.seconds += time.perf_counter() - started
        self._use(self._bare)

    def scored(self, validate: Callable[[], float]) -> float:
        """Return what validation says."""
        for module in self._bare:
            module.train(False)
        with torch.inference_mode():
            return validate()

    def close_epoch(self, score: float | None) -> None:
        """Write down an epoch; of epochs as good as each other the last counts, which was trained for longer."""
        assert score is not None  # the main process said it
        done = self.done
        done.losses.append(done.total / done.step)
        done.scores.append(score)
        if done.best is None or score >= done.best.score:
            states = [copy.deepcopy(module.state_dict()) for module in self._bare]
            done.best = self._best(states, done.epoch, score)
        done.epoch, done.step, done.total = done.epoch + 1, 0, 0.0

    def save(self) -> None:
        """Write the checkpoint, if there is one: of the weights only those that are trained."""
        if not self._keeps:
            return
        random = self._team.listed(random_states(self._accelerator.device))
        if self._checkpoint is not None:
            tools = {"optimizer": self._optimizer.state_dict(), "schedule": self._schedule.state_dict()}
            weights = [self._part(module, module.state_dict()) for module in self._bare]
            self._checkpoint.write({"done": self._told(), "weights": weights, "random": random, **tools})

    def _step(self, batch: Batch, loss_of: BatchLoss) -> Tensor:
        """Learn from a batch; return its loss."""
        with self._accelerator.accumulate(*self._modules):
            loss = loss_of(batch)  # the modules read in bfloat16 where the device has it; what they give is float32
            # Each process has the loss of the whole batch and the gradient of its part; their mean is taken.
            self._accelerator.backward(loss * self._team.count)
            if self._accelerator.sync_gradients:
                nn.utils.clip_grad_norm_(self._weights, self._max_norm, foreach=True)
            self._optimizer.step()
            if self._accelerator.sync_gradients:
                self._schedule.step()
            self._optimizer.zero_grad()
        return loss.detach()

    def _due(self) -> bool:
        """Say whether the main process finds it time for a checkpoint, where no gradients are waiting."""
        if not self._keeps or not self._accelerator.sync_gradients:
            return False
        if self._checkpoint is not None and self._checkpoint.due:
            self._accelerator.set_trigger()
        return bool(self._accelerator.check_trigger())

    def _use(self, modules: Sequence[nn.Module]) -> None:
        """Let the encoder and the head be these: as the loop wraps them, or bare."""
        self._encoder.model = modules[0]  # type: ignore[assignment]  # wrapped, it is called in the same way
        if self._head is not None:
            self._head.module = modules[1]

    def _part(self, module: nn.Module, state: Mapping[str, Tensor]) -> State:
        """Return of a module's weights those that are trained."""
        return {name: state[name] for name, weight in module.named_parameters() if weight.requires_grad}

    def _told(self) -> dict[str, Any]:
        """Return how far it is as plain tensors and numbers."""
        best, plain = self.done.best, asdict(replace(self.done, best=None))
        if best is not None:
            states = [best.state, best.head][: len(self._bare)]
            parts = [self._part(module, state or {}) for module, state in zip(self._bare, states, strict=True)]
            plain["best"] = {"epoch": best.epoch, "score": best.score, "weights": parts}
        return plain

    def _best(self, states: Sequence[State], epoch: int, score: float) -> Trained:
        return Trained(states[0], epoch, score, (), (), None if self._head is None else states[1])

    def _take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        best = kept["done"].pop("best")
        if best is not None:
            states = [{**m.state_dict(), **part} for m, part in zip(self._bare, best["weights"], strict=True)]
            best = self._best(copy.deepcopy(states), best["epoch"], best["score"])
        self.done = Done(**kept["done"], best=best)
        for module, weights in zip(self._bare, kept["weights"], strict=True):
            module.load_state_dict(weights, strict=False)
        self._optimizer.load_state_dict(kept["optimizer"])
        self._schedule.load_state_dict(kept["schedule"])
        self._random = kept["random"][self._team.index]
