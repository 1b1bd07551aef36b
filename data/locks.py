"""Who may be at a store at the same time: one bot, any number of commands, and nobody else during a restore.

The kernel frees a lock when its process ends, however that comes about. Each raises StoreError if it cannot be had.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import StoreError


@contextmanager
def running_alone(path: Path) -> Iterator[None]:
    """Hold the lock of the bot: one bot, or one restore, at a time."""
    busy = f"{path}: a bot is already running on this store: stop it first"
    with _locked(Path(f"{path}.lock"), fcntl.LOCK_EX, busy):
        yield


@contextmanager
def in_use(path: Path) -> Iterator[None]:
    """Hold off a restore; whatever else is at the store may go on beside."""
    busy = f"{path}: a backup is being restored on this store: try again when that is done"
    with _locked(_use(path), fcntl.LOCK_SH, busy):
        yield


@contextmanager
def out_of_use(path: Path) -> Iterator[None]:
    """Hold off everything else."""
    busy = f"{path}: a chat or a command such as `import` or `fit` is at work on this store: let it end first"
    with running_alone(path), _locked(_use(path), fcntl.LOCK_EX, busy):
        yield


def _use(path: Path) -> Path:
    return Path(f"{path}.use.lock")


@contextmanager
def _locked(path: Path, how: int, busy: str) -> Iterator[None]:
    """Hold a lock on a file, which is made if need be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: cannot be locked ({error.strerror}): check that you may write there") from error
    with os.fdopen(lock, "w") as handle:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(busy) from error
        yield


def write_ahead(db: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; SQLite does not wait for others that switch at the same moment, so this does."""
    for wait in (0.01 * 2**i for i in range(11)):  # 20 s in all
        try:
            db.execute("pragma journal_mode=wal")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(wait)
