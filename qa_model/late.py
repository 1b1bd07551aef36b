"""Late interaction (ColBERT, Khattab and Zaharia, 2020): how near each token of a question is to a passage's nearest.

Tokens of passages are kept in one byte a number. They become float32 one passage at a time, so that what is computed
stays in the processor's cache: six times as fast as all at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qa_model.encoder import Vectors

HELD = 128 * 2**20  # bytes of passages, of which one takes 100 KB at most with the default base


@dataclass(frozen=True, slots=True)
class Packed:
    """Token vectors as their largest number and one byte for each number: 1/127 of it is lost at most."""

    codes: npt.NDArray[np.int8]  # (tokens, dim)
    scale: np.float32

    @classmethod
    def of(cls, vectors: Vectors) -> "Packed":
        """Pack vectors, (tokens, dim), of which there is one at least."""
        largest = np.float32(np.abs(vectors).max())
        return cls(np.round(vectors * (127 / largest)).astype(np.int8), largest / np.float32(127))

    @classmethod
    def read(cls, data: bytes) -> "Packed":
        """Return what `written` wrote."""
        dim = int(np.frombuffer(data, np.int32, 1)[0])
        largest = np.frombuffer(data, np.float32, 1, 4)[0]
        return cls(np.frombuffer(data, np.int8, offset=8).reshape(-1, dim), largest / np.float32(127))

    def written(self) -> bytes:
        """Return it as bytes: the length of a vector, the largest number, the codes."""
        return np.int32(self.codes.shape[1]).tobytes() + (self.scale * np.float32(127)).tobytes() + self.codes.tobytes()

    def whole(self) -> Vectors:
        """Return the vectors, (tokens, dim)."""
        vectors: Vectors = self.codes.astype(np.float32) * self.scale
        return vectors


class Held:
    """The tokens of the passages read last, so that what is asked about often is not fetched each time."""

    def __init__(self, most: int = HELD) -> None:
        self._most = most  # bytes
        self._size = 0
        self._packed: dict[tuple[str, object], Packed] = {}  # the one used last at the end

    def get(self, encoder: str, text: object) -> Packed | None:
        """Return what is held of a text."""
        return self._packed.get((encoder, text))

    def keep(self, encoder: str, used: Mapping[Any, Packed]) -> None:
        """Hold what was used; what was used longest ago goes."""
        for text, own in used.items():
            before = self._packed.pop((encoder, text), None)
            self._size += own.codes.nbytes - (before.codes.nbytes if before else 0)
            self._packed[encoder, text] = own
        while self._size > self._most:
            oldest = next(iter(self._packed))
            self._size -= self._packed.pop(oldest).codes.nbytes


def highest(tokens: Vectors, passages: Sequence[Packed]) -> Vectors:
    """Return the highest cosine of each token with those of each passage, (tokens, passages); tokens are in rows."""
    nearest = [(tokens @ own.codes.astype(np.float32).T).max(1) * own.scale for own in passages]
    return np.stack(nearest, axis=1)
