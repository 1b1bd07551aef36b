"""Several processes that train as one, under `accelerate launch`: who does what, and what they tell each other.

The main process alone reads the store, measures, writes, publishes and prints; the others need no store, only the base.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from torch import Tensor, nn

from training.launched import launched

T = TypeVar("T")

PATIENCE = timedelta(days=1)  # for the main process, while it embeds; if it dies, the others hear of it at once


class Team:
    """The processes of one training, this one being number `index` of `count`; alone unless `start` made it."""

    def __init__(self, index: int = 0, count: int = 1) -> None:
        self.index = index
        self.count = count
        self._waiting = count > 1

    @classmethod
    def start(cls) -> "Team":
        """Meet the other processes that `accelerate launch` started, if it did."""
        if not launched():
            return cls()
        state = PartialState(cpu=not torch.cuda.is_available(), timeout=PATIENCE)
        return cls(state.process_index, state.num_processes)

    @property
    def main(self) -> bool:
        """Whether this is the main process."""
        return self.index == 0

    def told(self, value: T | None = None) -> T | None:
        """Return what the main process says; it goes on when all have heard it."""
        self._waiting = False
        return value if self.count == 1 else self._broadcast(value)

    def dismiss(self) -> None:
        """Let the others go, who wait for what they will not be told, if nothing was told yet."""
        if self.main and self._waiting:
            self.told()
            self.leave()

    def leave(self) -> None:
        """Part when all are done: one that ends while another still listens would end that one too."""
        if self.count > 1:
            torch.distributed.barrier()
            torch.distributed.destroy_process_group()

    def own(self, items: Sequence[T]) -> Sequence[T]:
        """Return this process's part of the items, every `count`-th; the first one where there is none for it."""
        return items[self.index :: self.count] or items[:1]

    def gathered(self, rows: Tensor, total: int) -> Tensor:
        """Return the rows of all `own` parts in order, (total, dim). Gradients flow into this process's rows alone.

        Where each process works out the same loss of all rows, the sum of their gradients is that of one process.
        """
        if self.count == 1:
            return rows
        size = -(-total // self.count)
        padded = nn.functional.pad(rows, (0, 0, 0, size - len(rows)))
        parts = [torch.empty_like(padded) for _ in range(self.count)]
        torch.distributed.all_gather(parts, padded.detach().contiguous())
        parts[self.index] = padded
        return torch.stack(parts, 1).flatten(0, 1)[:total]

    def listed(self, value: T) -> list[T]:
        """Return what each process says, in order."""
        if self.count == 1:
            return [value]
        values: list[T | None] = [None] * self.count
        torch.distributed.all_gather_object(values, value)
        return [one for one in values if one is not None]

    def _broadcast(self, value: T | None) -> T | None:
        (heard,) = broadcast_object_list([value])
        return heard  # type: ignore[no-any-return]  # accelerate has no types
