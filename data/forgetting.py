"""Forgetting a person: their rows, the bytes of them in the store's files, and what the texts left beside it.

What was learned stays in the weights of the versions that learned from them; those are named.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from data import settings, submissions, traces
from data.entries import entries, touch
from data.privacy import account_of, received, versions_of
from data.records import now
from data.store import Store
from data.words import normalise

MIN_QUOTED_CHARS = 6  # a shorter text points to nobody and stands in many sentences
# What teachers are about to be told of a question: its key says of which.
_DROP_NOTICES = """delete from notices where key like 'escalated:%'
                   and cast(substr(key, 11) as integer) in (select id from questions where person = ?)"""
_WIPE_DUE = "wipe_due"  # setting: something was deleted, and its bytes may still be in the files


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, by kind, and what could not be: for a maintainer to see to.

    `texts`: what they had asked; `versions` learned from it; `alike`: entries, as course/id, that a teacher words
    as they did.
    """

    counts: dict[str, int]
    texts: tuple[str, ...]
    versions: tuple[str, ...]
    alike: tuple[str, ...]


def forget(store: Store, models: Path, person: str, *, handling: int | None = None) -> Forgotten:
    """Remove a person and everything that came from them; safe to repeat, also where it was cut off.

    `handling` is the update that asks for it, if one does: it is emptied when it is done, and wiped with the next wipe.
    Raises StoreError if a file cannot be written; what is left then goes when it is called again.
    """
    # Beside the store first: once the rows are gone, nobody knows any more what to look for there.
    traces.forget_texts(models, store.read(_texts_of, person))
    scorers = traces.scorers_with(models, store.read(submissions.texts_of, person))
    forgotten = store.write(remove, person, handling=handling, scorers=scorers)
    wipe(store)
    if handling is not None:
        store.write(wipe_later)
    traces.forget_texts(models, forgotten.texts)  # what a running bot or a round had kept anew meanwhile
    return forgotten


def remove(db: Database, person: str, *, handling: int | None = None, scorers: Sequence[str] = ()) -> Forgotten:
    """Delete a person's rows; what they did as a teacher stays, without their pseudonym.

    A wording that a teacher confirmed goes as well, and so do copies of it that came by a file and its protection,
    unless somebody else asked the same. `scorers` are versions that hold a text of theirs: that is noted, as nobody's.
    """
    texts = _texts_of(db, person)
    own = set(map(normalise, texts)) - _asked_by_others(db, person)
    versions = (*versions_of(db, person), *scorers)
    db.conn.executemany("insert into learned_from (version) values (?)", [(version,) for version in scorers])
    counts = {
        "questions": _count(db, "questions where person = ?", person),
        "reactions": _count(db, "feedback where person = ?", person),
        "escalations": _count(db, "escalations where question in (select id from questions where person = ?)", person),
        "messages": _drop_messages(db, account_of(db, person), handling),
        "copies": _drop_copies(db, own),
        "texts": _count(db, "submissions where person = ?", person),
        "practised": _count(db, "reviews where person = ?", person),
        "people": _count(db, "people where id = ?", person),
    }
    _drop_rows(db, person)
    _drop_quotations(db, texts)
    if any(counts.values()):
        touch(db)
        wipe_later(db)
    return Forgotten(counts, texts, versions, tuple(_alike(db, own)))


def wipe_later(db: Database) -> None:
    """Say, with what was deleted, that its bytes have to go too."""
    settings.put(db, _WIPE_DUE, now())


def wipe(store: Store) -> None:
    """Take the bytes of what was deleted out of the store's files, if anything was. Raises StoreError as Store.wipe."""
    if store.read(settings.get, _WIPE_DUE):
        store.wipe()
        store.write(settings.remove, _WIPE_DUE)


def _texts_of(db: Database, person: str) -> tuple[str, ...]:
    rows = db.query("select distinct text from questions where person = ?", [person])
    return tuple(row["text"] for row in rows)


def _asked_by_others(db: Database, person: str) -> set[str]:
    rows = db.query("select distinct text from questions where person is not null and person <> ?", [person])
    return {normalise(row["text"]) for row in rows}


def _drop_messages(db: Database, account: int | None, handling: int | None) -> int:
    """Empty what waits or was set aside, and drop what waits to be sent.

    The numbers of the updates stay, as nobody's, so that none is taken twice.
    """
    if account is None:
        return 0
    gone = [(now(), row["update_id"]) for row in received(db, account) if row["update_id"] != handling]
    sql = "update inbox set state = 'done', payload = null, error = '', done_at = ? where update_id = ?"
    db.conn.executemany(sql, gone)
    db.execute("update inbox set chat = 0 where chat = ? and update_id is not ?", [account, handling])
    sent = list(db.query("delete from outbox where chat = ? returning id", [account]))
    return len(gone) + len(sent)


def _drop_copies(db: Database, wordings: set[str]) -> int:
    """Delete wordings without an asker, which came by a file, and protected ones, where they are among these."""
    copied = db.query("select id, text from questions where person is null and ref like 'confirmed:%'")
    numbers = [(row["id"],) for row in copied if normalise(row["text"]) in wordings]
    db.conn.executemany("delete from questions where id = ?", numbers)
    sql = "delete from protected where wording = ? returning id"
    return len(numbers) + sum(len(list(db.query(sql, [wording]))) for wording in wordings)


def _drop_rows(db: Database, person: str) -> None:
    for sql in (
        _DROP_NOTICES,
        "delete from questions where person = ?",
        "delete from feedback where person = ? and role = 'student'",
        "update or replace feedback set person = null where person = ?",
        "update changes set actor = 'forgotten' where actor = ?",
        "update invitations set name = '' where used_by = ?",
        "delete from people where id = ?",
    ):
        db.execute(sql, [person])


def _drop_quotations(db: Database, texts: Iterable[str]) -> None:
    """Take the texts out of the sentences of the logs, which quote a question now and then."""
    for text in (text for text in texts if len(text) >= MIN_QUOTED_CHARS):
        for table, column in (("changes", "detail"), ("model_versions", "reason")):
            sql = f"update {table} set {column} = replace({column}, ?, ?) where instr({column}, ?)"
            db.execute(sql, [text, traces.GONE, text])


def _alike(db: Database, wordings: set[str]) -> Iterator[str]:
    """Yield the entries whose question or alternate, which a teacher wrote, is one of the wordings."""
    for entry in entries(db, live=False):
        if wordings & set(map(normalise, (entry.question, *entry.alternates))):
            yield f"{entry.course}/{entry.id}"


def _count(db: Database, rest: str, person: str) -> int:
    return int(db.execute(f"select count(*) from {rest}", [person]).fetchone()[0])
