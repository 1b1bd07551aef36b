"""A labels model: which label a text has, how sure that is, and whether the text has any of them.

Read from a bundle below `labels/NAME`: the encoder, the head's weights, and `head` in its record.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qa_model.base import ModelError
from qa_model.encoder import Encoder, Progress, Vectors
from qa_model.heads import encode, find_published, load_weights, save_weights
from qa_model.states import unit

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]  # of labels
NEAR = 1024  # rows whose cosines with the examples are taken at once
SMOOTH = 0.02  # cosines that are so near count nearly the same
WEIGHTS = ("weight", "bias", "examples")


@dataclass(frozen=True, slots=True)
class Scope:
    """When a text has none of the labels: a score of three features, each standardised, below a threshold.

    mean, spread, weights: of the features (see `features`). The score is a probability, logistic in them. temperature:
    by which the linear head's logits are divided for them.
    """

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float
    temperature: float = 1.0

    def scores(self, found: Floats) -> Floats:
        """Return for features (texts, 3) the probability that a text has one of the labels, (texts,)."""
        standard = (found - np.array(self.mean)) / np.array(self.spread)
        scores: Floats = 1 / (1 + np.exp(-(standard @ np.array(self.weights) + self.bias)))
        return scores


@dataclass(frozen=True, slots=True)
class Labelled:
    """What is told of a text: the likeliest label with its probability, and whether it has one of the labels at all.

    inside: the probability that it has. known: whether that is enough; where it is not, the label is not to be used.
    """

    label: str
    probability: float
    inside: float
    known: bool


@dataclass(frozen=True, slots=True)
class Head:
    """A linear head over an encoder's vectors.

    weight (labels, dim), bias (labels,); examples: unit vectors of what was learned from, (examples, dim). unit:
    whether it reads vectors of unit length, or as the encoder pools them. temperature: by which logits are divided.
    near: how much of the nearness of a label's examples is added to its logit, for a linear head forgets what is rare;
    owners: the label of each example, ascending, (examples,).
    """

    names: tuple[str, ...]
    weight: Vectors
    bias: Vectors
    examples: Vectors
    unit: bool
    temperature: float
    scope: Scope
    near: float = 0.0
    owners: Indices = field(default_factory=lambda: np.zeros(0, np.intp))

    def logits(self, vectors: Vectors) -> Floats:
        """Return the calibrated logits of vectors (texts, dim), (texts, labels)."""
        found = self.linear(vectors)
        if self.near:
            found += self.near * nearness(vectors, self.examples, self.owners, len(self.names))
        return found / self.temperature

    def features(self, vectors: Vectors) -> Floats:
        """Return what tells whether texts are in scope, (texts, 3): see `features`, by the linear head alone."""
        return features(self.linear(vectors) / self.scope.temperature, vectors, self.examples)

    def linear(self, vectors: Vectors) -> Floats:
        """Return the logits of vectors (texts, dim) by the linear head alone, not calibrated, (texts, labels)."""
        found: Floats = (vectors @ self.weight.T + self.bias).astype(np.float64)
        return found

    def label(self, vectors: Vectors) -> list[Labelled]:
        """Return what is told of texts by their vectors, (texts, dim)."""
        shares = probabilities(self.logits(vectors))
        inside = self.scope.scores(self.features(vectors))
        return [
            Labelled(self.names[top], float(share[top]), float(score), bool(score >= self.scope.threshold))
            for top, share, score in zip(shares.argmax(1), shares, inside, strict=True)
        ]

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the weights into a bundle's folder and return what belongs into its record as `head`."""
        weights = {"weight": self.weight, "bias": self.bias, "examples": self.examples}
        save_weights(folder, weights | ({"owners": self.owners.astype(np.float32)} if self.near else {}))
        return self.record()

    def record(self) -> dict[str, Any]:
        """Return what stands in the record of a bundle as `head`."""
        told = {"labels": list(self.names), "unit": self.unit, "temperature": self.temperature, "near": self.near}
        return {**told, "scope": asdict(self.scope)}

    @classmethod
    def load(cls, folder: Path, record: dict[str, Any]) -> "Head":
        """Return the head of a bundle. Raises ModelError if it is not whole."""
        near = record.get("near", 0.0)  # bundles of before have none
        weights = load_weights(folder, (*WEIGHTS, "owners") if near else WEIGHTS)
        try:
            scope = _scope(record["scope"], float(record["temperature"]))
            names = tuple(map(str, record["labels"]))
            weight, bias, examples = (weights[name].astype(np.float32) for name in WEIGHTS)
            owners = _owners(weights["owners"], len(examples), len(names)) if near else np.zeros(0, np.intp)
            told = (bool(record["unit"]), float(record["temperature"]), scope, float(near), owners)
            return cls(names, weight, bias, examples, *told)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder}: its record of the head cannot be read ({error!r}): fit again") from error


