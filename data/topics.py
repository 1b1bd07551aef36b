"""The topics of a course, and which of them a teacher took: of these questions they are told, and others are not."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a course; `id` is its number for buttons."""

    id: int
    course: str
    name: str


def keep(db: Database, course: str, names: Iterable[str]) -> list[Topic]:
    """Return the topics of these names, in order, each with a number that it keeps."""
    found = []
    for name in names:
        db.execute("insert into topics (course, name) values (?, ?) on conflict do nothing", [course, name])
        found += _topics(db, "course = ? and name = ?", course, name)
    return found


def find(db: Database, number: int) -> Topic | None:
    """Return the topic of a number, None if there is none."""
    return next(iter(_topics(db, "id = ?", number)), None)


def turn(db: Database, person: str, topic: int, taken: bool) -> None:
    """Let a teacher take a topic, or leave it."""
    if taken:
        db.execute("insert into topics_taken (person, topic) values (?, ?) on conflict do nothing", [person, topic])
    else:
        db.execute("delete from topics_taken where person = ? and topic = ?", [person, topic])


def taken(db: Database, person: str) -> list[Topic]:
    """Return the topics that a person took, by course and name."""
    return _topics(db, "id in (select topic from topics_taken where person = ?) order by course, name", person)


def those_who_took(db: Database, course: str, name: str, among: Collection[str]) -> list[str]:
    """Return who of these teachers took a topic of a course, all of them if nobody did."""
    sql = """select person from topics_taken where topic in
             (select id from topics where course = ? and name = ?)"""
    own = {row["person"] for row in db.query(sql, [course, name])}
    return [person for person in among if person in own] or list(among)


def alone(db: Database, person: str) -> bool:
    """Say whether a teacher's queue shows the topics that they took alone."""
    return any(True for _ in db.query("select 1 from topics_alone where person = ?", [person]))


def show_alone(db: Database, person: str, wanted: bool) -> None:
    """Let a teacher's queue show the topics that they took alone, or all again."""
    if wanted:
        db.execute("insert into topics_alone (person) values (?) on conflict do nothing", [person])
    else:
        db.execute("delete from topics_alone where person = ?", [person])


def about(db: Database, person: str) -> dict[str, Any] | None:
    """Return the topics that a person took, for them to see; None if they never took one."""
    own = [{"course": topic.course, "topic": topic.name} for topic in taken(db, person)]
    shown_alone = alone(db, person)
    return {"taken": own, "shown_alone": shown_alone} if own or shown_alone else None


def _topics(db: Database, where: str, *args: str | int) -> list[Topic]:
    return [Topic(**row) for row in list(db.query(f"select id, course, name from topics where {where}", args))]
