"""People: a keyed pseudonym for each, from the first day; the chat id stands apart and serves only for sending."""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from sqlite_utils import Database

from data import settings
from data.entries import Course, courses
from data.errors import TutorError
from data.files import draft
from data.records import now

KEY_BYTES = 32


class Pseudonyms:
    """Turns an account into a pseudonym: HMAC-SHA-256 (RFC 2104) under a key that is kept outside the store."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def open(cls, path: Path) -> "Pseudonyms":
        """Read the key file, or create it with mode 0600. Raises TutorError if it cannot be read or is no key."""
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                _create(path)
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise TutorError(
                f"{path}: the key of the pseudonyms cannot be used ({error}); see TUTOR_KEY_FILE"
            ) from error
        if len(key) != KEY_BYTES:
            raise TutorError(f"{path}: holds {len(key)} bytes, not the {KEY_BYTES} of a key; restore it from a backup")
        return cls(key)

    def of(self, account: str) -> str:
        """Return the pseudonym of an account such as `telegram:12345`: 32 hex digits."""
        return hmac.new(self._key, account.encode(), hashlib.sha256).hexdigest()[:32]

    @property
    def fingerprint(self) -> str:
        """Tells one key from another and nothing else about it."""
        return self.of("fingerprint")[:8]


def check_key(db: Database, pseudonyms: Pseudonyms) -> None:
    """Raise TutorError if the store's people were named with another key: each would become two persons."""
    if settings.get(db, "pseudonym_key") is None:
        settings.put(db, "pseudonym_key", pseudonyms.fingerprint)
    if settings.get(db, "pseudonym_key") != pseudonyms.fingerprint:
        raise TutorError("the key file is not the one this store was used with: put the old one back (TUTOR_KEY_FILE)")


def meet(db: Database, person: str, *, lang: str = "", chat_id: int | None = None, reachable: bool = True) -> None:
    """Make the person known to the store, with their language where it is known, and where to send to.

    Whom the bot met in a group alone is not reachable there until they write to it.
    """
    db.execute(
        "insert into people (id, lang, first_seen_at) values (?, ?, ?)"
        " on conflict (id) do update set lang = iif(excluded.lang = '', lang, excluded.lang)",
        [person, lang, now()],
    )
    if chat_id is not None and not reachable:
        sql = "insert into chats (person, chat_id, blocked_at) values (?, ?, ?) on conflict do nothing"
        db.execute(sql, [person, chat_id, now()])
    elif chat_id is not None:
        db.execute(
            "insert into chats (person, chat_id) values (?, ?) on conflict do update set chat_id = excluded.chat_id",
            [person, chat_id],
        )


def is_met(db: Database, person: str, *, lang: str = "", chat_id: int | None = None, reachable: bool = True) -> bool:
    """Return whether `meet` would change nothing."""
    sql = "select p.lang, c.chat_id from people p left join chats c on c.person = p.id where p.id = ?"
    known = next(iter(db.query(sql, [person])), None)
    if known is None or lang not in ("", known["lang"]):
        return False
    return chat_id is None or known["chat_id"] == chat_id or (known["chat_id"] is not None and not reachable)


def choose_course(db: Database, person: str, course: str | None) -> None:
    """Remember in which course the person asks; None means in all."""
    db.execute("update people set course = ? where id = ?", [course, person])


def chosen_course(db: Database, person: str) -> str | None:
    """Return the id of the course that the person chose, None if none."""
    rows = list(db.query("select c.id from people p join courses c on c.id = p.course where p.id = ?", [person]))
    return rows[0]["id"] if rows else None


def course_of(db: Database, person: str) -> Course | None:
    """Return the course that the person chose, None if none."""
    chosen = chosen_course(db, person)
    return next((course for course in courses(db) if course.id == chosen), None)


def language(db: Database, person: str, named: str = "") -> str:
    """Return the language that the person chose, else the one named now, else the one named last; "" if unknown."""
    rows = list(db.query("select language, lang from people where id = ?", [person]))
    chosen, last = (rows[0]["language"], rows[0]["lang"]) if rows else ("", "")
    return chosen or named or last


def choose_language(db: Database, person: str, code: str) -> None:
    """Remember the language to write to the person in, whatever their front end says."""
    db.execute("update people set language = ? where id = ?", [code, person])


def _create(path: Path) -> None:
    # Linked into place whole: of two that start together, one makes the key and both read that one.
    with draft(path) as beside:
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
