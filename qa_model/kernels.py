"""Kernel ridge regression over several views of a text, some of them shared among prompts and some of a prompt's own.

(Saunders, Gammerman and Vovk, Ridge Regression Learning Algorithm in Dual Variables, ICML 1998; a kernel of a task's
own beside a shared one: Evgeniou, Micchelli and Pontil, JMLR 2005.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from qa_model.encoder import Vectors
from qa_model.readings import Readings

View = Literal["signs", "slopes", "vectors", "grams"]
CLIP = 4.0  # standard deviations, of a sign
SLOTS_AT_ONCE = 4096
FLAT = 1e-4  # a sign that varies less tells nothing


@dataclass(frozen=True, slots=True)
class Part:
    """One kernel of a sum. `own`: it is 0 between texts of different prompts.

    signs: Gaussian over the signs; slopes: linear in them; vectors: Gaussian over the encoder's; grams: their cosine.
    """

    view: View
    own: bool
    weight: float


@dataclass(frozen=True, slots=True)
class Scale:
    """What brings signs to one scale: mean and standard deviation of each, (signs,), 0 for one that tells nothing.

    `spread`: the mean squared distance of two vectors.
    """

    mean: Vectors
    deviation: Vectors
    spread: float

    @classmethod
    def of(cls, readings: Readings) -> "Scale":
        """Return the scale of what a regression learns from."""
        deviation = readings.signs.std(0)
        vectors = readings.vectors
        spread = 2 * float((vectors**2).sum(1).mean() - (vectors.mean(0) ** 2).sum())
        return cls(readings.signs.mean(0), np.where(deviation > FLAT, deviation, 0), max(spread, FLAT))

    def signs(self, readings: Readings) -> Vectors:
        """Return the signs on that scale, those left out that tell nothing, (texts, signs that do)."""
        told = self.deviation > 0
        scaled = (readings.signs[:, told] - self.mean[told]) / self.deviation[told]
        clipped: Vectors = np.clip(scaled, -CLIP, CLIP)
        return clipped


@dataclass(frozen=True, slots=True)
class Regression:
    """A fitted regression: what it learned from without the grams, and what each of its texts pulls, (texts,).

    `pull_grams`: what each gram adds: shared in row 0, then those of each prompt of `prompts`, (1 + prompts, slots).
    """

    parts: tuple[Part, ...]
    scale: Scale
    learned: Readings
    pull: Vectors
    pull_grams: Vectors
    prompts: tuple[str, ...]
    mean: float

    def predict(self, readings: Readings) -> Vectors:
        """Return the value of each text, (texts,)."""
        dense = [part for part in self.parts if part.view != "grams"]
        value = self.mean + kernel(dense, self.scale, readings, self.learned) @ self.pull
        if len(dense) < len(self.parts):
            value = value + readings.grams @ self.pull_grams[0]
            for row, prompt in enumerate(self.prompts, 1):
                value = value + np.where(readings.prompts == prompt, readings.grams @ self.pull_grams[row], 0)
        found: Vectors = value.astype(np.float32)
        return found


def kernel(parts: Sequence[Part], scale: Scale, a: Readings, b: Readings) -> Vectors:
    """Return the sum of the kernels between texts a and b, (a, b)."""
    total = np.zeros((len(a), len(b)), np.float32)
    same = (a.prompts[:, None] == b.prompts[None]).astype(np.float32)
    for part in parts:
        told = part.weight * view(part.view, scale, a, b)
        total += told * same if part.own else told
    return total


def view(name: View, scale: Scale, a: Readings, b: Readings) -> Vectors:
    """Return one kernel between texts a and b, (a, b); of a text with itself it is about 1."""
    told: Vectors
    if name == "grams":
        told = _alike(a.grams, b.grams)
    elif name == "vectors":
        told = np.exp(-_squared(a.vectors, b.vectors) / scale.spread)
    else:
        left, right = scale.signs(a), scale.signs(b)
        size = max(left.shape[1], 1)
        told = np.exp(-_squared(left, right) / (2 * size)) if name == "signs" else left @ right.T / size
    return told


def _alike(a: csr_array, b: csr_array) -> Vectors:
    """Return the dot products, (a, b), in blocks of slots: filled up they take a tenth of the time of sparse ones."""
    total = np.zeros((a.shape[0], b.shape[0]), np.float32)
    left, right = a.tocsc(), b.tocsc()
    for at in range(0, a.shape[1], SLOTS_AT_ONCE):
        block = slice(at, at + SLOTS_AT_ONCE)
        total += left[:, block].toarray() @ right[:, block].toarray().T
    return total


def _squared(a: Vectors, b: Vectors) -> Vectors:
    """Return the squared distances, (a, b)."""
    lengths = (a * a).sum(1)[:, None] + (b * b).sum(1)[None]
    told: Vectors = np.maximum(lengths - 2 * a @ b.T, 0)
    return told


def pulled_grams(parts: Sequence[Part], learned: Readings, pull: Vectors, prompts: Sequence[str]) -> Vectors:
    """Return what each gram adds, as Regression keeps it: no text needs to be kept for it."""
    rows = np.zeros((1 + len(prompts), learned.grams.shape[1]), np.float32)
    weights = {part.own: part.weight for part in parts if part.view == "grams"}
    rows[0] = weights.get(False, 0.0) * (learned.grams.T @ pull)
    for i, prompt in enumerate(prompts, 1):
        here = np.flatnonzero(learned.prompts == prompt)
        rows[i] = weights.get(True, 0.0) * (learned.grams[here].T @ pull[here])
    return rows


def rows_of(prompts: npt.NDArray[np.str_], prompt: str) -> npt.NDArray[np.intp]:
    """Return which texts are of a prompt."""
    return np.flatnonzero(prompts == prompt)