@dataclass(frozen=True, slots=True)
class LabelModel:
    """An encoder with a head; `version` says which."""

    encoder: Encoder
    head: Head
    version: str

    def label(self, texts: Sequence[str], progress: Progress | None = None) -> list[Labelled]:
        """Return the label of each text; a long text is read in windows."""
        return self.head.label(encode(self.encoder, texts, unit=self.head.unit, progress=progress))


def load_labels(models: Path, name: str) -> LabelModel:
    """Return the labels model of a name that serves. Raises ModelError if none does."""
    serving, record = find_published(models, f"labels/{name}", "labels model")
    return LabelModel(Encoder.load(serving.folder), Head.load(serving.folder, record), serving.version)


def probabilities(logits: Floats) -> Floats:
    """Return the softmax of logits, (texts, labels)."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    shares: Floats = powers / powers.sum(1, keepdims=True)
    return shares


def features(logits: Floats, vectors: Vectors, examples: Vectors) -> Floats:
    """Return what tells a text in scope from one that is not, (texts, 3).

    The greatest probability (Hendrycks and Gimpel, 2017), as a log-odds; the energy of the logits (Liu et al., 2020),
    higher in scope; the cosine with the nearest example.
    """
    top = logits.max(1)
    if logits.shape[1] == 1:  # nothing to be likelier than
        return np.stack([top, top, _nearest(vectors, examples)], axis=1)
    rest = np.where(np.arange(logits.shape[1]) == logits.argmax(1)[:, None], -np.inf, logits)
    energy = top + np.log(np.exp(logits - top[:, None]).sum(1))
    margin = top - (rest.max(1) + np.log(np.exp(rest - rest.max(1, keepdims=True)).sum(1)))
    return np.stack([margin, energy, _nearest(vectors, examples)], axis=1)


def nearness(vectors: Vectors, examples: Vectors, owners: Indices, labels: int) -> Floats:
    """Return how near texts (texts, dim) are to the examples of each label, (texts, labels), -1 to a little over 1.

    The greatest cosine, smoothed: SMOOTH times the logarithm of the sum of exp(cosine / SMOOTH). examples
    (examples, dim) are unit vectors, owners (examples,) their labels, ascending; a label without any is far from all.
    """
    found = np.full((len(vectors), labels), -1.0)
    if not len(examples):
        return found
    own, starts = np.unique(owners, return_index=True)
    for i in range(0, len(vectors), NEAR):
        cosines = (unit(vectors[i : i + NEAR]) @ examples.T).astype(np.float64)
        sums = np.add.reduceat(np.exp(cosines / SMOOTH), starts, axis=1)
        found[i : i + NEAR, own] = SMOOTH * np.log(sums)
    return found


def _owners(stored: Vectors, examples: int, labels: int) -> Indices:
    owners: Indices = stored.astype(np.intp)
    if len(owners) != examples or (np.diff(owners) < 0).any() or not ((owners >= 0) & (owners < labels)).all():
        raise ValueError("the examples are not those of its labels")
    return owners


def _scope(record: dict[str, Any], temperature: float) -> Scope:
    mean, spread, weights = (tuple(map(float, record[name])) for name in ("mean", "spread", "weights"))
    bias, threshold = float(record["bias"]), float(record["threshold"])
    # Bundles of before have one temperature for all.
    return Scope(mean, spread, weights, bias, threshold, float(record.get("temperature", temperature)))


def _nearest(vectors: Vectors, examples: Vectors) -> Floats:
    parts = [(unit(vectors[i : i + NEAR]) @ examples.T).max(1) for i in range(0, len(vectors), NEAR)]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)
