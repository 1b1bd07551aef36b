"""A teacher deals with a cluster of questions: answers it once for all who asked, or says what it is the same as.

Each is one change of the audit log, and can be taken back whole: entry, wordings, and what was not sent yet.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from sqlite_utils import Database

from data import audit, log, notices, people, versions
from data.checks import check_entry
from data.entries import entries, entry_of, retired, touch
from data.errors import Refused, TutorError
from data.importing import entry_id
from data.labelled import confirmed_ref
from data.protection import protect
from data.queue import Cluster, Waiting, find_cluster
from data.records import Entry, Feedback, LabelledQuestion, now
from data.spreadsheets import MAX_CHARS

Lead = Callable[[str], str]  # from a person's language to what stands above the answer they get


class Settled(TutorError):
    """Somebody else has dealt with the cluster meanwhile, or its questions are gone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What dealing with a cluster did: the change's number, the entry that answers (None: none), how many are told."""

    change: int
    entry: Entry | None
    told: int


def answer(db: Database, cluster: int, text: str, *, actor: str, ref: str | None, lead: Lead) -> Outcome:
    """Make the answer an entry and a protected question, and send it to everybody who asked.

    Raises Settled if nothing of the cluster waits any more, Refused if the answer cannot be one.
    """
    if (done := _done(db, ref)) is not None:
        return done
    found = _open(db, cluster)
    entry = new_entry(db, found.course, found.wordings[0], text)
    change = audit.record(db, "answer", actor=actor, course=found.course, detail=entry.question, ref=ref)
    versions.alter(db, change, added=[entry])
    key = next(e.key for e in entries(db, found.course, live=False) if e.id == entry.id)
    protect(db, LabelledQuestion(entry.question, found.course, (entry.id,)), actor=actor)
    return _settle(db, found.waiting, change, replace(entry, key=key), actor, lead)


def same_as(db: Database, cluster: int, key: int, *, actor: str, ref: str | None, lead: Lead) -> Outcome:
    """Make every wording of the cluster a known phrasing of an entry, and send it to everybody who asked.

    Raises Settled as `answer` does, Refused if the entry is gone or of another course.
    """
    if (done := _done(db, ref)) is not None:
        return done
    found, entry = _open(db, cluster), entry_of(db, key)
    if entry is None or entry.course != found.course:
        raise Refused([f"entry {key}: is not one of course {found.course}"])
    detail = f"{len(found.waiting)} questions -> {entry.id}"
    change = audit.record(db, "same", actor=actor, course=found.course, detail=detail, ref=ref)
    return _settle(db, found.waiting, change, entry, actor, lead)


def not_here(db: Database, cluster: int, *, actor: str, ref: str | None) -> Outcome:
    """Record that nothing in the course is to answer these wordings; calibration learns from it.

    Raises Settled as `answer` does.
    """
    if (done := _done(db, ref)) is not None:
        return done
    found = _open(db, cluster)
    detail = f"{len(found.waiting)} questions"
    change = audit.record(db, "outside", actor=actor, course=found.course, detail=detail, ref=ref)
    for one in found.waiting:
        log.vote(db, Feedback(one.question, None, "none", None, actor, "teacher"))
        for question in (one.question, *_copies(db, one, found.course)):
            _note(db, change, question, None)
    _close(db, found.waiting)
    return Outcome(change, None, 0)


def is_settling(db: Database, change: int) -> bool:
    """Say whether a change dealt with questions and still stands."""
    return any(True for _ in db.query("select 1 from settled where change = ?", [change]))


def undo(
    db: Database,
    change: int,
    *,
    actor: str | None = None,
    courses: Collection[str] | None = None,
    ref: str | None = None,
) -> int:
    """Take a change back, as `versions.undo` does, and with it the wordings it confirmed; the questions wait again.

    Return how many entries and questions that concerns. Raises Refused as `versions.undo` does.
    """
    if not is_settling(db, change):
        return versions.undo(db, change, actor=actor, courses=courses, ref=ref)
    head = next(iter(db.query("select course from changes where id = ?", [change])))
    if courses is not None and head["course"] not in courses:
        raise Refused([f"change {change}: there is none that altered entries you may change"])
    count = 0
    if versions.versions(db, change):
        count = versions.undo(db, change, actor=actor, courses=courses, ref=ref)
    else:
        detail = f"of change {change}"
        audit.record(db, "undo", actor=actor, course=head["course"], detail=detail, undoes=change, ref=ref)
    return count + _take_back(db, change)


