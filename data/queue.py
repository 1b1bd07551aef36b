"""What waits for a teacher: questions that were not answered rightly, and the clusters of them that teachers saw."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlite_utils import Database

from data.log import settled
from data.records import iso, now
from data.scrub import is_empty, scrub
from data.words import normalise

POSTPONED_H = 20  # hours after which what was put off comes back: the next day
_WAITING = """
    select q.id, q.reading as text, ifnull(q.course, e.course) as course, q.person, q.asked_at, q.confidence,
           x.id is not null as escalated
    from questions q
    left join escalations x on x.question = q.id and x.closed_at is null
    left join shown s on s.question = q.id and s.position = 0
    left join entries e on e.key = s.entry
    where q.decision is not null and ifnull(q.course, e.course) is not null
      and (x.id is not null or ((q.decision = 'abstain' or exists (select 1 from feedback f where f.question = q.id
                                   and f.role = 'student' and f.vote in ('none', 'down')))
           and not exists (select 1 from feedback f where f.question = q.id
                           and f.role = 'student' and f.vote in ('up', 'chosen'))))
      and not exists (select 1 from settled t left join entries a on a.key = t.entry
                      where t.question = q.id and a.retired_at is null)
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question without a known right answer; `shown` is its text without what points to a person.

    `course` is that of the question, or of what was shown first for one to all courses.
    """

    question: int
    text: str
    shown: str
    course: str
    person: str | None
    asked_at: str
    confidence: float
    escalated: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """Questions that a teacher saw as one, the most typical first; `waiting` are those nobody has dealt with yet."""

    id: int
    course: str
    waiting: tuple[Waiting, ...]

    @property
    def people(self) -> int:
        """How many asked; those without a name count each."""
        named = {w.person for w in self.waiting if w.person}
        return len(named) + sum(not w.person for w in self.waiting)

    @property
    def wordings(self) -> tuple[str, ...]:
        """The texts to show, each once."""
        return tuple({normalise(w.shown): w.shown for w in reversed(self.waiting)}.values())[::-1]


def waiting(db: Database, courses: Collection[str] | None = None, *, teacher: str | None = None) -> list[Waiting]:
    """Return what waits in these courses (None: in all), oldest first, without what this teacher put off.

    It was passed on to a teacher, abstained from, or its answers were said to be wrong; and no teacher's word, and no
    student's, says what is right.
    """
    known, later = settled(db), _postponed(db, teacher)
    found = []
    for row in list(db.query(f"{_WAITING} order by q.id")):
        wording = (row["course"], normalise(row["text"]))
        if row["id"] in later or row["id"] in known or (not row["escalated"] and wording in known):
            continue
        if (courses is None or row["course"] in courses) and (one := _read(row)) is not None:
            found.append(one)
    return found


def keep_cluster(db: Database, questions: Sequence[int], course: str) -> int:
    """Keep which questions a teacher is shown as one, the most typical first; return the cluster's number.

    The same questions are the same cluster.
    """
    members = ",".join(map(str, sorted(questions)))
    known = next((row["id"] for row in db.query("select id from clusters where members = ?", [members])), None)
    if known is not None:
        return int(known)
    sql = "insert into clusters (course, members, made_at) values (?, ?, ?) returning id"
    number = int(next(iter(db.query(sql, [course, members, now()])))["id"])
    rows = [(number, question, i) for i, question in enumerate(questions)]
    db.conn.executemany("insert into clustered (cluster, question, position) values (?, ?, ?)", rows)
    return number


def find_cluster(db: Database, number: int) -> Cluster | None:
    """Return a cluster with what of it still waits; None if there is none, or all its questions were forgotten."""
    head = next(iter(db.query("select course from clusters where id = ?", [number])), None)
    if head is None:
        return None
    sql = f"""with w as ({_WAITING}) select w.* from clustered c join w on w.id = c.question
              where c.cluster = ? order by c.position"""
    known = settled(db)
    rows = [row for row in list(db.query(sql, [number])) if row["id"] not in known]
    members = tuple(one for one in map(_read, rows) if one is not None)
    return Cluster(number, head["course"], members)


def postpone(db: Database, questions: Iterable[int], teacher: str) -> None:
    """Leave these questions out of this teacher's queue until tomorrow."""
    until = iso(datetime.now(UTC) + timedelta(hours=POSTPONED_H))
    sql = "insert or replace into postponed (person, question, until) values (?, ?, ?)"
    db.execute("delete from postponed where until < ?", [now()])
    db.conn.executemany(sql, [(teacher, question, until) for question in questions])


def _postponed(db: Database, teacher: str | None) -> set[int]:
    rows = db.query("select question from postponed where person is ? and until > ?", [teacher, now()])
    return {row["question"] for row in rows}


def _read(row: dict[str, Any]) -> Waiting | None:
    shown = scrub(row["text"])
    if is_empty(shown):
        return None
    rest = {name: row[name] for name in ("text", "course", "person", "asked_at")}
    return Waiting(
        row["id"], shown=shown, confidence=row["confidence"] or 0.0, escalated=bool(row["escalated"]), **rest
    )
