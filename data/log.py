"""What happened: questions asked, candidates shown, reactions, questions handed to a teacher."""

from collections.abc import Iterable
from typing import Any

from sqlite_utils import Database

from data.entries import entries, touch
from data.importing import normalise
from data.records import Answer, Candidate, Feedback, LabelledQuestion, Question, now


def record_question(db: Database, question: Question, answer: Answer) -> int:
    """Record a question with what was decided and shown; return its id.

    The same `question.ref` is recorded once: the second time its id comes back and nothing is written.
    """
    known = question_id(db, question.ref)
    if known is not None:
        return known
    sql = """insert into questions (text, course, lang, person, asked_at, decision, confidence, model, ref)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning id"""
    q, a = question, answer
    values = [q.text, q.course, q.lang, q.person, q.asked_at, a.decision, a.confidence, a.model, q.ref]
    number: int = next(iter(db.query(sql, values)))["id"]
    db.conn.executemany(
        "insert into shown (question, position, entry, score, probability) values (?, ?, ?, ?, ?)",
        [(number, i, c.entry.key, c.score, c.probability) for i, c in enumerate(a.candidates)],
    )
    return number


def question_id(db: Database, ref: str | None) -> int | None:
    """Return the id of the question that came from this event, None if it was not recorded."""
    rows = db.query("select id from questions where ref = ?", [ref])
    return next((row["id"] for row in rows), None)


def recorded_answer(db: Database, question: int) -> Answer:
    """Return what was decided and shown for a recorded question; entries retired since are left out."""
    row = next(iter(db.query("select * from questions where id = ?", [question])))
    live = {entry.key: entry for entry in entries(db, live=False)}
    shown = db.query("select * from shown where question = ? order by position", [question])
    candidates = tuple(Candidate(live[s["entry"]], s["score"], s["probability"]) for s in shown if s["entry"] in live)
    return Answer(row["decision"] or "abstain", row["confidence"] or 0.0, candidates, row["model"])


def vote(db: Database, feedback: Feedback) -> None:
    """Record a reaction; a person has one vote for each question and entry, and the last one counts.

    A teacher's word is not overwritten by a click, and a thumbs-up on what was chosen leaves it chosen: that says more.
    """
    sql = """insert into feedback (question, entry, vote, position, person, role, given_at)
             values (?, ?, ?, ?, ?, ?, ?)
             on conflict (question, ifnull(entry, 0), ifnull(person, '')) do update
             set vote = iif(vote = 'chosen' and excluded.vote = 'up', vote, excluded.vote),
             position = excluded.position, given_at = excluded.given_at, role = excluded.role
             where feedback.role = 'student' or excluded.role = 'teacher'"""
    f = feedback
    db.execute(sql, [f.question, f.entry, f.vote, f.position, f.person, f.role, f.given_at])
    if f.vote == "correction":
        touch(db)


def shown_position(db: Database, question: int, entry: int) -> int | None:
    """Return at which place the entry was shown for the question, 0 for the first, None if it was not."""
    rows = db.query("select position from shown where question = ? and entry = ?", [question, entry])
    return next((row["position"] for row in rows), None)


def asked_by(db: Database, question: int) -> str | None:
    """Return the pseudonym of the person who asked, None for an unknown question or asker."""
    return next((row["person"] for row in db.query("select person from questions where id = ?", [question])), None)


def escalate(db: Database, question: int) -> bool:
    """Hand the question to a teacher; False if it already was."""
    sql = "insert into escalations (question, created_at) values (?, ?) on conflict do nothing returning id"
    return any(True for _ in db.query(sql, [question, now()]))


def confirm_wording(db: Database, ref: str, labelled: LabelledQuestion, keys: Iterable[int]) -> None:
    """Record a teacher's word that these entries, or nothing (no keys), answer this wording; unites with earlier ones.

    The caller calls `touch` once when it is done.
    """
    number = question_id(db, ref)
    if number is None:
        sql = "insert into questions (text, course, asked_at, ref) values (?, ?, ?, ?) returning id"
        number = next(iter(db.query(sql, [labelled.text, labelled.course, now(), ref])))["id"]
    votes: list[int | None] = [*keys]
    if votes:
        db.execute("delete from feedback where question = ? and vote = 'none' and role = 'teacher'", [number])
    elif any(True for _ in db.query("select 1 from feedback where question = ? and role = 'teacher'", [number])):
        return
    for key in votes or [None]:
        vote_row = (number, key, "correction" if key else "none", now())
        db.execute(
            """insert into feedback (question, entry, vote, role, given_at) values (?, ?, ?, 'teacher', ?)
               on conflict do nothing""",
            vote_row,
        )


def feedback_rows(db: Database) -> list[dict[str, Any]]:
    """Return every reaction with the text asked, oldest first; `entry` is the entry's key or None."""
    sql = """select q.text, q.course, f.entry, f.vote, f.position, f.role, f.person, q.id as question
             from feedback f join questions q on q.id = f.question order by f.id"""
    return list(db.query(sql))


def last_questions(db: Database, most: int) -> list[Question]:
    """Return up to so many questions that were answered or refused, newest first, each wording once for its course.

    Wordings from a file, on which nothing was decided, are no questions of this kind. Who asked is left out.
    """
    sql = "select text, course, lang, asked_at from questions where decision is not null order by id desc"
    newest: dict[tuple[str | None, str], Question] = {}
    for row in db.query(sql):
        if len(newest) == most:
            break
        question = Question(row["text"], row["course"], row["lang"], asked_at=row["asked_at"])
        newest.setdefault((question.course, normalise(question.text)), question)
    return list(newest.values())
