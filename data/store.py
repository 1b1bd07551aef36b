"""The store: one SQLite file, one writing thread, a reading connection for each thread that reads.

Work is a plain function of a Database, so that what happens together is committed together:

    store.write(log.record_question, question, answer)
    entries = store.read(entries_of, "course")
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database

from data.connections import clear_errors, connect
from data.errors import StoreError
from data.files import draft
from data.schema import migrate
from data.writing import Writer

P = ParamSpec("P")
T = TypeVar("T")


class Store:
    """Read and write one database file from any thread.

    Raises StoreError if the file cannot be opened, is no database, or is newer than this program;
    with `create=False` also if it does not exist.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        if not create and not path.exists():
            raise StoreError(
                f"there is no store at {path}: run `python -m data sample` or `python -m data import FILE` first"
            )
        self._local = threading.local()
        self._open: list[Database] = []
        self._reads = threading.Condition()
        self._reading, self._closed = 0, False
        with clear_errors(path):
            if not path.exists():
                _make(path)
            db = connect(path)
            try:
                migrate(db)
            except BaseException:
                db.close()
                raise
        self._writer = Writer(path, db)

    def submit(self, work: Callable[Concatenate[Database, P], T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue `work` for the writing thread; it is on disk when the future has its result."""
        return self._writer.submit(lambda db: work(db, *args, **kwargs))

    def write(self, work: Callable[Concatenate[Database, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one transaction and return its result once it is on disk; all or nothing."""
        return self.submit(work, *args, **kwargs).result()

    def read(self, work: Callable[Concatenate[Database, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` on this thread's own connection, on one snapshot of the store, which it cannot change."""
        with self._counted(), clear_errors(self.path):
            db = self._reader()
            db.execute("begin")
            try:
                return work(db, *args, **kwargs)
            except BaseException:
                # The error holds frames, and with them open cursors: later reads would go on in this snapshot.
                self._local.db = None
                self._open.remove(db)
                db.close()
                raise
            finally:
                if self._local.db is db:
                    db.rollback()

    def wipe(self) -> None:
        """Write the file anew without what was deleted from it, and empty the write-ahead log, so that no byte stays.

        Raises StoreError if somebody reads for too long, or the disk has no room for a second copy.
        """
        self._writer.between(self._wipe)

    def close(self) -> None:
        """Wait for queued writes and for whoever reads, then close every connection."""
        self._writer.finish()
        with self._reads:
            self._closed = True
            self._reads.wait_for(lambda: not self._reading)
        for db in self._open:
            db.close()
        self._writer.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wipe(self, db: Database) -> None:
        with clear_errors(self.path):
            # Deleted cells are overwritten, but a page that was balanced keeps old copies: only a new file has none.
            db.execute("vacuum")
            busy = db.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
        if busy:
            raise StoreError(f"{self.path}: the write-ahead log is being read and could not be emptied: try again")

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count a read: a connection that is closed while another thread uses it takes the process with it."""
        with self._reads:
            if self._closed:
                raise StoreError(f"{self.path}: was closed already")
            self._reading += 1
        try:
            yield
        finally:
            with self._reads:
                self._reading -= 1
                self._reads.notify_all()

    def _reader(self) -> Database:
        db: Database | None = getattr(self._local, "db", None)
        if db is None:
            db = connect(self.path)
            db.execute("pragma query_only=on")
            self._local.db = db
            self._open.append(db)
        return db


def _make(path: Path) -> None:
    """Create the file for its owner alone: it holds what students write."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft(path) as beside:
            os.close(os.open(beside, os.O_CREAT | os.O_WRONLY, 0o600))
            # Linked into place with its journal mode: SQLite does not wait for another that is changing it.
            connect(beside).close()
            with suppress(FileExistsError):
                os.link(beside, path)
    except OSError as error:
        raise StoreError(f"{path} cannot be made ({error.strerror}): choose another place with --db") from error
