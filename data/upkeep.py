"""Look after a store: check it, back it up, restore it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from data.entries import today
from data.errors import StoreError
from data.files import draft
from data.locks import out_of_use
from data.store import Store
from data.words import normalise

SQLITE = b"SQLite format 3\0"  # how every SQLite file begins


@dataclass(frozen=True, slots=True)
class Report:
    """What `check` found: errors need a restore, warnings a look."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def check(db: Database) -> Report:
    """Check the file's integrity and its references, then the entries a teacher should look at."""
    errors = [str(row["integrity_check"]) for row in db.query("pragma integrity_check")]
    errors = [line for line in errors if line != "ok"]
    orphans = db.query("pragma foreign_key_check")
    errors += [f"{row['table']}: row {row['rowid']} points to a missing row of {row['parent']}" for row in orphans]
    return Report(tuple(errors), tuple(_warnings(db)))


def backup(store: Store, path: Path) -> int:
    """Write a checked copy of the store, also while a bot runs; return its size in bytes.

    Raises StoreError if the copy cannot be written or does not pass its check; then no file is left.
    """
    try:
        if path.exists() and path.samefile(store.path):
            raise StoreError(f"{path}: is the store itself: name another file for the backup")
        if path.is_file() and path.stat().st_size and not _is_sqlite(path):
            raise StoreError(f"{path}: is there already and no backup: name another file")
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft(path) as beside:
            _copy(store.path, beside, "rw")
            _verify(beside, path)
            beside.replace(path)
        return path.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: the backup cannot be written ({error})") from error


def restore(backup_file: Path, path: Path) -> Path | None:
    """Put a backup in the place of the store; return where the store it replaced was kept.

    Raises StoreError if the file is no sound backup of a store, or something else is at work on the store.
    """
    if path.exists() and backup_file.exists() and path.samefile(backup_file):
        raise StoreError(f"{backup_file}: is the store itself: name the backup to restore")
    with out_of_use(path):
        try:
            with draft(path) as beside:
                # What has no write-ahead log beside it may lie where nothing can be written.
                _copy(backup_file, beside, "rw" if Path(f"{backup_file}-wal").exists() else "ro&immutable=1")
                _verify(beside, backup_file)
                Store(beside, create=False).close()  # brought to this version, or refused as newer, before it counts
                kept = _put_aside(path)
                beside.replace(path)
        except OSError as error:
            raise StoreError(f"{path}: cannot be restored ({error.strerror})") from error
        except sqlite3.Error as error:
            raise StoreError(f"{backup_file}: is no backup of a store ({error})") from error
    return kept


def _copy(source: Path, target: Path, mode: str) -> None:
    target.touch(0o600)
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode={mode}", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def _verify(path: Path, name: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as db:
            result = db.execute("pragma integrity_check").fetchone()[0]
            db.execute("select 1 from entries, _sqlite_migrations limit 1")
    except sqlite3.Error as error:
        raise StoreError(f"{name}: is no backup of a store ({error})") from error
    if result != "ok":
        raise StoreError(f"{name}: is damaged ({result}): use an older backup")


def _put_aside(path: Path) -> Path | None:
    """Move the store and its write-ahead log away together: the log holds what the file does not have yet."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    kept = path.with_name(f"{path.name}.before-restore-{stamp}")
    for suffix in ("-wal", "-shm", ""):
        part = Path(f"{path}{suffix}")
        if part.exists():
            part.replace(f"{kept}{suffix}")
    return kept if kept.exists() else None


def _warnings(db: Database) -> Iterator[str]:
    live = "retired_at is null"
    for row in db.query(f"select course, id from entries where {live} and trim(answer) = ''"):
        yield f"{row['course']}/{row['id']}: has no answer"
    sql = f"select course, id, expires_on from entries where {live} and expires_on <> '' and expires_on < ?"
    for row in db.query(sql, [today()]):
        yield f"{row['course']}/{row['id']}: expired on {row['expires_on']}"
    for row in db.query(f"select id from courses where id not in (select course from entries where {live})"):
        yield f"{row['id']}: has no entries"
    seen: dict[tuple[str, str], str] = {}
    for row in db.query(f"select course, id, question from entries where {live} order by key"):
        first = seen.setdefault((row["course"], normalise(row["question"])), row["id"])
        if first != row["id"]:
            yield f"{row['course']}/{row['id']}: asks the same question as {first}"
