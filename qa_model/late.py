"""Late interaction (ColBERT, Khattab and Zaharia, 2020): how near each token of a question is to a passage's nearest.

Tokens of passages are kept in one byte a number. They become float32 one passage at a time, so that what is computed
stays in the processor's cache: six times as fast as all at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qa_model.encoder import Vectors


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


def highest(tokens: Vectors, passages: Sequence[Packed]) -> Vectors:
    """Return the highest cosine of each token with those of each passage, (tokens, passages); tokens are in rows."""
    nearest = [(tokens @ own.codes.astype(np.float32).T).max(1) * own.scale for own in passages]
    return np.stack(nearest, axis=1)
