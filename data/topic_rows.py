"""What a labels model of a course's topics learns from: `text, label`, as `training fit labels` reads it.

The topic of a wording is the section of the entry that answers it, or else its first tag. Out of scope is what teachers
said in the queue is not for the course. What students wrote is scrubbed.
"""

from collections import defaultdict
from collections.abc import Iterator

from sqlite_utils import Database

from data.entries import entries, topic
from data.records import OOS, Entry
from data.scrub import is_empty, scrub
from data.words import normalise

COLUMNS = ("text", "label")
MIN_WORDINGS = 2  # of a topic: one to learn from, one to measure on

_OUTSIDE = """select distinct c.course, q.text from settled s
              join changes c on c.id = s.change join questions q on q.id = s.question
              where s.entry is null and q.context = '' and (? is null or c.course = ?) order by s.question"""


def rows(db: Database, course: str | None = None) -> Iterator[dict[str, str]]:
    """Yield a row for each wording whose topic is known, then for each that is out of scope; none twice.

    A topic of which there is one wording alone is left out: nothing could be held out of it.
    """
    known = entries(db, course)
    by_topic: dict[str, dict[str, str]] = defaultdict(dict)
    for entry in known:
        if (label := topic(entry)) not in ("", OOS):
            by_topic[label].update((normalise(text), text) for text in _wordings(entry))
    for label, texts in by_topic.items():
        if len(texts) >= MIN_WORDINGS:
            yield from ({"text": text, "label": label} for text in texts.values())
    answered = {(entry.course, normalise(text)) for entry in known for text in (entry.question, *entry.phrasings)}
    told = [row["text"] for row in db.query(_OUTSIDE, [course, course]) if _wording(row) not in answered]
    outside = {normalise(text): text for text in map(scrub, told) if not is_empty(text)}
    yield from ({"text": text, "label": OOS} for text in outside.values())


def _wordings(entry: Entry) -> Iterator[str]:
    yield entry.question
    yield from entry.alternates
    yield from (text for text in map(scrub, entry.confirmed) if not is_empty(text))


def _wording(row: dict[str, str]) -> tuple[str, str]:
    return row["course"], normalise(row["text"])
