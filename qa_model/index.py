"""The index of one course: blocks of entries, searched exactly by their vectors and by their words."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from data.records import Entry
from qa_model.block import BLOCK, Block, Text, plain, texts_of
from qa_model.encoder import Ids, Vectors
from qa_model.fusion import Indices, Signals
from qa_model.lexical import Lexical
from qa_model.matrix import Asked
from qa_model.stems import Stemmer

K = TypeVar("K")
MAX_MISSING = 0.05  # share of texts without a vector that changes little
ReadVectors = Callable[
    [Sequence[Text]], tuple[Mapping[Text, Vectors], Mapping[Text, Ids]]
]  # vectors and token ids there are


class CourseIndex:
    """Finds entries of one course; a text without a vector yet takes part by its words alone.

    `complete` says whether all but a few texts have their vector, `missing` which have none, `cjk` whether most
    questions are in a CJK script; `error` is how far a cosine of `signals` may be off. Raises ValueError if there are
    no entries.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        vectors: Mapping[Text, Vectors],
        dim: int,
        ids: Mapping[Text, Ids] | None = None,
    ) -> None:
        stemmer = Stemmer()
        parts = (entries[i : i + BLOCK] for i in range(0, len(entries), BLOCK))
        self._join([Block(part, vectors, dim, ids or {}, stemmer) for part in parts], stemmer)

    @classmethod
    def renewed(
        cls, before: "CourseIndex | None", entries: Sequence[Entry], dim: int, read: ReadVectors
    ) -> "CourseIndex":
        """Return the index of these entries; blocks whose entries are the same and have all vectors are taken over."""
        old = () if before is None else before._blocks
        known = {(block.entries[0], len(block.entries)): block for block in old if not block.missing}
        stemmer = Stemmer() if before is None else before._stemmer
        blocks = []
        for part in _parts(old, entries):
            block = known.get((part[0], len(part)))
            if block is None or block.entries != tuple(part):
                vectors, ids = read(list(dict.fromkeys(chain.from_iterable(map(texts_of, part)))))
                block = Block(part, vectors, dim, ids, stemmer)
            blocks.append(block)
        if before is not None and len(blocks) == len(old) and all(map(lambda a, b: a is b, blocks, old)):
            return before
        index = cls.__new__(cls)
        index._join(blocks, stemmer)
        return index

    def _join(self, blocks: Sequence[Block], stemmer: Stemmer) -> None:
        if not blocks:
            raise ValueError("a course without entries has no index")
        self._blocks = tuple(blocks)
        self._stemmer = stemmer
        self._starts = np.cumsum([0, *(len(block.entries) for block in blocks)])
        self.entries = tuple(chain.from_iterable(block.entries for block in blocks))
        self.passages = tuple(chain.from_iterable(block.passages for block in blocks))
        self.missing = [text for block in blocks for text in block.missing]
        self.complete = len(self.missing) <= MAX_MISSING * sum(block.texts for block in blocks)
        self.error = max(max(block.text.error, block.wording.error) for block in blocks)
        self.words: Counter[str] = _added(block.words for block in blocks)
        self._counts: Counter[int] = _added(block.tokens for block in blocks)
        self._lexical = Lexical(postings=[block.postings for block in blocks], stemmer=stemmer)
        langs = np.array([entry.lang for entry in self.entries])
        self._spoken = {str(lang): (langs == lang) | (langs == "") for lang in np.unique(langs)}
        self.cjk = sum(block.cjk for block in blocks) * 2 > len(self.entries)

    def signals(self, questions: Sequence[str], vectors: Vectors) -> list[Signals]:
        """Return the signals of each question; `vectors` is (questions, dim), a zero row means no dense signal."""
        if not questions:
            return []
        asked = Asked.of(vectors)
        # (questions, entries)
        text = np.concatenate([block.text.highest(asked) for block in self._blocks], axis=1)
        wording = np.concatenate([block.wording.highest(asked) for block in self._blocks], axis=1)
        found = []
        for i, question in enumerate(questions):
            lexical, most = self._lexical.scores(question)
            for k in self._known_as(question):
                # Word for word a known wording: every signal is whole, whatever the entry's text is like.
                text[i, k] = wording[i, k] = text[i, k] != 0
                lexical[k] = max(most, lexical.max())
            found.append(Signals(text[i], wording[i], lexical, most, np.full(len(self.entries), np.nan, np.float32)))
        return found

    def exact(self, question: str, vector: Vectors, signals: Signals, entries: Indices) -> Signals:
        """Return the signals of these entries, in rising order, alone, with their cosines in float32."""
        found = signals.take(entries)
        whole = np.isin(entries, list(self._known_as(question)))
        cuts = np.searchsorted(entries, self._starts)
        for block, start, low, high in zip(self._blocks, self._starts, cuts, cuts[1:], strict=False):
            if low < high:
                own = entries[low:high] - start
                found.text[low:high] = block.text.exact(vector, own)
                found.wording[low:high] = block.wording.exact(vector, own)
        found.text[whole] = found.wording[whole] = found.text[whole] != 0
        return found

    def _known_as(self, question: str) -> Iterator[int]:
        """Yield the entries that have the question, word for word, as a wording."""
        wording = plain(question)
        for block, start in zip(self._blocks, self._starts, strict=False):
            yield from (int(start) + k for k in block.exact.get(wording, ()))

    def token_weights(self, ids: Ids) -> Vectors:
        """Return how much each token of a question tells, (tokens,), summing to 1: the root of its idf in the course.

        The root: rare tokens lead, and no single one decides (README: what each signal is worth).
        """
        n = np.array([self._counts.get(int(i), 0) for i in ids], np.float32)
        weights = np.sqrt(np.log1p((len(self.entries) - n + 0.5) / (n + 0.5)))
        return (weights / max(float(weights.sum()), 1e-6)).astype(np.float32)

    def speaks(self, lang: str) -> bool:
        """Say whether an entry is in the language."""
        return lang in self._spoken

    def in_language(self, lang: str) -> npt.NDArray[np.bool_]:
        """Return which entries, (entries,), are in the language or in none; all of them if none is in it."""
        return self._spoken[lang] if lang and lang in self._spoken else np.ones(len(self.entries), bool)


def _parts(old: Sequence[Block], entries: Sequence[Entry]) -> list[Sequence[Entry]]:
    """Cut entries, which are in the order of their keys, where the old blocks ended; what is too long is cut again.

    Neighbours that fit into one block together become one: blocks that only shrink would never end.
    """
    ends = [block.entries[-1].key for block in old[:-1]]
    found = [0]
    for cut in [*np.searchsorted([entry.key for entry in entries], ends, "right").tolist(), len(entries)]:
        if len(found) > 1 and cut - found[-2] <= BLOCK:
            found.pop()
        found += range(found[-1] + BLOCK, cut, BLOCK)
        if cut > found[-1]:
            found.append(cut)
    return [entries[low:high] for low, high in pairwise(found)]


def _added(counts: Iterable[Counter[K]]) -> Counter[K]:
    total: Counter[K] = Counter()
    for own in counts:
        total.update(own)
    return total
