"""Batches of examples: which are learned from together, in what order."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from training.examples import Example

TOGETHER = 4  # questions of one answer side by side in a batch


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