def changes(db: Database, courses: Collection[str] | None, most: int) -> list[audit.Change]:
    """Return the last changes that can be taken back, those that dealt with questions too, newest first."""
    standing = {row["change"] for row in db.query("select distinct change from settled")}
    own = [c for c in audit.changes(db) if c.id in standing and (courses is None or c.course in courses)]
    every = {c.id: c for c in (*own, *versions.alterations(db, courses, most))}
    return sorted(every.values(), key=lambda c: -c.id)[:most]


def new_entry(db: Database, course: str, question: str, text: str) -> Entry:
    """Return an entry with an id of its own, in the language of its course if that has one; nothing is written.

    Raises Refused if question or answer cannot stand in one.
    """
    own = entries(db, course, live=False)
    taken = {e.id for e in own} | {e.id for e in retired(db) if e.course == course}
    first = entry_id(question)
    id_ = next(i for i in (first, *(f"{first}-{n}" for n in range(2, len(taken) + 3))) if i not in taken)
    langs = {e.lang for e in own}
    entry = Entry(course, id_, question.strip(), text.strip(), lang=langs.pop() if len(langs) == 1 else "")
    try:
        check_entry(entry)
    except ValueError as error:
        raise Refused([str(error)]) from error
    if not (entry.question and entry.answer) or max(len(entry.question), len(entry.answer)) > MAX_CHARS:
        raise Refused([f"question and answer have between 1 and {MAX_CHARS:,} characters"])
    return entry


def _settle(db: Database, waiting: Collection[Waiting], change: int, entry: Entry, actor: str, lead: Lead) -> Outcome:
    for one in waiting:
        log.vote(db, Feedback(one.question, entry.key, "correction", None, actor, "teacher"))
        _note(db, change, one.question, entry.key)
    _close(db, waiting)
    touch(db)
    latest = {one.person: one.question for one in sorted(waiting, key=lambda w: w.question) if one.person}
    blocked = {row["person"] for row in db.query("select person from chats where blocked_at is not null")}
    told = [(person, question) for person, question in latest.items() if person not in blocked]
    for person, question in told:
        above = lead(people.language(db, person))
        notices.put(db, person, above, key=f"settled:{change}:{question}", question=question, entry=entry.key)
    return Outcome(change, entry_of(db, entry.key), len(told))


def _done(db: Database, ref: str | None) -> Outcome | None:
    """Return what this very event did before, None if it did nothing yet."""
    row = next(iter(db.query("select id from changes where ref = ?", [ref])), None)
    if row is None:
        return None
    keys = {r["entry"] for r in db.query("select entry from settled where change = ?", [row["id"]])}
    key = next((k for k in keys if k is not None), None)
    sql = "select count(*) as n from notices where key like ?"
    told = int(next(iter(db.query(sql, [f"settled:{row['id']}:%"])))["n"])
    return Outcome(row["id"], entry_of(db, key) if key is not None else None, told)


def _open(db: Database, number: int) -> Cluster:
    found = find_cluster(db, number)
    if found is None or not found.waiting:
        raise Settled(f"cluster {number}: somebody has dealt with it already")
    return found


def _copies(db: Database, one: Waiting, course: str) -> list[int]:
    """Confirm, for a question to all courses, its wording in this one, for there it is known that nothing answers."""
    row = next(iter(db.query("select course from questions where id = ?", [one.question])))
    if row["course"] is not None:
        return []
    ref = confirmed_ref(course, one.shown)
    log.confirm_wording(db, ref, LabelledQuestion(one.shown, course, ()), ())
    return [number for number in [log.question_id(db, ref)] if number is not None]


def _note(db: Database, change: int, question: int, entry: int | None) -> None:
    db.execute(
        "insert into settled (change, question, entry) values (?, ?, ?) on conflict do nothing",
        [change, question, entry],
    )


def _close(db: Database, waiting: Iterable[Waiting]) -> None:
    sql = "update escalations set closed_at = ? where question = ? and closed_at is null"
    db.conn.executemany(sql, [(now(), one.question) for one in waiting])


def _take_back(db: Database, change: int) -> int:
    rows = list(db.query("select question, entry from settled where change = ?", [change]))
    for row in rows:
        pair = [row["question"], row["entry"]]
        db.execute("delete from feedback where question = ? and entry is ? and role = 'teacher'", pair)
        db.execute("update escalations set closed_at = null where question = ?", [row["question"]])
    db.execute("delete from settled where change = ?", [change])
    db.execute("delete from notices where key like ? and sent_at is null", [f"settled:{change}:%"])
    touch(db)
    return len(rows)
