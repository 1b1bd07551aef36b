"""The stems of words, as SQLite's FTS5 makes them (Porter; case and accents folded), and a number for each stem."""

import sqlite3
import threading
from collections.abc import Iterable, Sequence

Stems = tuple[int, ...]  # of one word; mostly one, more where FTS5 cuts a word, as at an underscore
UNKNOWN = -1  # a stem that no text has
_CHUNK = 5000


class Stemmer:
    """Numbers the stems of a course's words. Any thread may use it; what is only looked up is not kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._known: dict[str, Stems] = {}
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.execute("create virtual table words using fts5(word, content='', tokenize='porter unicode61')")
        self._db.execute("create virtual table stems using fts5vocab(words, instance)")

    def learn(self, words: Iterable[str]) -> dict[str, Stems]:
        """Return the stems of words of the course's texts, by word; a new stem gets the next number."""
        with self._lock:
            new = [word for word in dict.fromkeys(words) if word not in self._known]
            for i in range(0, len(new), _CHUNK):
                part = new[i : i + _CHUNK]
                for word, stems in zip(part, self._stems(part), strict=True):
                    numbers = [self._numbers.setdefault(stem, len(self._numbers)) for stem in stems]
                    self._known[word] = tuple(numbers)
            return self._known

    def look_up(self, words: Sequence[str]) -> list[Stems]:
        """Return the stems of words that somebody asks with."""
        with self._lock:
            new = [word for word in words if word not in self._known]
            found = dict(zip(new, self._stems(new), strict=True)) if new else {}
            asked = {word: tuple(self._numbers.get(stem, UNKNOWN) for stem in stems) for word, stems in found.items()}
            return [asked[word] if word in asked else self._known[word] for word in words]

    def _stems(self, words: Sequence[str]) -> list[list[str]]:
        self._db.executemany("insert into words (rowid, word) values (?, ?)", enumerate(words))
        found: list[list[str]] = [[] for _ in words]
        for i, stem in self._db.execute("select doc, term from stems order by doc, offset"):
            found[i].append(stem)
        self._db.execute("insert into words (words) values ('delete-all')")
        return found
