"""Connections to the store's file, and what SQLite says of it in words that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from data.errors import StoreError

BUSY_TIMEOUT_S = 20.0


def connect(path: Path) -> Database:
    """Open a connection with this project's pragmas; the caller says where transactions begin and end."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    db = Database(connection)
    try:
        for pragma in (
            "foreign_keys=on",
            "journal_mode=wal",
            "synchronous=full",
            "trusted_schema=off",
            "secure_delete=on",
        ):
            db.execute(f"pragma {pragma}").fetchall()
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite says into a StoreError that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            advice = "another program holds it: wait for it or stop it, then try again"
        elif "full" in text:
            advice = "the disk is full: free some space; nothing of this step was written"
        elif "readonly" in text or "unable to open" in text:
            advice = "check that the folder exists and that you may write there"
        else:
            advice = "run `python -m data check`"
        raise StoreError(f"{path}: {text}: {advice}") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # of a damaged file also what SQLite says is damaged
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        advice = "the file is damaged: `python -m data restore BACKUP` puts a backup in its place"
        raise StoreError(f"{path}: {error}: {advice}") from error
