"""Kernel ridge regressions over several views of a text, some of them shared among prompts, some of a prompt's own.

(Saunders, Gammerman and Vovk, Ridge Regression Learning Algorithm in Dual Variables, ICML 1998; a kernel of a task's
own beside a shared one: Evgeniou, Micchelli and Pontil, JMLR 2005.)
"""

from collections.abc import Iterable, Sequence
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
FLAT = 1e-4  # a sign or a state that varies less, of 1 or of its mean, tells nothing


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
        mean, deviation = values.mean(0, dtype=np.float64), values.std(0, dtype=np.float64)
        varies = deviation > FLAT * np.maximum(1, np.abs(mean))
        return cls(mean.astype(np.float32), np.where(varies, deviation, 0).astype(np.float32))

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
        views = Views(self.scale, readings, self.learned)
        found: Vectors = self.mean + np.mean([self._told(member, readings, views) for member in self.members], 0)
        return found

    def _told(self, member: Member, readings: Readings, views: "Views") -> Vectors:
        dense = [part for part in member.parts if part.view != "grams"]
        value: Vectors = views.total(dense) @ member.pull
        if len(dense) < len(member.parts):
            value = value + readings.grams @ member.pull_grams[0]
            for row, prompt in enumerate(self.prompts, 1):
                value = value + np.where(readings.prompts == prompt, readings.grams @ member.pull_grams[row], 0)
        return value


class Views:
    """The kernels between texts a and b, (a, b) each, made once and when they are asked for."""

    def __init__(self, scale: Scale, a: Readings, b: Readings) -> None:
        self._scale, self._a, self._b = scale, a, b
        self._same = (a.prompts[:, None] == b.prompts[None]).astype(np.float32)
        self._made: dict[View, Vectors] = {}

    def total(self, parts: Iterable[Part]) -> Vectors:
        """Return the sum of the kernels, each with its weight."""
        total = np.zeros(self._same.shape, np.float32)
        for part in parts:
            told = np.float32(part.weight) * self.of(part.view)
            total += told * self._same if part.own else told
        return total

    def of(self, name: View) -> Vectors:
        """Return one kernel; of a text with itself it is about 1."""
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: View) -> Vectors:
        a, b, scale = self._a, self._b, self._scale
        if name == "grams":
            return _alike(a.grams, b.grams)
        if name == "vectors":
            near: Vectors = np.exp(-_squared(a.vectors, b.vectors) / scale.spread)
            return near
        if name == "states_reference":
            return self.of("states") * self.of("reference")
        if name.startswith("state"):
            left, right = (scale.states.scaled(own.states) for own in (a, b))
        else:
            among = BESIDE_REFERENCE if name.startswith("reference") else None
            left, right = (scale.signs.scaled(own.signs, among) for own in (a, b))
        size = max(left.shape[1], 1)
        if name.endswith("slopes"):
            return left @ right.T / np.float32(size)
        gaussian: Vectors = np.exp(-_squared(left, right) / np.float32(2 * size))
        return gaussian


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
