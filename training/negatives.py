"""Which answers may stand as wrong ones: the frozen base judges, so that an answer that fits too is not pushed away."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from data.records import Entry
from qa_model.block import Text, texts_of
from qa_model.encoder import Vectors
from training.examples import Example

MARGIN = 0.05  # of the right answer's cosine


class Guide:
    """The base's cosines of questions with answers.

    `vectors` holds every example's wording as a query and every entry's text as a passage.
    """

    def __init__(self, known: Sequence[Entry], vectors: Mapping[Text, Vectors]) -> None:
        self._vectors = vectors
        self._row = {entry.key: i for i, entry in enumerate(known)}
        self._passages = np.stack([vectors[texts_of(entry)[0]] for entry in known])  # (entries, dim)
        self._rights: dict[Example, float] = {}
        self._courses: dict[str, list[int]] = defaultdict(list)
        for entry in known:
            self._courses[entry.course].append(entry.key)

    def may_be_right(self, batch: Sequence[Example], keys: Sequence[int]) -> Tensor:
        """Return which answers are too like a right one to be called wrong, (questions, answers).

        Those whose cosine is above the right answer's by more than MARGIN of it (GISTEmbed: Solatorio, 2024, with a
        margin, for the base is wrong now and then, and that is what is to be learned).
        """
        cosines = self._cosines(batch, keys)
        right = np.array([self._right(example) for example in batch], np.float32)
        return torch.from_numpy(cosines > (right + MARGIN * abs(right))[:, None])

    def likest(self, batch: Sequence[Example], keys: Sequence[int]) -> list[int]:
        """Return the keys of answers by how like each is to the question that it is likest to, best first."""
        order = np.argsort(-self._cosines(batch, keys).max(0), kind="stable")
        return [keys[i] for i in order]

    def hardest(self, example: Example, count: int) -> list[int]:
        """Return the keys of the wrong answers in its course that are likest to the question, best first.

        None whose cosine is over 1 - MARGIN of the right answer's: such a one may be right (NV-Retriever, Moreira et
        al., 2024).
        """
        keys = [key for key in self._courses[example.course] if key not in example.answers]
        if not keys or not count:
            return []
        (cosines,) = self._cosines([example], keys)
        right = self._right(example)
        order = np.argsort(-cosines, kind="stable")
        return [keys[i] for i in order if cosines[i] <= right - MARGIN * abs(right)][:count]

    def rival(self, example: Example, question: Vectors | None = None) -> set[int]:
        """Return the key of the wrong answer likest to the question or its vector, (dim,), of another encoder."""
        keys = [key for key in self._courses[example.course] if key not in example.answers]
        vector = self._vectors["query", example.text] if question is None else question
        cosines = self._passages[[self._row[key] for key in keys]] @ vector
        return {keys[int(cosines.argmax())]} if keys else set()

    def _cosines(self, batch: Sequence[Example], keys: Sequence[int]) -> Vectors:
        questions = np.stack([self._vectors["query", example.text] for example in batch])
        found: Vectors = questions @ self._passages[[self._row[key] for key in keys]].T
        return found

    def _right(self, example: Example) -> float:
        """Return the highest cosine of a right answer, worked out once."""
        if example not in self._rights:
            self._rights[example] = float(self._cosines([example], sorted(example.answers)).max())
        return self._rights[example]
