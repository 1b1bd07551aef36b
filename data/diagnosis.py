"""What may be wrong with a store, its key and its backups; nothing is changed, and a bot may run meanwhile."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlite_utils import Database

from data import backups, schema, settings, upkeep
from data.errors import TutorError
from data.people import Pseudonyms

OTHERS = 0o077  # the mode bits of everybody but the owner
LOCK_TIMEOUT_S = 2.0
MAX_BACKUP_AGE = timedelta(days=2)  # one night may fail
MAX_AHEAD = timedelta(seconds=5)  # of a recorded time before this clock's: two processes do not tick as one


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` says what to do, and is empty if all is well."""

    about: str
    level: Literal["ok", "warning", "error"]
    told: str
    advice: str = ""


def store_found(path: Path) -> Iterator[Finding]:
    """Look at the store: there, its owner's alone, sound, of this version, not held, and not ahead of the clock."""
    if not path.is_file():
        yield Finding("store", "error", f"there is none at {path}", "run `python -m data sample` or `import FILE`")
        return
    yield _permissions("permissions", path)
    try:
        with closing(_opened(path)) as db:
            yield _integrity(path, db)
            yield from _contents(db)
        yield _lock(path)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        advice = "put a backup in its place: `python -m data restore BACKUP`"
        yield Finding("store", "error", f"{path} cannot be read ({error})", advice)


def key_found(path: Path, key: Path) -> Iterator[Finding]:
    """Look at the key of the pseudonyms: there, its owner's alone, and the one that this store was used with."""
    used = _key_used(path)
    if not key.exists():
        if used:
            yield Finding("key", "error", f"{key} is missing, and the store was used with one", "put it back")
        else:
            yield Finding("key", "ok", f"{key} will be made at the first start")
        return
    yield _permissions("key", key)
    try:
        own = Pseudonyms.open(key).fingerprint
    except TutorError as error:
        yield Finding("key", "error", str(error), "put the old one back from where you keep it")
        return
    if used not in (None, own):
        yield Finding("key", "error", f"{key} is not the one this store was used with", "put the old one back")


def backups_found(folder: Path) -> Finding:
    """Look at the age of the newest backup."""
    advice = f"run `python -m data backup {folder} --keep 7` each night, see docs/operations.md"
    there = backups.backups(folder)
    if not there:
        return Finding("backups", "warning", f"none in {folder}", advice)
    age = datetime.now(UTC) - backups.taken_at(there[0])
    told = f"{len(there)} in {folder}, the newest {age / timedelta(hours=1):.0f} hours old"
    return Finding("backups", "ok", told) if age < MAX_BACKUP_AGE else Finding("backups", "warning", told, advice)


def _permissions(about: str, path: Path) -> Finding:
    mode = path.stat().st_mode & 0o777
    if not os.access(path, os.R_OK) or not os.access(path.parent, os.W_OK):
        return Finding(about, "error", f"{path} or its folder is not this user's", "run as the user that owns it")
    if mode & OTHERS:
        return Finding(about, "warning", f"{path} has mode {mode:04o}, others may use it", f"run `chmod 600 {path}`")
    return Finding(about, "ok", f"{path} is its owner's alone")


def _integrity(path: Path, db: Database) -> Finding:
    report = upkeep.check(db)
    if report.errors:
        told = f"{report.errors[0]}" + (f" and {len(report.errors) - 1} more" if len(report.errors) > 1 else "")
        return Finding("store", "error", told, "put a backup in its place: `python -m data restore BACKUP`")
    more = f"; `python -m data check` tells {len(report.warnings)} warnings" if report.warnings else ""
    return Finding("store", "ok", f"{path} is sound{more}")


def _contents(db: Database) -> Iterator[Finding]:
    known = {path.stem for path in schema.FOLDER.glob("*.sql")}
    applied = {row["name"] for row in db.query("select name from _sqlite_migrations")}
    if applied - known:
        yield Finding("tables", "error", f"{max(applied - known)} is of a newer version", "update this program")
        return
    if known - applied:
        yield Finding("tables", "ok", f"they are brought to this version at the next start ({max(known - applied)})")
        return
    states = "select state from inbox union all select state from outbox"
    aside = next(iter(db.query(f"select count(*) as n from ({states}) where state = 'failed'")))["n"]
    if aside:
        yield Finding("quarantine", "warning", f"{aside} were set aside", "look with `python -m bot quarantine`")
    times = "select max(received_at) as at from inbox union all select max(asked_at) from questions"
    sql = f"select max(at) as at from ({times})"
    newest = next(iter(db.query(sql)))["at"]
    if newest and datetime.fromisoformat(newest) > datetime.now(UTC) + MAX_AHEAD:
        told = f"the store holds something of {newest}, which is still to come: the clock was set back"
        yield Finding("clock", "warning", told, "let the machine keep time by NTP: `timedatectl set-ntp true`")
    else:
        yield Finding("clock", "ok", "nothing in the store is of a time to come")


def _lock(path: Path) -> Finding:
    with closing(sqlite3.connect(path, timeout=LOCK_TIMEOUT_S, isolation_level=None)) as db:
        try:
            db.execute("begin immediate")
            db.rollback()
        except sqlite3.OperationalError as error:
            return Finding(
                "locks", "error", f"the store cannot be written ({error})", "stop what holds it; free the disk"
            )
    return Finding("locks", "ok", "a bot is running" if _running(path) else "no bot is running; nobody holds the store")


def _running(path: Path) -> bool:
    """Whether a bot holds the lock of `locks.running_alone`."""
    try:
        with Path(f"{path}.lock").open(encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


def _key_used(path: Path) -> str | None:
    try:
        with closing(_opened(path)) as db:
            return settings.get(db, "pseudonym_key")
    except (sqlite3.Error, UnicodeDecodeError):  # what is wrong with the store is told by `store_found`
        return None


def _opened(path: Path) -> Database:
    """Open a store that nothing is to be written to."""
    return Database(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))
