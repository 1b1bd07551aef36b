"""What was recommended to whom and why, and whether it helped them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlite_utils import Database

from data.entries import entry_of
from data.errors import TutorError
from data.records import Entry, Question, iso, now
from data.resources import Resource, resource_of
from data.words import normalise

Why = Literal["asked", "practised", "near"]
LATELY_DAYS = 14


@dataclass(frozen=True, slots=True)
class Pick:
    """A resource and why it is recommended: they asked about the entry, or missed it in practice, or words are near."""

    resource: int
    entry: int | None
    why: Why


@dataclass(frozen=True, slots=True)
class Recommended:
    """A recommendation as it was recorded under the number `id`; `entry` is what led there, None where words did."""

    id: int
    resource: Resource
    entry: Entry | None
    why: Why


@dataclass(frozen=True, slots=True)
class Votes:
    """How many people say of a resource that it helped, and that it did not; the last word of each counts."""

    up: int = 0
    down: int = 0


def record(db: Database, person: str, picks: Sequence[Pick], ref: str | None) -> list[Recommended]:
    """Record recommendations and return them; for the same event `ref` what was recorded the first time comes back."""
    if not any(True for _ in db.query("select 1 from recommended where ref = ?", [ref])):
        sql = "insert into recommended (person, resource, entry, why, at, ref) values (?, ?, ?, ?, ?, ?) returning id"
        ids = [
            next(iter(db.query(sql, [person, pick.resource, pick.entry, pick.why, now(), ref])))["id"] for pick in picks
        ]
    else:
        ids = [row["id"] for row in db.query("select id from recommended where ref = ? order by id", [ref])]
    found = [_recommended(db, number) for number in ids]
    return [one for one in found if one is not None]


def vote(db: Database, person: str, number: int, helped: bool) -> None:
    """Record whether a recommendation helped. Raises TutorError if it was not made to this person."""
    sql = "update recommended set vote = ?, at = ? where id = ? and person = ? returning id"
    if not list(db.query(sql, ["up" if helped else "down", now(), number, person])):
        raise TutorError("this was not recommended to this person, or is no longer there")


def votes(db: Database) -> dict[int, Votes]:
    """Return what people say of each resource, by its key."""
    last = "select resource, person, vote, max(at) from recommended where vote is not null group by resource, person"
    sql = f"select resource, sum(vote = 'up') as up, sum(vote = 'down') as down from ({last}) group by resource"
    return {row["resource"]: Votes(row["up"], row["down"]) for row in db.query(sql)}


def judged(db: Database, person: str) -> frozenset[int]:
    """Return the keys of the resources of which a person has said whether they helped: they know these."""
    sql = "select distinct resource from recommended where person = ? and vote is not null"
    return frozenset(row["resource"] for row in db.query(sql, [person]))


def asked_lately(db: Database, person: str, course: str | None, most: int) -> list[tuple[Question, Entry | None]]:
    """Return the last questions of a person, each wording once, newest first, with the entry that answered it if known.

    That is the one they chose, or the one that was shown as the answer and that they did not vote down.
    """
    since = iso(datetime.now(UTC) - timedelta(days=LATELY_DAYS))
    sql = """select id, reading from questions where person = ? and decision is not null and asked_at >= ?
             and (? is null or course is null or course = ?) order by id desc"""
    found: dict[str, tuple[Question, Entry | None]] = {}
    for row in list(db.query(sql, [person, since, course, course])):
        if len(found) < most and normalise(row["reading"]) not in found:
            found[normalise(row["reading"])] = asked(db, row["id"])
    return list(found.values())


def asked(db: Database, question: int) -> tuple[Question, Entry | None]:
    """Return a recorded question, with what it leaned on, and the entry that answered it if that is known."""
    row = next(iter(db.query("select reading, course, lang from questions where id = ?", [question])))
    return Question(row["reading"], row["course"], row["lang"]), answering(db, question)


def answering(db: Database, question: int) -> Entry | None:
    """Return the entry that a question is about: chosen, else shown as the answer and not voted down; None: unknown."""
    sql = """select s.entry from shown s join questions q on q.id = s.question
             left join feedback f on f.question = q.id and f.entry = s.entry and f.role = 'student'
             where q.id = ? and ifnull(f.vote, '') <> 'down'
             and (f.vote in ('chosen', 'up') or s.position = 0 and q.decision = 'answer')
             order by ifnull(f.vote, '') = 'chosen' desc, s.position"""
    return next((entry_of(db, row["entry"]) for row in list(db.query(sql, [question]))), None)


def about(db: Database, person: str) -> list[dict[str, Any]]:
    """Return what was recommended to a person, for them to see."""
    sql = """select r.course, r.id as resource, e.id as because_of, m.why, m.vote, m.at from recommended m
             join resources r on r.key = m.resource left join entries e on e.key = m.entry
             where m.person = ? order by m.id"""
    return list(db.query(sql, [person]))


def drop_older(db: Database, limits: Mapping[str, str]) -> int:
    """Delete what was recommended before its course's limit; return how much. `limits` by course."""
    sql = """delete from recommended where at < ? and resource in (select key from resources where course = ?)
             returning id"""
    return sum(len(list(db.query(sql, [before, course]))) for course, before in limits.items())


def _recommended(db: Database, number: int) -> Recommended | None:
    row = next(iter(db.query("select * from recommended where id = ?", [number])))
    resource = resource_of(db, row["resource"])
    entry = entry_of(db, row["entry"]) if row["entry"] is not None else None
    return Recommended(row["id"], resource, entry, row["why"]) if resource else None
