"""The thread that writes to the store: what waits while the disk is busy goes to it with one commit."""

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from data.connections import clear_errors

T = TypeVar("T")


@dataclass(slots=True)
class _Task:
    """Work that waits for the writing thread, and what it gave until that is on disk."""

    work: Callable[[Database], Any]
    future: Future[Any] = field(default_factory=Future)
    result: Any = None


class Writer:
    """Runs work on one connection in the order in which it came, each all or nothing."""

    def __init__(self, path: Path, db: Database) -> None:
        self._path = path
        self._db = db
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-writer")
        self._waiting: list[_Task] = []
        self._adding = threading.Lock()

    def submit(self, work: Callable[[Database], T]) -> Future[T]:
        """Queue work that is to be in a transaction; it is on disk when the future has its result."""
        task = _Task(work)
        with self._adding:
            if not self._waiting:
                self._thread.submit(self._commit)
            self._waiting.append(task)
        return task.future

    def between(self, work: Callable[[Database], T]) -> T:
        """Run work that no transaction may be around, once what came before it is committed."""
        return self._thread.submit(work, self._db).result()

    def finish(self) -> None:
        """Wait until all that was queued is done; nothing more is taken."""
        self._thread.shutdown(wait=True)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def _commit(self) -> None:
        """Commit together what waits. Work that fails leaves no trace of itself, a disk that fails none of any."""
        with self._adding:
            waiting, self._waiting = self._waiting, []
        db, tasks = self._db, [task for task in waiting if task.future.set_running_or_notify_cancel()]
        if not tasks:
            return
        try:
            with clear_errors(self._path):
                # IMMEDIATE: a deferred transaction that reads first fails when another process wrote meanwhile.
                db.execute("begin immediate")
                for task in tasks:
                    self._run(task, alone=len(tasks) == 1)
                db.execute("commit")
        except BaseException as error:
            try:
                db.rollback()
            finally:
                for task in tasks:
                    if not task.future.done():
                        task.future.set_exception(error)
        else:
            for task in tasks:
                if not task.future.done():
                    task.future.set_result(task.result)

    def _run(self, task: _Task, *, alone: bool) -> None:
        """Run a task within the transaction. Raises what it raises if the whole transaction is lost with it."""
        db = self._db
        if not alone:
            db.execute("savepoint task")
        try:
            with clear_errors(self._path):
                task.result = task.work(db)
        except BaseException as error:
            # Its frames hold open cursors, by which the connection would stay in this transaction's snapshot.
            for flaw in (error, error.__cause__):
                traceback.clear_frames(flaw.__traceback__ if flaw else None)
            if alone or not db.conn.in_transaction:  # a disk that is full takes back all that was not committed
                raise
            db.execute("rollback to task")
            task.future.set_exception(error)
        if not alone:
            db.execute("release task")
