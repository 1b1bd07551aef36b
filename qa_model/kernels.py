"""Kernel ridge regressions over several views of a text, some of them shared among prompts, some of a prompt's own.

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
from qa_model.readings import REFERENCE, SIGNS, Readings

View = Literal[
    "signs", "slopes", "reference", "reference_slopes", "vectors", "states", "state_slopes", "states_reference", "grams"
]
CLIP = 4.0  # standard deviations, of a sign or a state
SLOTS_AT_ONCE = 4096
BESIDE_REFERENCE = np.array([name in REFERENCE for name in SIGNS])
EVERY_SIGN = np.ones(len(SIGNS), bool)
FLAT = 1e-4  # a sign or a state that varies less tells nothing


@dataclass(frozen=True, slots=True)
class Part:
    """One kernel of a sum. `own`: it is 0 between texts of different prompts.

    signs: Gaussian over the signs; slopes: linear in them; reference and reference_slopes: the same of the signs beside
    the reference alone; states and state_slopes: the same of the encoder's inner states; states_reference: the product
    of states and reference; vectors: Gaussian over the encoder's; grams: their cosine.
    """

    view: View
    own: bool
    weight: float


@dataclass(frozen=True, slots=True)
class Standard:
    """What brings numbers to one scale: mean and standard deviation of each, (n,), 0 for one that tells nothing."""

    mean: Vectors
    deviation: Vectors

    @classmethod
    def of(cls, values: Vectors) -> "Standard":
        """Return the standard of values, (texts, n)."""
        deviation = values.std(0)
        return cls(values.mean(0), np.where(deviation > FLAT, deviation, 0))

    def scaled(self, values: Vectors, among: npt.NDArray[np.bool_] | None = None) -> Vectors:
        """Return the values on that scale, those left out that tell nothing, (texts, those `among` them that do)."""
        told = self.deviation > 0 if among is None else (self.deviation > 0) & among
        clipped: Vectors = np.clip((values[:, told] - self.mean[told]) / self.deviation[told], -CLIP, CLIP)
        return clipped


@dataclass(frozen=True, slots=True)
class Scale:
    """What brings signs and inner states to one scale; `spread`: the mean squared distance of two vectors."""

    signs: Standard
    states: Standard
    spread: float

    @classmethod
    def of(cls, readings: Readings) -> "Scale":
        """Return the scale of what a regression learns from."""
        vectors = readings.vectors
        spread = 2 * float((vectors**2).sum(1).mean() - (vectors.mean(0) ** 2).sum())
        return cls(Standard.of(readings.signs), Standard.of(readings.states), max(spread, FLAT))


@dataclass(frozen=True, slots=True)
class Member:
    """One regression of several that learned from the same texts: its kernels, and what each text pulls, (texts,).

    `pull_grams`: what each gram adds: shared in row 0, then of each prompt's own, (1 + prompts, slots).
    """

    parts: tuple[Part, ...]
    pull: Vectors
    pull_grams: Vectors


@dataclass(frozen=True, slots=True)
class Regression:
    """The mean of some regressions; what they learned from is kept without its grams."""

    members: tuple[Member, ...]
    scale: Scale
    learned: Readings
    prompts: tuple[str, ...]
    mean: float

    def predict(self, readings: Readings) -> Vectors:
        """Return the value of each text, (texts,)."""
        found: Vectors = self.mean + np.mean([self._told(member, readings) for member in self.members], 0)
        return found

    def _told(self, member: Member, readings: Readings) -> Vectors:
        dense = [part for part in member.parts if part.view != "grams"]
        value: Vectors = kernel(dense, self.scale, readings, self.learned) @ member.pull
        if len(dense) < len(member.parts):
            value = value + readings.grams @ member.pull_grams[0]
            for row, prompt in enumerate(self.prompts, 1):
                value = value + np.where(readings.prompts == prompt, readings.grams @ member.pull_grams[row], 0)
        return value


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
    if name == "grams":
        return _alike(a.grams, b.grams)
    if name == "vectors":
        near: Vectors = np.exp(-_squared(a.vectors, b.vectors) / scale.spread)
        return near
    if name == "states_reference":
        both: Vectors = view("states", scale, a, b) * view("reference", scale, a, b)
        return both
    if name.startswith("state"):
        left, right = (scale.states.scaled(own.states) for own in (a, b))
    else:
        among = BESIDE_REFERENCE if name.startswith("reference") else EVERY_SIGN
        left, right = (scale.signs.scaled(own.signs, among) for own in (a, b))
    size = max(left.shape[1], 1)
    told: Vectors = left @ right.T / size if name.endswith("slopes") else np.exp(-_squared(left, right) / (2 * size))
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
