"""What a scorer sees of texts: vector, inner states, signs, and what each is made of in letters and words."""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from data.scored import Work
from qa_model.encoder import Encoder, Ids, Vectors
from qa_model.reference_signs import Passage, ReferenceSigns, reference_signs
from qa_model.style_signs import StyleSigns, style_signs
from qa_model.windows import windows

GRAM_SLOTS = 2**15  # hashed; twice as many scored no better
GRAM_LETTERS = (3, 4, 5)
MARKS = 2  # the tokens that stand around a text, such as [CLS] and [SEP]
TOGETHER = 64  # texts whose tokens are held at once
STYLE = tuple(field.name for field in fields(StyleSigns))
REFERENCE = tuple(field.name for field in fields(ReferenceSigns))
SIGNS = (*STYLE, *REFERENCE)

Progress = Callable[[Iterable[list[Work]], str, int], Iterable[list[Work]]]
_BASE, _MIXER = np.uint64(1_000_003), np.uint64(0x9E3779B97F4A7C15)  # the latter Knuth's, by the golden section
_WORD = re.compile(r"\w+(?:['’]\w+)?")


@dataclass(frozen=True, slots=True)
class Readings:
    """Of texts: their prompts, unit vectors (texts, dim), signs (texts, SIGNS) and grams (texts, GRAM_SLOTS).

    `states`: the mean of the encoder's inner states, (texts, 2 dim): they tell how a text is written, while the vectors
    tell what it is about.
    """

    prompts: npt.NDArray[np.str_]
    vectors: Vectors
    states: Vectors
    signs: Vectors
    grams: csr_array

    def __len__(self) -> int:
        return len(self.prompts)

    def take(self, rows: npt.NDArray[np.intp]) -> "Readings":
        """Return those of some of the texts."""
        vectors, states, signs = (own[rows] for own in (self.vectors, self.states, self.signs))
        return Readings(self.prompts[rows], vectors, states, signs, self.grams[rows])

    def sign(self, name: str) -> Vectors:
        """Return one sign of every text, (texts,)."""
        column: Vectors = self.signs[:, SIGNS.index(name)]
        return column


class Reader:
    """Reads texts with an encoder, whole: the vector of a long one is the mean over its windows. For one thread.

    `weights` tell how rare each token of the encoder's vocabulary is; without them all count the same.
    """

    def __init__(self, encoder: Encoder, weights: Vectors | None = None) -> None:
        self._encoder = encoder
        self._weights = weights
        self._known: dict[str, Passage] = {}  # prompts and references, which come again and again

    def read(self, works: Sequence[Work], progress: Progress | None = None) -> Readings:
        """Return what there is to see of the texts."""
        dim = self._encoder.dim
        vectors, states, signs = (np.zeros((len(works), width), np.float32) for width in (dim, 2 * dim, len(SIGNS)))
        batches: Iterable[list[Work]] = [list(works[i : i + TOGETHER]) for i in range(0, len(works), TOGETHER)]
        if progress is not None:
            batches = progress(batches, "reading", -(-len(works) // TOGETHER))
        at = 0
        for batch in batches:
            for work, told in zip(batch, self.passages([work.text for work in batch]), strict=True):
                vectors[at], states[at], signs[at] = told.vector, told.inner, self._signs(work, told)
                at += 1
        return Readings(np.array([w.prompt_id for w in works]), vectors, states, signs, grams([w.text for w in works]))

    def passages(self, texts: Sequence[str]) -> list[Passage]:
        """Return the texts as the encoder reads them."""
        parts = [[part for window in windows(text) for part in self._whole(window)] for text in texts]
        vectors, tokens, inner = self._encoder.encode_inner([window for part in parts for window in part], "passage")
        ends = np.cumsum([len(part) for part in parts])
        spans = [slice(end - len(part), end) for part, end in zip(parts, ends, strict=True)]
        return [
            Passage.of(text, vectors[span], inner[span], tokens[span]) for text, span in zip(texts, spans, strict=True)
        ]

    def _whole(self, window: str) -> list[str]:
        """Return a window in parts that the encoder reads whole: some encoders read less at once than others."""
        if len(self._encoder.pieces(window)) + MARKS <= self._encoder.spec.max_tokens or len(window) < 2:
            return [window]
        middle = len(window) // 2
        cut = window.rfind(" ", 1, middle) + 1 or middle
        return [*self._whole(window[:cut].strip()), *self._whole(window[cut:].strip())]

    def known(self, text: str) -> Passage:
        """Return a prompt or a reference as the encoder reads it."""
        if text not in self._known:
            (self._known[text],) = self.passages([text])
        return self._known[text]

    def _signs(self, work: Work, told: Passage) -> Vectors:
        style = style_signs(work.text)
        beside = ReferenceSigns()
        if work.reference:
            asked = self.known(work.prompt) if work.prompt else None
            beside = reference_signs(told, self.known(work.reference), asked, self._weigh)
        return np.array([*astuple(style), *astuple(beside)], np.float32)

    def _weigh(self, ids: Ids) -> Vectors:
        return np.ones(len(ids), np.float32) if self._weights is None else self._weights[ids]


def token_weights(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Return how rare each token of the vocabulary is among the texts, (tokens,): its inverse document frequency."""
    seen: Counter[int] = Counter()
    for text in texts:
        seen.update(set(encoder.pieces(text)))
    found = np.array([seen[i] for i in range(encoder.vocabulary)], np.float32)
    weights: Vectors = np.log((len(texts) + 1) / (found + 1)).astype(np.float32)
    return weights


def grams(texts: Sequence[str]) -> csr_array:
    """Return the words, pairs of words and runs of letters of texts, hashed, (texts, GRAM_SLOTS), in unit rows.

    The dot product of two is a string kernel (Lodhi et al., JMLR 2002; on essays Cozma, Butnaru and Ionescu, ACL 2018).
    """
    starts, slots, values = [0], [], []
    for text in texts:
        own, counts = np.unique(_gram_slots(text), return_counts=True)
        roots = np.sqrt(counts.astype(np.float32))
        slots.append(own)
        values.append(roots / max(float(np.linalg.norm(roots)), 1e-6))
        starts.append(starts[-1] + len(own))
    data = np.concatenate(values) if values else np.zeros(0, np.float32)
    indices = np.concatenate(slots) if slots else np.zeros(0, np.int64)
    return csr_array((data, indices, np.array(starts)), shape=(len(texts), GRAM_SLOTS))


def _gram_slots(text: str) -> npt.NDArray[np.int64]:
    """Return the slot of each gram of a text."""
    words = [word.lower() for word in _WORD.findall(text)]
    told = [*words, *(f"{a} {b}" for a, b in pairwise(words))]
    whole = np.array([zlib.crc32(gram.encode()) for gram in told], np.uint64)
    line = np.frombuffer(f" {' '.join(words)} ".encode("utf-32-le"), np.uint32).astype(np.uint64)
    hashes = [whole, *(_runs(line, size) for size in GRAM_LETTERS if len(line) >= size)]
    mixed = np.concatenate(hashes) * _MIXER  # the upper half of a product depends on all of its lower half
    slots: npt.NDArray[np.int64] = ((mixed >> np.uint64(32)) % np.uint64(GRAM_SLOTS)).astype(np.int64)
    return slots


def _runs(line: npt.NDArray[np.uint64], size: int) -> npt.NDArray[np.uint64]:
    """Return a number for each run of `size` letters: a polynomial in them, with the size as its last term."""
    found = np.full(len(line) - size + 1, size, np.uint64)
    for at in range(size):
        found = found * _BASE + line[at : len(line) - size + 1 + at]
    return found
