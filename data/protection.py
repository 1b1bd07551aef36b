"""Protected questions: a teacher's word that this wording must be answered by these entries, in every version."""

from collections import defaultdict

from sqlite_utils import Database

from data import audit
from data.entries import entries, find_course, today
from data.errors import Refused
from data.records import LabelledQuestion, now
from data.scrub import is_empty
from data.words import normalise


def protect(db: Database, question: LabelledQuestion, *, actor: str | None = None) -> None:
    """Keep the question as a test; the same wording again unites what is expected.

    `actor` is the pseudonym of who does it, None for whoever runs this program.

    Raises Refused if it has no words or names no live entry of its course, TutorError if there is no such course.
    """
    course = find_course(db, question.course).id
    keys = {entry.id: entry.key for entry in entries(db, course)}
    unknown = [i for i in question.expected_ids if i not in keys]
    if is_empty(question.text):
        raise Refused([f"{question.text!r}: the question has no words"])
    if not question.expected_ids:
        raise Refused([f"{question.text}: no entry is named: say which one answers it with --id"])
    if unknown:
        listed = f"`python -m data export entries FILE --course {course}` lists the ids"
        raise Refused([f"no entry {', '.join(unknown)} in course {course}: {listed}"])
    db.conn.executemany(
        """insert into protected (course, question, wording, entry, created_at) values (?, ?, ?, ?, ?)
           on conflict do nothing""",
        [(course, question.text, normalise(question.text), keys[i], now()) for i in question.expected_ids],
    )
    detail = f"{question.text} -> {', '.join(question.expected_ids)}"
    audit.record(db, "protect", actor=actor, course=course, detail=detail)


def unprotect(db: Database, course: str, text: str, *, actor: str | None = None) -> bool:
    """Take the wording out of the tests of its course; False if it was none."""
    sql = "delete from protected where course = ? and wording = ? returning id"
    if not list(db.query(sql, [course, normalise(text)])):
        return False
    audit.record(db, "unprotect", actor=actor, course=course, detail=text)
    return True


def protected(db: Database) -> list[LabelledQuestion]:
    """Return every protected question with the ids that are expected, by course and in the order they were protected.

    What was retired or has expired is no longer expected; a question of which nothing is left rests until it is back.
    """
    sql = """select p.course, p.wording, p.question, e.id from protected p join entries e on e.key = p.entry
             where e.retired_at is null and (e.expires_on = '' or e.expires_on >= ?) order by p.course, p.id"""
    texts: dict[tuple[str, str], str] = {}
    expected: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in db.query(sql, [today()]):
        wording = (row["course"], row["wording"])
        texts.setdefault(wording, row["question"])
        expected[wording].add(row["id"])
    return [LabelledQuestion(text, w[0], tuple(sorted(expected[w]))) for w, text in texts.items()]
