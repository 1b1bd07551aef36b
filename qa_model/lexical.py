"""The lexical side: BM25 over a course's texts, as SQLite's FTS5 computes it, from postings held in memory.

In memory, so that each course has its own word statistics and a text taken out of the store leaves no trace here. Not
in FTS5 itself: there a question takes 0.19 s among 100,000 entries, here 2 ms (bench_index.py), and one entry cannot
be taken out without its texts. BM25 with k1 = 1.2, b = 0.75: Robertson and Zaragoza, The Probabilistic Relevance
Framework, 2009.
"""

import math
from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from data.records import Entry
from data.words import terms
from qa_model.encoder import Vectors
from qa_model.stems import UNKNOWN, Stemmer, Stems

FIELD_WEIGHTS = (2.0, 1.0, 1.0)  # question, phrasings, answer
MAX_TERMS = 64
_K1, _B = 1.2, 0.75
_LEAST_IDF = 1e-6  # what FTS5 gives a word that half of the entries have
Rows = npt.NDArray[np.intp]  # of entries


class Postings:
    """Which entries of a few have which stems, and how often by the weights of the fields; never changed."""

    def __init__(self, entries: Sequence[Entry], stemmer: Stemmer) -> None:
        self._entries = entries
        words = [[terms(field) for field in _fields(entry)] for entry in entries]
        known = stemmer.learn(chain.from_iterable(chain.from_iterable(words)))
        self._known = known
        stems, rows, weights, self.lengths = _laid_out(words, known)
        keys, inverse = np.unique(stems * len(entries) + rows, return_inverse=True)
        self._counts = np.bincount(inverse, weights, len(keys)).astype(np.float32)
        self._stems, starts = np.unique(keys // max(len(entries), 1), return_index=True)
        self._starts = np.append(starts, len(keys))
        self._rows = (keys % max(len(entries), 1)).astype(np.int32)

    def find(self, stems: Stems) -> tuple[Rows, Vectors]:
        """Return the entries that have these stems one after the other, in order, and how often each has them."""
        found = [self._of(stem) for stem in stems]
        if len(found) == 1:
            return found[0]
        rows = found[0][0]
        for other, _ in found[1:]:
            rows = np.intersect1d(rows, other)
        counts = np.array([self._times(self._entries[i], stems) for i in rows], np.float32)
        return rows[counts > 0], counts[counts > 0]

    def _of(self, stem: int) -> tuple[Rows, Vectors]:
        at = int(np.searchsorted(self._stems, stem))
        if at == len(self._stems) or self._stems[at] != stem:
            return np.zeros(0, np.intp), np.zeros(0, np.float32)
        part = slice(self._starts[at], self._starts[at + 1])
        return self._rows[part], self._counts[part]

    def _times(self, entry: Entry, stems: Stems) -> float:
        times = 0.0
        for field, weight in zip(_fields(entry), FIELD_WEIGHTS, strict=True):
            own = list(chain.from_iterable(self._known[word] for word in terms(field)))
            times += weight * sum(tuple(own[i : i + len(stems)]) == stems for i in range(len(own)))
        return times


class Lexical:
    """BM25 over the entries of one course, which may stand in several postings made with one stemmer."""

    def __init__(
        self, entries: Sequence[Entry] = (), *, postings: Sequence[Postings] = (), stemmer: Stemmer | None = None
    ) -> None:
        self._stemmer = stemmer or Stemmer()
        self._postings = (*postings, Postings(entries, self._stemmer)) if entries else tuple(postings)
        lengths = np.concatenate([np.zeros(0, np.float32), *(part.lengths for part in self._postings)])
        self.size = len(lengths)
        self._starts = np.cumsum([0, *(len(part.lengths) for part in self._postings)])
        self._norms = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1e-6)) if self.size else lengths

    def scores(self, question: str) -> tuple[Vectors, float]:
        """Return the BM25 score of every entry, (entries,), and the most that this question could reach.

        A question's words that no entry has count in that most, so a foreign question scores a small part of it.
        """
        scores = np.zeros(self.size, np.float32)
        words = list(dict.fromkeys(term.lower() for term in terms(question)))[:MAX_TERMS]
        if not words or not self.size:
            return scores, 0.0
        most = 0.0
        for stems in self._stemmer.look_up(words):
            parts = [part.find(stems) for part in self._postings] if stems and UNKNOWN not in stems else []
            n = sum(len(rows) for rows, _ in parts)
            idf = math.log((self.size - n + 0.5) / (n + 0.5))
            most += max(idf, 0.0)
            for start, (rows, counts) in zip(self._starts, parts, strict=False):
                at = rows + start
                scores[at] += (idf if idf > 0 else _LEAST_IDF) * counts * (_K1 + 1) / (counts + self._norms[at])
        return scores, (_K1 + 1) * most


def _fields(entry: Entry) -> tuple[str, str, str]:
    return entry.question, " \n ".join(entry.alternates), entry.answer


def _laid_out(
    words: Sequence[Sequence[Sequence[str]]], known: dict[str, Stems]
) -> tuple[Rows, Rows, npt.NDArray[np.float64], Vectors]:
    """Return each stem of each entry's fields, its entry and its field's weight; and each entry's count of stems."""
    stems: list[int] = []
    lengths: list[int] = []  # of fields
    for fields in words:
        for field in fields:
            before = len(stems)
            for word in field:
                stems += known[word]
            lengths.append(len(stems) - before)
    rows = np.repeat(np.arange(len(words)).repeat(len(FIELD_WEIGHTS)), lengths)
    weights = np.repeat(np.tile(FIELD_WEIGHTS, len(words)), lengths)
    by_entry = np.array(lengths, np.float32).reshape(-1, len(FIELD_WEIGHTS)).sum(axis=1)
    return np.array(stems, np.intp), rows, weights, by_entry
