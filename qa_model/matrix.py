"""The vectors of a few thousand entries, several for each: the highest cosine of each entry with a question.

Few are float32. Many are read as int8 with a scale for each vector, a quarter of the memory and of the time; float32
lies beside them in a mapped file that has no name, and what may be among the best is read from there again. simsimd
multiplies int8 at the speed of memory, which neither numpy nor torch does (tests/benchmarks/bench_index.py).
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
_LARGEST = 127
Codes = npt.NDArray[np.int8]
Starts = npt.NDArray[np.intp]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """Vectors of questions, (questions, dim), and the same as int8 with their scales."""

    vectors: Vectors
    codes: Codes
    scales: Vectors

    @classmethod
    def of(cls, vectors: Vectors) -> "Asked":
        """Return the vectors with their codes."""
        vectors = np.ascontiguousarray(vectors, np.float32)
        return cls(vectors, *coded(vectors))


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
        self._codes: Codes | None = None
        self.error = 0.0
        if large:
            self._codes, self._scales = coded(vectors)
            self.error = _error(vectors, self._codes, self._scales)
            self._vectors = _mapped(vectors)

    @property
    def nbytes(self) -> int:
        """Memory that the vectors take, without what is mapped from a file."""
        return self._vectors.nbytes if self._codes is None else self._codes.nbytes + self._scales.nbytes

    def highest(self, asked: Asked) -> Vectors:
        """Return the highest cosine of each entry's vectors with each question, (questions, entries)."""
        if self._codes is None:
            cosines: Vectors = asked.vectors @ self._vectors.T
        else:
            cosines = np.asarray(simsimd.cdist(asked.codes, self._codes, "dot", out_dtype="float32"), np.float32)
            cosines *= self._scales
            cosines *= asked.scales[:, None]
        return self._of_entries(cosines, self._discount, self._starts)

    def exact(self, vector: Vectors, entries: npt.NDArray[np.intp]) -> Vectors:
        """Return the highest cosine of these entries' vectors with one question in float32, (len(entries),)."""
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


def coded(vectors: Vectors) -> tuple[Codes, Vectors]:
    """Return vectors as int8, (rows, dim), and the scale of each, (rows,); zeros stay zeros."""
    scales = np.maximum(np.abs(vectors).max(axis=1, initial=0.0), np.float32(1e-12)) / np.float32(_LARGEST)
    return np.round(vectors / scales[:, None]).astype(np.int8), scales


def _error(vectors: Vectors, codes: Codes, scales: Vectors) -> float:
    """Return how far a cosine may be off: errors of single numbers are independent, a question's are as large."""
    lost = np.linalg.norm(vectors - codes * scales[:, None], axis=1).max(initial=0.0)
    return SIGMAS * float(np.sqrt(2 / vectors.shape[1]) * lost)


def _mapped(vectors: Vectors) -> Vectors:
    """Return the same numbers, mapped from a file that ends with the process; from memory where none can be written."""
    try:
        with tempfile.TemporaryFile() as file:
            file.write(vectors.tobytes())
            file.flush()
            mapped: Vectors = np.memmap(file, np.float32, "r", shape=vectors.shape)
            return mapped
    except OSError as error:
        logger.warning("vectors stay in memory, which takes five times of it: %s: %s", tempfile.gettempdir(), error)
        return vectors
