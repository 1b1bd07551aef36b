"""Count what is in a store, course by course, and tell it to a person."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlite_utils import Database

from data import budgets, log
from data.entries import courses, entries
from data.records import Entry
from data.words import normalise

_DECIDED = {"answer": "answered", "suggest": "with choices", "abstain": "not known"}
_VOTED = {"up": "up", "down": "down", "chosen": "choices taken", "none": "none of these"}
_FROM = {"course": "its own", "all": "set for all courses", "default": "the default"}


def stats(db: Database) -> dict[str, Any]:
    """Count entries and phrasings, labelled questions, what students asked and how they reacted, by course.

    `labelled` counts wordings, each once, by a teacher's word; `feedback` counts every vote, `reactions` those of
    students. What was asked of all courses at once stands under `all_courses`. `max_error` is the budget in force.
    """
    live = entries(db)
    alternates = Counter(entry.course for entry in live for _ in entry.alternates)
    answerable = _answerable(live)
    unanswerable = Counter(course for course, _ in _unanswerable(db))
    doubted = Counter(d.course for d in log.doubted(db))
    kept = budgets.kept(db)
    counted: dict[str, Any] = {}
    for course in courses(db):
        counted[course.id] = {
            "title": course.title,
            "entries": course.entries,
            "alternates": alternates[course.id],
            "labelled": {"answerable": answerable[course.id], "unanswerable": unanswerable[course.id]},
            "max_error": budgets.in_force(kept, course.id),
            "max_error_from": "course" if course.id in kept else "all" if None in kept else "default",
            **_asked(db, course.id),
            "doubted": doubted[course.id],
        }
    every = {**_asked(db, None), "doubted": doubted[None]}
    inbox = {row["state"]: row["n"] for row in db.query("select state, count(*) as n from inbox group by state")}
    people = int(db.execute("select count(*) from people").fetchone()[0])
    return {"courses": counted, "all_courses": every, "people": people, "inbox": inbox}


def stats_lines(counted: dict[str, Any]) -> list[str]:
    """Return what `stats` counted as lines for a person."""
    lines = []
    for course, c in counted["courses"].items():
        known, none = c["labelled"]["answerable"], c["labelled"]["unanswerable"]
        budget = f"{100 * c['max_error']:g} % of the answers may be wrong ({_FROM[c['max_error_from']]})"
        lines += [
            f"{course} ({c['title']})",
            f"  entries             {c['entries']}, with {c['alternates']} alternates",
            f"  labelled questions  {known + none}: {known} with a known answer, {none} that nothing answers",
            f"  error budget        {budget}",
            *_asked_lines(c),
        ]
    if counted["all_courses"]["questions"]:
        lines += ["asked of all courses at once", *_asked_lines(counted["all_courses"])]
    return [*lines, f"people: {counted['people']}"]


def _answerable(known: Iterable[Entry]) -> Counter[str]:
    """Count by course the wordings that a teacher confirmed for an entry."""
    confirmed = {(entry.course, normalise(wording)) for entry in known for wording in entry.confirmed}
    return Counter(course for course, _ in confirmed)


def _unanswerable(db: Database) -> set[tuple[str, str]]:
    """Return the wordings, with their course, of which a teacher said that nothing answers them."""
    sql = """select q.course, q.text from feedback f join questions q on q.id = f.question
             where f.vote = 'none' and f.role = 'teacher' and q.course is not null"""
    return {(row["course"], normalise(row["text"])) for row in db.query(sql)}


def _asked(db: Database, course: str | None) -> dict[str, Any]:
    """Count what came of the questions to a course; None: of those to all courses at once."""
    votes = "feedback f join questions q on q.id = f.question where q.course is ?"
    waiting = "select count(*) from escalations e join questions q on q.id = e.question where closed_at is null"
    return {
        "questions": _grouped(db, "decision", "questions where decision is not null and course is ?", course),
        "feedback": _grouped(db, "vote", votes, course),
        "reactions": _grouped(db, "vote", f"{votes} and f.role = 'student'", course),
        "escalations_open": int(db.execute(f"{waiting} and q.course is ?", [course]).fetchone()[0]),
    }


def _grouped(db: Database, column: str, rest: str, *args: str | None) -> dict[str, int]:
    rows = db.query(f"select {column} as name, count(*) as n from {rest} group by {column} order by {column}", args)
    return {row["name"]: row["n"] for row in rows}


def _asked_lines(c: dict[str, Any]) -> list[str]:
    return [
        f"  asked by students   {_told(c['questions'], _DECIDED)}",
        f"  their reactions     {_told(c['reactions'], _VOTED)}",
        f"  for a teacher       open escalations: {c['escalations_open']}; doubted wordings: {c['doubted']}",
    ]


def _told(counts: dict[str, int], names: dict[str, str]) -> str:
    parts = ", ".join(f"{counts[key]} {name}" for key, name in names.items() if counts.get(key))
    return f"{sum(counts.values())}: {parts}" if parts else "none yet"
