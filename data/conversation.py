"""What was said before: the question that the next one may lean on, and the one whose message was changed since."""

from datetime import datetime, timedelta

from sqlite_utils import Database

from data import log
from data.entries import entry_of
from data.records import Answer, Entry, Question, iso
from data.words import normalise

FOLLOWED_MIN = 10  # minutes within which a question may lean on the last one
MAX_CONTEXT_CHARS = 300


def context(db: Database, question: Question, before: int | None = None) -> str:
    """Return what a question may lean on: the same person's last one in this chat and course, with its own context.

    "" if there is none within FOLLOWED_MIN, or it is the same question. `before`: only questions up to this one.
    """
    since = datetime.fromisoformat(question.asked_at) - timedelta(minutes=FOLLOWED_MIN)
    sql = """select text, context from questions where person = ? and chat is ? and course is ? and asked_at >= ?
             and decision is not null and id < ifnull(?, id + 1) order by id desc limit 1"""
    for row in db.query(sql, [question.person, question.chat, question.course, iso(since), before]):
        if normalise(row["text"]) == normalise(question.text):
            return ""
        with_its_own = f"{row['context']} {row['text']}".strip()
        return with_its_own if len(with_its_own) <= MAX_CONTEXT_CHARS else str(row["text"])[:MAX_CONTEXT_CHARS]
    return ""


def of_message(db: Database, person: str, chat: int | None, message: int) -> int | None:
    """Return the question that a person's message asked, in a group or (None) in private; None if it asked none."""
    sql = "select id from questions where person = ? and chat is ? and message = ? order by id desc limit 1"
    return next((row["id"] for row in db.query(sql, [person, chat, message])), None)


def record_changed(db: Database, old: int, question: Question, answer: Answer) -> int:
    """Record a question whose message was changed, in the place of the one that it was; return its id.

    The old one goes with all that students said of its answer, so that nothing is learned of words that were not
    meant. It stays if a teacher has seen it or spoken of it: then these are two questions.
    """
    seen = """select 1 from feedback where question = ? and role = 'teacher' union all
              select 1 from clustered where question = ? union all select 1 from settled where question = ?"""
    known = log.question_id(db, question.ref)
    if known is not None:
        return known
    number = log.record_question(db, question, answer)  # first, or it could get the number that old buttons carry
    if not any(True for _ in db.query(seen, [old] * 3)):
        db.execute("delete from questions where id = ?", [old])
    return number


def understood_with(db: Database, question: int) -> str:
    """Return the context that a recorded question was read with, "" if it was read alone."""
    return str(next(iter(db.query("select context from questions where id = ?", [question])))["context"])


def text_of(db: Database, question: int) -> str:
    """Return a recorded question as it was typed."""
    return str(next(iter(db.query("select text from questions where id = ?", [question])))["text"])


def group_course(db: Database, chat: int) -> str | None:
    """Return the course that a group asks about, None for all."""
    return next((row["course"] for row in db.query("select course from groups where chat = ?", [chat])), None)


def choose_group_course(db: Database, chat: int, course: str | None) -> None:
    """Remember which course a group asks about; None means all."""
    sql = "insert into groups (chat, course) values (?, ?) on conflict do update set course = excluded.course"
    db.execute(sql, [chat, course])


def move_group(db: Database, old: int, new: int) -> None:
    """Take over what is known of a group that got another number, as Telegram's groups do when they grow."""
    db.execute("update or replace groups set chat = ? where chat = ?", [new, old])
    db.execute("update questions set chat = ? where chat = ?", [new, old])


def asked_in(db: Database, question: int) -> int | None:
    """Return the group in which a question was asked, None for a private chat or an unknown question."""
    return next((row["chat"] for row in db.query("select chat from questions where id = ?", [question])), None)


def last_answer(db: Database, person: str) -> Entry | None:
    """Return the entry that a person was last shown as an answer, or chose; None if there is none."""
    sql = """select ifnull((select f.entry from feedback f where f.question = q.id and f.person = q.person
                            and f.vote = 'chosen' order by f.given_at desc limit 1),
                           (select s.entry from shown s where s.question = q.id and s.position = 0
                            and q.decision = 'answer')) as entry
             from questions q where q.person = ? order by q.id desc limit 50"""
    found = next((row["entry"] for row in list(db.query(sql, [person])) if row["entry"] is not None), None)
    return entry_of(db, found) if found is not None else None
