"""Retention: for how many days a course keeps what students wrote. Kept in the store's settings; applied once a day."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from data import dialogues, notices, practice, recommended, sent_files, settings, submissions, traces
from data.entries import courses, find_course, touch
from data.errors import TutorError
from data.forgetting import wipe, wipe_later
from data.records import iso, now
from data.scrub import is_empty, scrub
from data.store import Store

MAX_DAYS = 36_500
NOTICE_DAYS, DIALOGUE_DAYS = 90, 2  # at most, where nothing else is set
_KEY = "retention_days"
_LAST = "retained_on"


@dataclass(frozen=True, slots=True)
class Retained:
    """What retention took out, by kind, and the texts of it. `kept`: confirmed wordings, now nobody's."""

    counts: dict[str, int]
    texts: tuple[str, ...]


def set_retention(db: Database, course: str | None, days: int) -> None:
    """Set for how many days a course, or (None) every course without its own, keeps questions; 0: until forgotten.

    Raises TutorError for a number of days that makes no sense, or if there is no such course.
    """
    if not 0 <= days <= MAX_DAYS:
        raise TutorError(f"{days} days: must lie between 0 (kept until a person says /forget) and {MAX_DAYS:,}")
    settings.put(db, _KEY, str(days), find_course(db, course).id if course is not None else None)


def retentions(db: Database) -> dict[str | None, int]:
    """Return the days that were set, by course; None: of every course without its own."""
    return {course: int(value) for course, value in settings.by_course(db, _KEY).items()}


def in_force(days: dict[str | None, int], course: str | None) -> int:
    """Return the days of a course: its own, else those of every course, else 0."""
    return settings.in_force(days, course, 0)


def retain(store: Store, models: Path) -> dict[str, int]:
    """Remove what is older than its course keeps it, also from the files; return how much, by kind.

    A wording that a teacher confirmed stays an example: scrubbed, and without the person. Raises StoreError as forget.
    """
    retained = store.write(apply, datetime.now(UTC))
    traces.forget_texts(models, retained.texts)
    wipe(store)
    return retained.counts


def retain_daily(store: Store, models: Path) -> dict[str, int]:
    """Do the same if it was not done today yet."""
    return retain(store, models) if store.read(is_due) else {}


def is_due(db: Database) -> bool:
    """Say whether nothing was applied today yet."""
    return settings.get(db, _LAST) != now()[:10]


def apply(db: Database, at: datetime) -> Retained:
    """Delete and anonymise what is too old at this time; the caller wipes the files."""
    days = retentions(db)
    old = list(_old_questions(db, days, at))
    kinds = ("questions", "kept", "practised", "recommended", "texts", "messages", "people")
    counts = Counter(dict.fromkeys(kinds, 0))
    for row in old:
        text = scrub(row["text"])
        if row["confirmed"] and not is_empty(text):
            _anonymise(db, row["id"], text)
            counts["kept"] += 1
        else:
            db.execute("delete from questions where id = ?", [row["id"]])
            counts["questions"] += 1
    limits = {c.id: _limit(days, c.id, at) for c in courses(db)}
    counts["practised"] = practice.drop_older(db, limits)
    counts["recommended"] = recommended.drop_older(db, limits)
    counts["texts"] = submissions.drop_older(db, limits)
    counts["messages"] = _drop_messages(db, _limit(days, None, at))
    counts["people"] = _drop_people(db, days, at)
    if old:
        touch(db)
    if any(counts.values()):
        wipe_later(db)
    settings.put(db, _LAST, at.date().isoformat())
    return Retained(dict(counts), tuple(row["text"] for row in old))


def _limit(days: dict[str | None, int], course: str | None, at: datetime) -> str:
    """Return the time before which a course keeps nothing; an empty text, which nothing precedes, if it keeps all."""
    kept = in_force(days, course)
    return iso(at - timedelta(days=kept)) if kept else ""


def _old_questions(db: Database, days: dict[str | None, int], at: datetime) -> Iterator[dict[str, Any]]:
    """Yield the questions that people asked, not those that came by a file, and whether a teacher confirmed them.

    One that leans on another is no wording: alone it means anything.
    """
    sql = """select id, text, course, asked_at, exists (select 1 from feedback f where f.question = q.id
             and f.role = 'teacher' and f.vote in ('correction', 'none')) and context = '' as confirmed
             from questions q where person is not null or ref not like 'confirmed:%'"""
    for row in db.query(sql):
        if row["asked_at"] < _limit(days, row["course"], at):
            yield row


def _anonymise(db: Database, question: int, text: str) -> None:
    db.execute(
        "update questions set text = ?, person = null, ref = null, message = null, chat = null where id = ?",
        [text, question],
    )
    db.execute("delete from feedback where question = ? and role = 'student'", [question])
    db.execute("delete from escalations where question = ?", [question])


def _drop_messages(db: Database, before: str) -> int:
    """Empty what was set aside, received or to be sent: nobody will look at it any more."""
    sql = """update inbox set state = 'done', payload = null, chat = 0, error = '', done_at = ?
             where state = 'failed' and received_at < ? returning update_id"""
    gone = list(db.query(sql, [now(), before]))
    gone += db.query("delete from outbox where state = 'failed' and created_at < ? returning id", [before])
    sent_files.drop_older(db, iso(datetime.now(UTC) - timedelta(days=DIALOGUE_DAYS)))
    dialogues.drop_older(db, max(before, iso(datetime.now(UTC) - timedelta(days=DIALOGUE_DAYS))))
    notices.drop_older(db, max(before, iso(datetime.now(UTC) - timedelta(days=NOTICE_DAYS))))
    return len(gone)


def _drop_people(db: Database, days: dict[str | None, int], at: datetime) -> int:
    """Delete people of whom nothing else is kept; of those that a version learned from only their chat and choices."""
    sql = """select id, course, first_seen_at from people p where (course is not null or lang <> '' or language <> ''
             or exists (select 1 from chats where person = p.id)
             or not exists (select 1 from learned_from where person = p.id))
             and not exists (select 1 from questions where person = p.id)
             and not exists (select 1 from feedback where person = p.id)
             and not exists (select 1 from cards where person = p.id)
             and not exists (select 1 from reviews where person = p.id)
             and not exists (select 1 from recommended where person = p.id)
             and not exists (select 1 from submissions where person = p.id)
             and not exists (select 1 from teachers where person = p.id)"""
    gone = [row["id"] for row in db.query(sql) if row["first_seen_at"] < _limit(days, row["course"], at)]
    for person in gone:
        db.execute("delete from chats where person = ?", [person])
        db.execute("delete from reminders where person = ?", [person])
        db.execute("update people set course = null, lang = '', language = '' where id = ?", [person])
        db.execute(
            "delete from people where id = ? and id not in (select person from learned_from where person = ?)",
            [person, person],
        )
    return len(gone)
