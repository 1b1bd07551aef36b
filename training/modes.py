"""The two ways to fine-tune for answers: quick trains the question side alone, full trains both sides."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from data.records import Entry
from qa_model.encoder import Encoder, Vectors
from qa_model.index import Text, texts_of
from training.examples import Example
from training.loop import Batch, BatchLoss
from training.losses import answer_softmax
from training.negatives import Guide

Mode = Literal["quick", "full"]
SCALE = 20.0  # 1 / temperature
MAX_TOKENS = 128
MAX_PASSAGES = 1000  # that validation embeds anew each epoch


@dataclass(frozen=True, slots=True)
class Task:
    """What a mode gives to the loop; `grouped`: whether questions of one answer are to share a batch."""

    loss: BatchLoss
    validate: Callable[[], float]
    grouped: bool = False


def quick(
    encoder: Encoder,
    known: Sequence[Entry],
    validation: Sequence[Example],
    vectors: Mapping[Text, Vectors],
    guide: Guide | None = None,
) -> Task:
    """Softmax of each question over every answer of its course, whose vectors stay as they are.

    What the guide says may be right is no wrong answer; without one every other answer is wrong.
    """
    sides = {course: _Side(own, vectors, encoder) for course, own in _by_course(known).items()}

    def loss(batch: Batch) -> Tensor:
        side = sides[batch[0].course]
        questions = encoder.forward(encoder.tokenize([e.text for e in batch], "query", max_tokens=MAX_TOKENS))
        logits = SCALE * questions @ side.matrix.T  # (questions, answers)
        return _answer_loss(logits, batch, side.keys, side.positive(batch), guide)

    def validate() -> float:
        return _mrr(encoder, validation, lambda course: (sides[course].keys, sides[course].matrix))

    return Task(loss, validate)


def full(
    encoder: Encoder,
    known: Sequence[Entry],
    validation: Sequence[Example],
    guide: Guide | None = None,
    hard: Mapping[Example, Sequence[int]] | None = None,
) -> Task:
    """In-batch softmax: every answer of the batch's questions is encoded once and is a negative for the others.

    `hard` gives for a question the keys of answers that are taken into its batch as further negatives. For `guide`
    see quick.
    """
    entry_of = {entry.key: entry for entry in known}

    def passages(keys: Sequence[int]) -> Tensor:
        texts = [texts_of(entry_of[key])[0][1] for key in keys]
        return encoder.forward(encoder.tokenize(texts, "passage", max_tokens=MAX_TOKENS))

    def loss(batch: Batch) -> Tensor:
        keys = sorted({key for e in batch for key in (*e.answers, *(hard or {}).get(e, ()))})
        questions = encoder.forward(encoder.tokenize([e.text for e in batch], "query", max_tokens=MAX_TOKENS))
        logits = SCALE * questions @ passages(keys).T  # (questions, answers)
        positive = torch.tensor([[key in e.answers for key in keys] for e in batch], device=logits.device)
        return _answer_loss(logits, batch, keys, positive, guide)

    corpus = _sample(known, validation)

    def side(course: str) -> tuple[list[int], Tensor]:
        keys = corpus[course]
        return keys, torch.cat([passages(keys[i : i + 32]) for i in range(0, len(keys), 32)])

    return Task(loss, lambda: _mrr(encoder, validation, side), grouped=True)


class _Side:
    """The answers of one course as a fixed matrix, (answers, dim)."""

    def __init__(self, known: Sequence[Entry], vectors: Mapping[Text, Vectors], encoder: Encoder) -> None:
        self.keys = [entry.key for entry in known]
        self._row = {key: i for i, key in enumerate(self.keys)}
        stacked = np.stack([vectors[texts_of(entry)[0]] for entry in known])
        self.matrix = torch.from_numpy(stacked).to(encoder.model.device)

    def positive(self, batch: Batch) -> Tensor:
        """Return which answers are right, (questions, answers)."""
        mask = torch.zeros(len(batch), len(self.keys), dtype=torch.bool)
        for i, example in enumerate(batch):
            mask[i, [self._row[key] for key in example.answers]] = True
        return mask.to(self.matrix.device)


def _by_course(known: Sequence[Entry]) -> dict[str, list[Entry]]:
    by_course: dict[str, list[Entry]] = defaultdict(list)
    for entry in known:
        by_course[entry.course].append(entry)
    return by_course


def _sample(known: Sequence[Entry], validation: Sequence[Example]) -> dict[str, list[int]]:
    """Choose for each course the passages that validation ranks: the right ones, and others up to a limit."""
    right = {key for e in validation for key in e.answers}
    chosen = {}
    for course, own in _by_course(known).items():
        keys = sorted((entry.key for entry in own), key=lambda key: key not in right)
        chosen[course] = keys[: max(MAX_PASSAGES, len(right))]
    return chosen


def _answer_loss(logits: Tensor, batch: Batch, keys: Sequence[int], positive: Tensor, guide: Guide | None) -> Tensor:
    """Return the loss of logits (questions, answers) over those answers that are right or surely wrong."""
    weights = torch.tensor([e.weight for e in batch], device=logits.device)
    if guide is not None:
        unsure = guide.may_be_right(batch, keys).to(logits.device) & ~positive
        logits = logits.masked_fill(unsure, -torch.inf)
    return answer_softmax(logits, positive, weights)


def _mrr(encoder: Encoder, validation: Sequence[Example], side: Callable[[str], tuple[list[int], Tensor]]) -> float:
    """Return the mean reciprocal rank of the best right answer by cosine alone; 0 without validation examples."""
    courses: dict[str, list[Example]] = defaultdict(list)
    for example in validation:
        courses[example.course].append(example)
    total = 0.0
    for course, own in courses.items():
        keys, matrix = side(course)
        questions = torch.from_numpy(encoder.encode([e.text for e in own], "query")).to(matrix.device)
        for example, scores in zip(own, questions @ matrix.T, strict=True):
            right = torch.tensor([key in example.answers for key in keys], device=scores.device)
            total += 1 / (1 + int((scores > scores[right].max()).sum()))
    return total / max(1, len(validation))
