"""The vectors of a few thousand entries, several for each: the highest cosine of each entry with a question.

Few are float32. Many are read as one byte for a number and a scale for each vector, a quarter of the memory and less
than a third of the time; float32 lies beside them in a mapped file that has no name, and what may be among the best
is read again from there. simsimd multiplies bytes nearly as fast as memory gives them, which neither numpy nor torch
does, and unsigned ones faster than signed.
"""

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import simsimd

from qa_model.encoder import Vectors

SIGMAS = 8.0  # of the error of int8 that is reckoned with: one cosine in 10^15 is off by more
MANY = 16  # questions at once, from which on a float32 product of them all is faster
PIECE = 256
_LARGEST, _ZERO = 127, 128
Codes = npt.NDArray[np.uint8]
Starts = npt.NDArray[np.intp]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Coded:
    """Vectors, (rows, dim), as bytes, in which 128 stands for 0.

    `scales`, (rows,), give them their size; `offsets`, (rows,), are what the 128 adds to a product with zero.
    """

    codes: Codes
    scales: Vectors
    offsets: Vectors

    @classmethod
    def of(cls, vectors: Vectors) -> "Coded":
        """Return the vectors as bytes; zeros stay zeros."""
        scales = np.maximum(np.abs(vectors).max(axis=1, initial=0.0), np.float32(1e-12)) / np.float32(_LARGEST)
        numbers = np.round(vectors / scales[:, None]).astype(np.int16)
        offsets = (_ZERO * numbers.sum(axis=1, dtype=np.int32)).astype(np.float32)
        return cls((numbers + _ZERO).astype(np.uint8), scales, offsets)

    def whole(self) -> Vectors:
        """Return them as float32 without their scales, (rows, dim)."""
        return self.codes.astype(np.float32) - np.float32(_ZERO)

    def products(self, other: "Coded") -> Vectors:
        """Return the product of each vector with each of another, (rows, rows of the other)."""
        products: Vectors = np.asarray(simsimd.cdist(self.codes, other.codes, "dot", out_dtype="float32"), np.float32)
        products -= other.offsets
        products -= (self.offsets + np.float32(_ZERO**2 * self.codes.shape[1]))[:, None]
        products *= other.scales
        products *= self.scales[:, None]
        return products


@dataclass(frozen=True, slots=True)
class Asked:
    """Vectors of questions, (questions, dim), and the same as bytes."""

    vectors: Vectors
    coded: Coded

    @classmethod
    def of(cls, vectors: Vectors) -> "Asked":
        """Return the vectors with their bytes."""
        vectors = np.ascontiguousarray(vectors, np.float32)
        return cls(vectors, Coded.of(vectors))


class Matrix:
    """The vectors of entries, (rows, dim): those of entry i begin at starts[i]. Never changed.

    `discount` is what is taken off the cosine with each row that is not zero. `error` is how far a cosine may be off.
    """

    def __init__(self, vectors: Vectors, starts: Starts, discount: Vectors, *, large: bool) -> None:
        self._vectors = vectors
        self._starts = starts
        self._ends = np.append(starts[1:], len(vectors))
        self._discount = discount if discount.any() else None
        self._single = len(starts) == len(vectors)
        self._coded: Coded | None = None
        self.error = 0.0
        if large:
            self._coded = Coded.of(vectors)
            self.error = _error(vectors, self._coded)
            self._vectors = _mapped(vectors)

    @property
    def nbytes(self) -> int:
        """Memory that the vectors take, without what is mapped from a file."""
        if self._coded is None:
            return self._vectors.nbytes
        return self._coded.codes.nbytes + self._coded.scales.nbytes + self._coded.offsets.nbytes

    def highest(self, asked: Asked) -> Vectors:
        """Return the highest cosine of each entry's vectors with each question, (questions, entries)."""
        if self._coded is None:
            cosines: Vectors = asked.vectors @ self._vectors.T
        elif len(asked.vectors) >= MANY:
            cosines = asked.vectors @ self._coded.whole().T
            cosines *= self._coded.scales
        else:
            cosines = asked.coded.products(self._coded)
        return self._of_entries(cosines, self._discount, self._starts)

    def exact(self, vector: Vectors, entries: npt.NDArray[np.intp]) -> Vectors:
        """Return the highest cosine of these entries' vectors with one question in float32, (len(entries),)."""
        rows, starts = entries, entries
        if not self._single:
            counts = self._ends[entries] - self._starts[entries]
            starts = np.cumsum(counts) - counts
            rows = np.arange(counts.sum()) + np.repeat(self._starts[entries] - starts, counts)
        discount = None if self._discount is None else self._discount[rows]
        highest: Vectors = self._of_entries((self._vectors[rows] @ vector)[None], discount, starts)[0]
        return highest

    def _of_entries(self, cosines: Vectors, discount: Vectors | None, starts: Starts) -> Vectors:
        if discount is not None:
            cosines -= discount * (cosines != 0)  # 0: there is no vector, and nothing to take it off
        highest: Vectors = cosines if self._single else np.maximum.reduceat(cosines, starts, axis=1)
        return highest


def starts_of(grouped: Sequence[Sequence[object]]) -> Starts:
    """Return where each group begins in the groups laid end to end, (groups,)."""
    return np.cumsum([0, *(len(own) for own in grouped[:-1])])


def leading(values: Vectors, most: int) -> npt.NDArray[np.intp]:
    """Return not many of the places in values, (n,), in order: those of the `most` highest are among them."""
    pieces = len(values) // PIECE
    if pieces < most:
        return np.sort(np.argpartition(values, -most)[-most:]) if most < len(values) else np.arange(len(values))
    highest = values[: pieces * PIECE].reshape(pieces, PIECE).max(axis=1)
    return np.flatnonzero(values >= np.partition(highest, -most)[-most])


def _error(vectors: Vectors, coded: Coded) -> float:
    """Return how far a cosine may be off: errors of single numbers are independent, a question's are as large."""
    lost = np.linalg.norm(vectors - coded.whole() * coded.scales[:, None], axis=1).max(initial=0.0)
    return SIGMAS * float(np.sqrt(2 / vectors.shape[1]) * lost)


def _mapped(vectors: Vectors) -> Vectors:
    """Return the same numbers, mapped from a file that ends with the process; from memory where none can be written."""
    try:
        with tempfile.TemporaryFile() as file:
            file.write(vectors.tobytes())
            file.flush()
            mapped: Vectors = np.asarray(np.memmap(file, np.float32, "r", shape=vectors.shape))
            return mapped
    except OSError as error:
        logger.warning("vectors stay in memory, which takes five times of it: %s: %s", tempfile.gettempdir(), error)
        return vectors
