"""The lexical side: BM25 over a course's texts, by SQLite's FTS5, held in memory.

In memory, so that each course has its own word statistics and a text taken out of the store leaves no trace here.
BM25 with k1 = 1.2, b = 0.75: Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009.
"""

import math
import sqlite3
from collections.abc import Sequence

import numpy as np

from data.records import Entry
from data.words import terms
from qa_model.encoder import Vectors

FIELD_WEIGHTS = (2.0, 1.0, 1.0)  # question, phrasings, answer
MAX_TERMS = 64
_K1 = 1.2


class Lexical:
    """BM25 over the entries of one course, Latin words stemmed (Porter). One thread at a time may use it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.size = len(entries)
        self._idf: dict[str, float] = {}
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.execute(
            "create virtual table texts"
            " using fts5(question, phrasings, answer, content='', tokenize='porter unicode61')"
        )
        self._db.executemany(
            "insert into texts (rowid, question, phrasings, answer) values (?, ?, ?, ?)",
            ((i, *map(_indexed, (e.question, " \n ".join(e.alternates), e.answer))) for i, e in enumerate(entries)),
        )

    def scores(self, question: str) -> tuple[Vectors, float]:
        """Return the BM25 score of every entry, (entries,), and the most that this question could reach.

        A question's words that no entry has count in that most, so a foreign question scores a small part of it.
        """
        scores = np.zeros(self.size, np.float32)
        words = list(dict.fromkeys(term.lower() for term in terms(question)))[:MAX_TERMS]
        if not words or not self.size:
            return scores, 0.0
        sql = f"select rowid, -bm25(texts, {', '.join(map(str, FIELD_WEIGHTS))}) from texts where texts match ?"
        for row, score in self._db.execute(sql, [" OR ".join(f'"{word}"' for word in words)]):
            scores[row] = score
        return scores, (_K1 + 1) * sum(map(self._inverse_frequency, words))

    def _inverse_frequency(self, word: str) -> float:
        """Return ln((N - n + 0.5) / (n + 0.5)) as FTS5 has it, n the entries with the word; never under zero."""
        if word not in self._idf:
            (n,) = self._db.execute("select count(*) from texts where texts match ?", [f'"{word}"']).fetchone()
            self._idf[word] = max(0.0, math.log((self.size - n + 0.5) / (n + 0.5)))
        return self._idf[word]


def _indexed(text: str) -> str:
    return " ".join(terms(text))
