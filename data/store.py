"""The store: one SQLite file, one writing thread, a reading connection for each thread that reads.

Work is a plain function of a Database, so that what happens together is committed together:

    store.write(log.record_question, question, answer)
    entries = store.read(entries_of, "course")

What waits while the disk is busy goes to it with one commit, and each is still all or nothing by itself.
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database

from data.errors import StoreError
from data.files import draft
from data.schema import migrate

P = ParamSpec("P")
T = TypeVar("T")
BUSY_TIMEOUT_S = 20.0

logger = logging.getLogger(__name__)


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


@dataclass(slots=True)
class _Task:
    """Work that waits for the writing thread, and what it gave until that is on disk."""

    work: Callable[[Database], Any]
    future: Future[Any] = field(default_factory=Future)
    result: Any = None


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
            self._writing = connect(path)
            try:
                migrate(self._writing)
            except BaseException:
                self._writing.close()
                raise
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-writer")
        self._waiting: list[_Task] = []
        self._adding = threading.Lock()

    def submit(self, work: Callable[Concatenate[Database, P], T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue `work` for the writing thread; it is on disk when the future has its result."""
        task = _Task(lambda db: work(db, *args, **kwargs))
        with self._adding:
            if not self._waiting:
                self._writer.submit(self._commit)
            self._waiting.append(task)
        return task.future

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
        self._writer.submit(self._wipe).result()

    def close(self) -> None:
        """Wait for queued writes and for whoever reads, then close every connection."""
        self._writer.shutdown(wait=True)
        with self._reads:
            self._closed = True
            self._reads.wait_for(lambda: not self._reading)
        for db in [*self._open, self._writing]:
            db.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _commit(self) -> None:
        """Run what waits and commit it together; what fails leaves no trace and takes nothing else with it."""
        with self._adding:
            waiting, self._waiting = self._waiting, []
        db, tasks = self._writing, [task for task in waiting if task.future.set_running_or_notify_cancel()]
        try:
            with clear_errors(self.path):
                # IMMEDIATE: a deferred transaction that reads first fails when another process wrote meanwhile.
                db.execute("begin immediate")
                for task in tasks:
                    self._run(task, alone=len(tasks) == 1)
                db.execute("commit")
        except BaseException as error:
            db.rollback()
            for task in tasks:
                if not task.future.done():
                    task.future.set_exception(error)
        else:
            for task in tasks:
                if not task.future.done():
                    task.future.set_result(task.result)

    def _run(self, task: _Task, *, alone: bool) -> None:
        """Run a task within the transaction. Raises what it raises if the whole transaction is lost with it."""
        db = self._writing
        if not alone:
            db.execute("savepoint task")
        try:
            with clear_errors(self.path):
                task.result = task.work(db)
        except BaseException as error:
            if alone or not db.conn.in_transaction:  # a disk that is full takes back all that was not committed
                raise
            db.execute("rollback to task")
            task.future.set_exception(error)
        if not alone:
            db.execute("release task")

    def _wipe(self) -> None:
        with clear_errors(self.path):
            # Deleted cells are overwritten, but a page that was balanced keeps old copies: only a new file has none.
            self._writing.execute("vacuum")
            busy = self._writing.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
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
