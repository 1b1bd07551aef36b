"""Known wordings as training data for other programs: `anchor, positive, negative`, as sentence-transformers reads it.

The anchor is a wording that a teacher wrote or confirmed, the positive the entry that answers it, the negative one of
the same course that does not: one that a student was shown for this wording, or else the likeliest by its words (BM25,
as hard negatives are taken in Karpukhin et al., Dense Passage Retrieval, 2020). What students wrote is scrubbed.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlite_utils import Database

from data.entries import entries
from data.records import Entry
from data.scrub import is_empty, scrub
from data.words import normalise, terms

COLUMNS = ("anchor", "positive", "negative")
_MAX_TERMS = 64  # of an anchor that are looked up
_MAX_HITS = 20  # looked through for one that is wrong

_SHOWN = """
select q.course, q.text, s.entry from questions q join shown s on s.question = q.id
where q.course is not null order by s.position, q.id"""

Wording = tuple[str, str]  # course and normalised text


def pairs(db: Database, course: str | None = None) -> Iterator[dict[str, str]]:
    """Yield a row for each known wording and each entry that answers it, by course and entry.

    A wording for which no wrong answer is left, as in a course of one entry, gives none.
    """
    by_course: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries(db, course):
        by_course[entry.course].append(entry)
    seen = _seen(db)
    for own in by_course.values():
        yield from _of_course(own, seen)


def _of_course(own: Sequence[Entry], seen: dict[Wording, list[int]]) -> Iterator[dict[str, str]]:
    known = {entry.key: entry for entry in own}
    right: dict[str, set[int]] = defaultdict(set)
    for entry in own:
        for wording in (entry.question, *entry.phrasings):
            right[normalise(wording)].add(entry.key)
    likely = _Likely(own)
    for entry in own:
        for anchor, wording in _anchors(entry).items():
            for key in [*seen.get((entry.course, wording), ()), *likely.to(anchor)]:
                wrong = known.get(key)
                if wrong is not None and key not in right[wording] and wrong.answer != entry.answer:
                    yield {"anchor": anchor, "positive": _text(entry), "negative": _text(wrong)}
                    break


def _anchors(entry: Entry) -> dict[str, str]:
    """Return the known wordings of an entry, those of students scrubbed, with what each is as it was asked."""
    told = {wording: normalise(wording) for wording in entry.alternates}
    told |= {scrub(wording): normalise(wording) for wording in entry.confirmed}
    return {anchor: wording for anchor, wording in told.items() if not is_empty(anchor)}


def _seen(db: Database) -> dict[Wording, list[int]]:
    """Return the keys of what was shown for each wording, those shown first first."""
    seen: dict[Wording, list[int]] = defaultdict(list)
    for row in db.query(_SHOWN):
        seen[row["course"], normalise(row["text"])].append(row["entry"])
    return seen


def _text(entry: Entry) -> str:
    return f"{entry.question}\n{entry.answer}"


class _Likely:
    """Finds entries by the words of a question, with SQLite's FTS5 in memory."""

    def __init__(self, own: Sequence[Entry]) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.execute("create virtual table texts using fts5(text, content='', tokenize='porter unicode61')")
        rows = ((entry.key, " ".join(terms(_text(entry)))) for entry in own)
        self._db.executemany("insert into texts (rowid, text) values (?, ?)", rows)
        self._rest = [entry.key for entry in own]

    def to(self, question: str) -> Iterator[int]:
        """Yield the keys of entries, the likeliest first; then those without a word in common."""
        words = list(dict.fromkeys(term.lower() for term in terms(question)))[:_MAX_TERMS]
        if words:
            match = " OR ".join(f'"{word}"' for word in words)
            sql = "select rowid from texts where texts match ? order by bm25(texts), rowid limit ?"
            yield from (key for (key,) in self._db.execute(sql, [match, _MAX_HITS]))
        yield from self._rest
