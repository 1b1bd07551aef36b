"""What happened: questions asked, candidates shown, reactions, questions handed to a teacher."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from data.entries import entries, entry_of, touch
from data.records import Answer, Candidate, Feedback, LabelledQuestion, Question, now
from data.scrub import scrub
from data.words import normalise

OFFERED = 3  # candidates that a student who says "none of these" has seen


@dataclass(frozen=True, slots=True)
class Doubted:
    """A wording whose answers so many people said to be wrong: as last asked but scrubbed, and the entries' keys."""

    question: int
    text: str
    course: str | None
    entries: tuple[int, ...]
    people: int


def record_question(db: Database, question: Question, answer: Answer) -> int:
    """Record a question with what was decided and shown; return its id.

    The same `question.ref` is recorded once: the second time its id comes back and nothing is written.
    """
    known = question_id(db, question.ref)
    if known is not None:
        return known
    sql = """insert into questions (text, course, lang, person, asked_at, decision, confidence, model, ref,
             message, chat, context) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id"""
    q, a = question, answer
    values = [q.text, q.course, q.lang, q.person, q.asked_at, a.decision, a.confidence, a.model, q.ref]
    number: int = next(iter(db.query(sql, [*values, q.message, q.chat, q.context])))["id"]
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
    shown = db.query("select * from shown where question = ? order by position", [question])
    found = [(entry_of(db, s["entry"]), s["score"], s["probability"]) for s in list(shown)]
    candidates = tuple(Candidate(entry, score, p) for entry, score, p in found if entry is not None)
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
    if f.role == "teacher":  # a correction made, or taken back
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
    """Return every reaction with the text asked, oldest first; `entry` is the entry's key or None.

    Left out are questions that lean on another ("and for GPT?"): alone they mean anything, and teach nothing.
    """
    sql = """select q.text, q.course, f.entry, f.vote, f.position, f.role, f.person, f.given_at, q.id as question
             from feedback f join questions q on q.id = f.question where q.context = '' order by f.id"""
    return list(db.query(sql))


def offered(db: Database) -> dict[int, tuple[int, ...]]:
    """Return, for each question to which a student said "none of these", the keys of what they had seen, best first."""
    sql = """select distinct s.question, s.entry, s.position from shown s
             join feedback f on f.question = s.question and f.vote = 'none' and f.role = 'student'
             where s.position < ? order by s.question, s.position"""
    seen: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for row in db.query(sql, [OFFERED]):
        seen[row["question"]] += (row["entry"],)
    return dict(seen)


def doubted(db: Database) -> list[Doubted]:
    """Return, for teachers, what students said was answered wrongly: each wording once, that of most people first.

    Left out is what a teacher's word has settled: a known phrasing of a live entry, or one that nothing answers.
    A question to all courses belongs to the course of the entry that was voted on, or else was shown first.
    """
    sql = """select q.id, q.reading as text, f.entry, f.person,
                    ifnull(q.course, e.course) as course
             from feedback f join questions q on q.id = f.question
             left join shown s on s.question = q.id and s.position = 0
             left join entries e on e.key = ifnull(f.entry, s.entry)
             where f.role = 'student' and f.vote in ('down', 'none') order by q.id"""
    known, seen = settled(db), offered(db)
    rows: dict[tuple[str | None, str], list[dict[str, Any]]] = defaultdict(list)
    for row in db.query(sql):
        wording = (row["course"], normalise(row["text"]))
        if not known & {wording, row["id"]}:
            rows[wording].append(row)
    found = []
    for (course, _), own in rows.items():
        wrong = {key for row in own for key in ([row["entry"]] if row["entry"] else seen.get(row["id"], ()))}
        people = len({row["person"] for row in own})
        found.append(Doubted(own[-1]["id"], scrub(own[-1]["text"]), course, tuple(sorted(wrong)), people))
    return sorted(found, key=lambda d: (-d.people, -d.question))


def settled(db: Database) -> set[tuple[str | None, str] | int]:
    """Return wordings by course, and questions by id, of which a teacher's word that still stands says the answer."""
    known: set[tuple[str | None, str] | int] = set()
    known.update((e.course, normalise(wording)) for e in entries(db) for wording in e.phrasings)
    sql = """select q.id, q.reading as text, q.course, f.vote
             from feedback f join questions q on q.id = f.question
             left join entries e on e.key = f.entry
             where f.role = 'teacher' and (f.vote = 'none' or f.vote = 'correction' and e.retired_at is null)"""
    for row in db.query(sql):
        known.add((row["course"], normalise(row["text"])) if row["vote"] == "none" else row["id"])
    return known


def last_questions(db: Database, most: int) -> list[Question]:
    """Return up to so many questions that were answered or refused, newest first, each wording once for its course.

    Wordings from a file, on which nothing was decided, are no questions of this kind. Who asked is left out.
    """
    sql = "select text, course, lang, asked_at, context from questions where decision is not null order by id desc"
    newest: dict[tuple[str | None, str], Question] = {}
    for row in db.query(sql):
        if len(newest) == most:
            break
        rest = {name: row[name] for name in ("asked_at", "context")}
        question = Question(row["text"], row["course"], row["lang"], **rest)
        newest.setdefault((question.course, normalise(f"{question.context} {question.text}")), question)
    return list(newest.values())
