"""The two ways to fine-tune for answers: quick trains the question side alone, full trains both sides.

Of several processes each reads its part of a batch and works out the loss of the whole: see Team.gathered.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from data.records import Entry
from qa_model.block import Text, texts_of
from qa_model.encoder import Encoder, Kind, Vectors
from training.examples import Example
from training.losses import answer_softmax
from training.negatives import Guide
from training.processes import Team
from training.reading import Reader
from training.speed import Work
from training.trained import Batch, BatchLoss

Mode = Literal["quick", "full"]
SCALE = 20.0  # 1 / temperature
SIDES: tuple[Kind, Kind] = ("query", "passage")
MAX_PASSAGES = 300  # that validation reads anew each epoch


@dataclass(frozen=True, slots=True)
class Task:
    """What a mode gives to the loop; `grouped`: whether questions of one answer are to share a batch.

    lengths: how many tokens of each text are read. work: what was read so far.
    """

    loss: BatchLoss
    validate: Callable[[], float]
    lengths: Callable[[Sequence[str]], Mapping[str, int]]
    grouped: bool = False
    work: Work = field(default_factory=Work)


def quick(
    encoder: Encoder,
    known: Sequence[Entry],
    validation: Sequence[Example],
    vectors: Mapping[Text, Vectors],
    guide: Guide | None = None,
    *,
    team: Team | None = None,
    freeze: bool = True,
) -> Task:
    """Softmax of each question over every answer of its course, whose vectors stay as they are.

    What the guide says may be right is no wrong answer; without one every other answer is wrong. For `freeze` see
    Reader.
    """
    work, team = Work(), team or Team()
    read = Reader(encoder, "query", work, freeze=freeze)
    sides = {course: _Side(own, vectors, encoder) for course, own in _by_course(known).items()}

    def loss(batch: Batch) -> Tensor:
        side = sides[batch[0].course]
        logits = SCALE * _gathered(team, read, [e.text for e in batch]) @ side.matrix.T  # (questions, answers)
        return _answer_loss(logits, batch, side.keys, side.positive(batch), guide)

    def validate() -> float:
        return _mrr(encoder, validation, lambda course: (sides[course].keys, sides[course].matrix))

    return Task(loss, validate, read.lengths, work=work)


def full(
    encoder: Encoder,
    known: Sequence[Entry],
    validation: Sequence[Example],
    guide: Guide | None = None,
    hard: Mapping[Example, Sequence[int]] | None = None,
    *,
    team: Team | None = None,
    freeze: bool = False,
) -> Task:
    """In-batch softmax: every answer of the batch's questions is encoded once and is a negative for the others.

    `hard` gives for a question the keys of answers that are taken into its batch as further negatives. For `guide`
    and `freeze` see quick; here every layer learns, for this is the mode for whoever has the time.
    """
    work, team = Work(), team or Team()
    read, read_passages = (Reader(encoder, kind, work, freeze=freeze) for kind in SIDES)
    passage_of = {entry.key: texts_of(entry)[0][1] for entry in known}

    def loss(batch: Batch) -> Tensor:
        keys = sorted({key for e in batch for key in (*e.answers, *(hard or {}).get(e, ()))})
        questions = _gathered(team, read, [e.text for e in batch])
        passages = _gathered(team, read_passages, [passage_of[key] for key in keys])
        logits = SCALE * questions @ passages.T  # (questions, answers)
        positive = torch.tensor([[key in e.answers for key in keys] for e in batch], device=logits.device)
        return _answer_loss(logits, batch, keys, positive, guide)

    corpus = _sample(known, validation, guide)

    def side(course: str) -> tuple[list[int], Tensor]:
        keys, texts = corpus[course], [passage_of[key] for key in corpus[course]]
        return keys, torch.cat([read_passages(texts[i : i + 32]) for i in range(0, len(texts), 32)])

    return Task(loss, lambda: _mrr(encoder, validation, side), read.lengths, grouped=True, work=work)


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


def _gathered(team: Team, read: Reader, texts: Sequence[str]) -> Tensor:
    """Return the vectors of the texts, (texts, dim), of which each process reads its part."""
    return team.gathered(read(team.own(texts)), len(texts))


def _sample(known: Sequence[Entry], validation: Sequence[Example], guide: Guide | None) -> dict[str, list[int]]:
    """Choose for each course the passages that validation ranks: the right ones, then the likest, up to a limit."""
    right = {key for e in validation for key in e.answers}
    chosen = {}
    for course, own in _by_course(known).items():
        asked, keys = [e for e in validation if e.course == course], [entry.key for entry in own]
        likest = guide.likest(asked, keys) if guide is not None and asked else keys
        chosen[course] = sorted(likest, key=lambda key: key not in right)[: max(MAX_PASSAGES, len(right))]
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
