"""What a text says of what its reference answer says: by whole texts, by tokens, and by tokens that tell something."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qa_model.encoder import Ids, Tokens, Vectors
from qa_model.judge import denies, joined, weighted_mean

SHORTEST, LONGEST = -4.0, 2.0  # what the length tells, as the logarithm of the ratio
LEAST = 0.1  # the quantile of the reference's tokens that are borne out worst


@dataclass(frozen=True, slots=True)
class Passage:
    """A text as the encoder reads it: its unit vector (dim,), its inner states (2 dim,) and all of its tokens."""

    text: str
    vector: Vectors
    inner: Vectors
    tokens: Tokens

    @classmethod
    def of(cls, text: str, vectors: Vectors, inner: Vectors, tokens: list[Tokens]) -> "Passage":
        """Return the passage of a text's windows: vectors (windows, dim), inner states (windows, 2 dim), tokens."""
        vector: Vectors = vectors.mean(0)
        return cls(text, vector / max(float(np.linalg.norm(vector)), 1e-6), inner.mean(0), joined(tokens))


@dataclass(frozen=True, slots=True)
class ReferenceSigns:
    """Measures of a text beside a reference; the reference's tokens count by how rare they are where it is said so.

    cosine: of the whole texts; echo: with what was asked. terms: share of the reference's tokens that the text names,
    those of the question left out, by rarity; tokens: of all of them, plain. borne_out: how close the text's tokens
    come to the reference's, by rarity, those of the question left out. covered: how close the reference's tokens come
    to the text's, by rarity; covered_least: of the worst of them. length: logarithm of the ratio of tokens; negation:
    one denies, the other does not. (Late interaction: Khattab and Zaharia, ColBERT, SIGIR 2020.)
    """

    cosine: float = 0.0
    echo: float = 0.0
    terms: float = 0.0
    tokens: float = 0.0
    borne_out: float = 0.0
    covered: float = 0.0
    covered_least: float = 0.0
    length: float = SHORTEST
    negation: float = 0.0


def reference_signs(
    told: Passage, known: Passage, asked: Passage | None, weigh: Callable[[Ids], Vectors]
) -> ReferenceSigns:
    """Return the measures of a text beside its reference; `weigh` tells how rare tokens are."""
    if not len(told.tokens.ids) or not len(known.tokens.ids):
        return ReferenceSigns()
    own, ref = told.tokens.ids, known.tokens.ids
    question = asked.tokens.ids if asked else np.zeros(0, np.int32)
    new, key = ~np.isin(own, question), ~np.isin(ref, question)
    alike = known.tokens.vectors @ told.tokens.vectors.T  # (reference's tokens, text's tokens)
    by_own, by_ref = alike.max(0), alike.max(1)
    named = np.isin(ref, own).astype(np.float32)
    own_weights, ref_weights = weigh(own), weigh(ref)
    return ReferenceSigns(
        cosine=float(told.vector @ known.vector),
        echo=float(told.vector @ asked.vector) if asked else 0.0,
        terms=weighted_mean(named[key], ref_weights[key]),
        tokens=float(named.mean()),
        borne_out=weighted_mean(by_own[new], own_weights[new]),
        covered=weighted_mean(by_ref[key], ref_weights[key]),
        covered_least=float(np.quantile(by_ref, LEAST)),
        length=float(np.clip(np.log(len(own) / len(ref)), SHORTEST, LONGEST)),
        negation=denies(known.text, told.text),
    )
