"""What a backend gives of texts: a state for each token, texts one after the other; and what becomes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from qa_model.base import Pooling

Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text, not of its prefix or the tokenizer's marks: ids (tokens,), unit vectors (tokens, dim)."""

    ids: Ids
    vectors: Vectors

    @classmethod
    def none(cls, dim: int) -> "Tokens":
        """Return the tokens of a text that has none."""
        return cls(np.zeros(0, np.int32), np.zeros((0, dim), np.float32))


@dataclass(frozen=True, slots=True)
class States:
    """Of all tokens of texts, one text after the other: ids (n,), states (n, dim), which are the text's own (n,).

    `lengths`, (texts,): how many of them are of each text. `inner`, (n, 2 dim): the states before the first layer and
    after the one at `middle`, where they were asked for.
    """

    ids: Ids
    hidden: Vectors
    own: npt.NDArray[np.bool_]
    lengths: npt.NDArray[np.int_]
    inner: Vectors | None = None

    @classmethod
    def none(cls, texts: int, dim: int) -> "States":
        """Return the states of texts that have no token."""
        hidden, lengths = np.zeros((0, dim), np.float32), np.zeros(texts, np.int_)
        return cls(np.zeros(0, np.int32), hidden, np.zeros(0, bool), lengths, np.zeros((0, 2 * dim), np.float32))

    def pooled(self, pooling: Pooling) -> Vectors:
        """Return unit vectors, (texts, dim); of a text without tokens a zero row."""
        if pooling == "mean":
            return unit(self._sums(self.hidden))  # the length is normalised away
        found = np.zeros((len(self.lengths), self.hidden.shape[1]), np.float32)
        there = np.flatnonzero(self.lengths)
        ends = np.cumsum(self.lengths[there])
        found[there] = self.hidden[ends - self.lengths[there] if pooling == "cls" else ends - 1]
        return unit(found)

    def inner_means(self) -> Vectors:
        """Return the mean of the inner states over each text's tokens, (texts, 2 dim); without tokens a zero row."""
        assert self.inner is not None
        means: Vectors = self._sums(self.inner) / np.maximum(self.lengths, 1).astype(np.float32)[:, None]
        return means

    def _sums(self, states: Vectors) -> Vectors:
        found = np.zeros((len(self.lengths), states.shape[1]), np.float32)
        there = np.flatnonzero(self.lengths)
        if len(there):
            found[there] = np.add.reduceat(states, np.cumsum(self.lengths[there]) - self.lengths[there])
        return found

    def tokens(self) -> list[Tokens]:
        """Return each text's own tokens."""
        ids, vectors = self.ids[self.own], unit(self.hidden[self.own])
        owners = np.repeat(np.arange(len(self.lengths)), self.lengths)[self.own]
        cuts = np.searchsorted(owners, np.arange(len(self.lengths) + 1))
        return [Tokens(ids[a:b], vectors[a:b]) for a, b in pairwise(cuts)]


class Backend(Protocol):
    """What computes the states of an encoder. One thread at a time may use it (tokenizers are not shared safely)."""

    @property
    def name(self) -> str:
        """What serves, as people read it."""

    @property
    def dim(self) -> int:
        """The length of a vector."""

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""

    @property
    def unknown(self) -> int | None:
        """The token of what the tokenizer does not know, None if it knows everything."""

    def states(self, texts: Sequence[str], prefix: str = "", *, inner: bool = False) -> States:
        """Return the states of the texts' tokens, the prefix before each text; with inner ones if asked."""

    def pieces(self, text: str) -> list[int]:
        """Return the tokens of a whole text, without marks."""


def middle(layers: int) -> int:
    """Return after how many layers states still tell how a text is written, which the last ones leave out."""
    return 3 * layers // 4


def unit(vectors: Vectors) -> Vectors:
    """Return the rows, (rows, dim), in unit length; a zero row stays."""
    lengths = np.sqrt(np.einsum("rd,rd->r", vectors, vectors))
    rows: Vectors = vectors / np.maximum(lengths, np.float32(1e-12))[:, None]
    return rows
