"""How a person's practice stands, in numbers that a picture and a sentence can show."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlite_utils import Database

from data import practice
from data.practice import Verdict
from data.records import iso
from data.reminders import reminder_of

DAYS = 14  # that are shown of the past
AHEAD = 7  # and of what is to come


@dataclass(frozen=True, slots=True)
class Topic:
    """A section of a course: how many questions it has for practice, and how the last answers to them were."""

    name: str
    questions: int
    right: int
    partly: int
    not_yet: int

    @property
    def answered(self) -> int:
        """Return how many of its questions were answered at all."""
        return self.right + self.partly + self.not_yet


@dataclass(frozen=True, slots=True)
class Progress:
    """A person's practice in a course, or in all.

    `topics`: those with an answer, the weakest first. `days`: (date, answers by verdict) of the last days, the oldest
    first. `due`: how many cards fall due by now, and on each of the next days.
    """

    questions: int
    topics: tuple[Topic, ...]
    days: tuple[tuple[str, dict[Verdict, int]], ...]
    due: tuple[int, ...]

    @property
    def answered(self) -> int:
        """Return how many questions were answered at all."""
        return sum(topic.answered for topic in self.topics)

    @property
    def right(self) -> int:
        """Return how many questions were answered right the last time."""
        return sum(topic.right for topic in self.topics)


def progress(db: Database, person: str, course: str | None, lang: str = "", at: datetime | None = None) -> Progress:
    """Return how a person's practice stands; days are those of the time they gave for reminders, else UTC."""
    at = at or datetime.now(UTC)
    known = practice.quizzable(db, course, lang)
    last = practice.last_verdicts(db, person)
    asked, said = Counter(entry.section for entry in known), defaultdict[str, Counter[Verdict]](Counter)
    for entry in known:
        if entry.key in last:
            said[entry.section][last[entry.key]] += 1
    topics = [Topic(name, asked[name], v["right"], v["partly"], v["not yet"]) for name, v in said.items()]
    topics.sort(key=lambda t: (t.right + t.partly / 2) / t.answered)
    keys = {entry.key for entry in known}
    reminder = reminder_of(db, person)
    ahead = timedelta(minutes=reminder.utc_offset_min if reminder else 0)
    return Progress(len(known), tuple(topics), _days(db, person, keys, at, ahead), _due(db, person, keys, at))


def _days(
    db: Database, person: str, keys: set[int], at: datetime, ahead: timedelta
) -> tuple[tuple[str, dict[Verdict, int]], ...]:
    first = at + ahead - timedelta(days=DAYS - 1)
    found = {f"{first + timedelta(days=i):%Y-%m-%d}": dict.fromkeys(practice.VERDICTS, 0) for i in range(DAYS)}
    sql = "select entry, ifnull(own, verdict) as verdict, reviewed_at from reviews where person = ?"
    for row in db.query(sql, [person]):
        day = f"{datetime.fromisoformat(row['reviewed_at']) + ahead:%Y-%m-%d}"
        if day in found and row["entry"] in keys:
            found[day][row["verdict"]] += 1
    return tuple(found.items())


def _due(db: Database, person: str, keys: set[int], at: datetime) -> tuple[int, ...]:
    rows = db.query("select entry, due_at from cards where person = ?", [person])
    dates = [row["due_at"] for row in rows if row["entry"] in keys]
    ends = [iso(at + timedelta(days=i)) for i in range(AHEAD + 1)]
    counts = [sum(date <= end for date in dates) for end in ends]
    return (counts[0], *(after - before for before, after in pairwise(counts)))
