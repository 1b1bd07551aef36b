"""The quarantine: updates that could not be read or kept failing, and messages that Telegram will not take."""

import json
from dataclasses import dataclass

from sqlite_utils import Database

from data.errors import TutorError


@dataclass(frozen=True, slots=True)
class Failed:
    """What was set aside of one update: itself, or messages that it sends. `said` is JSON as it came, None if gone."""

    update_id: int
    what: str
    since: str
    tries: int
    error: str
    said: str | None


def failed(db: Database) -> list[Failed]:
    """Return what is in the quarantine, in the order in which it came."""
    sql = """select update_id, 'update' as what, received_at as since, attempts as tries, error, payload as said
             from inbox where state = 'failed'
             union all select update_id, method, created_at, 1, error, params from outbox where state = 'failed'
             order by since, update_id"""
    return [Failed(*(row[name] for name in Failed.__slots__)) for row in db.query(sql)]


def find(db: Database, update_id: int) -> list[Failed]:
    """Return what was set aside of one update. Raises TutorError if nothing was."""
    found = [item for item in failed(db) if item.update_id == update_id]
    if not found:
        raise TutorError(f"update {update_id} is not in the quarantine: `python -m bot quarantine` shows what is")
    return found


def replay(db: Database, update_id: int) -> None:
    """Put an update back to wait, and its messages; a running bot takes them up within seconds.

    Raises TutorError if it is not in the quarantine, or nothing is left of it to try.
    """
    if not any(item.said for item in find(db, update_id)):
        raise TutorError(f"update {update_id}: what it said is gone, it can only be dropped")
    again = "state = 'waiting', error = ''"
    where = "where update_id = ? and state = 'failed'"
    db.execute(f"update inbox set {again}, attempts = 0, done_at = null {where} and payload is not null", [update_id])
    db.execute(f"update outbox set {again} {where} and params is not null", [update_id])


def drop(db: Database, update_id: int) -> None:
    """Forget what an update said and what it sends; its id stays known. Raises TutorError if it is not there."""
    find(db, update_id)
    done = "state = 'done', payload = null, chat = 0, error = ''"
    db.execute(f"update inbox set {done} where update_id = ? and state = 'failed'", [update_id])
    db.execute("delete from outbox where update_id = ? and state = 'failed'", [update_id])


def line(item: Failed) -> str:
    """Return it as a line for a person, without what it said."""
    tries = "1 try" if item.tries == 1 else f"{item.tries} tries"
    return f"{item.update_id}  {item.since}  {item.what}  {tries}  {item.error}"


def record(item: Failed) -> dict[str, object]:
    """Return it for --json, without what it said."""
    return {name: getattr(item, name) for name in Failed.__slots__ if name != "said"}


def said(item: Failed) -> object:
    """Return what it said, as it came where that is no JSON."""
    try:
        return json.loads(item.said) if item.said is not None else None
    except ValueError:
        return item.said
