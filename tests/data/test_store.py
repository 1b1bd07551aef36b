"""The store keeps what was committed, all or nothing, and says clearly what stopped it."""

import gc
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from data import diagnosis
from data.entries import add_course, courses, entries, put
from data.errors import StoreError
from data.records import Entry
from data.store import Store

WRITER = """
import sys
from pathlib import Path
from data.entries import add_course
from data.store import Store
with Store(Path(sys.argv[1])) as store:
    for n in range(int(sys.argv[3])):
        store.write(add_course, f"{sys.argv[2]}-{n}")
"""


def ids(store: Store) -> list[str]:
    return [course.id for course in store.read(courses)]


def fill_then_fail(db: Database) -> None:
    add_course(db, "half")
    put(db, Entry("half", "a", "Q?", "A."))
    raise KeyError("in the middle")


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "tutor.db"
    with Store(path) as store:
        store.write(add_course, "c", "A title")
    with Store(path, create=False) as store:
        assert ids(store) == ["c"]


def test_an_error_in_the_middle_leaves_nothing_of_the_step(store: Store) -> None:
    store.write(add_course, "before")
    with pytest.raises(KeyError, match="in the middle"):
        store.write(fill_then_fail)
    assert ids(store) == ["before"]
    assert store.read(entries) == []


def test_the_store_goes_on_after_an_error(store: Store) -> None:
    with pytest.raises(KeyError):
        store.write(fill_then_fail)
    store.write(add_course, "after")
    assert ids(store) == ["after"]


def behind(store: Store, *works: Callable[[Database], object]) -> list[Future[Any]]:
    """Submit works while the writing thread is held up, so that they are committed together."""
    go_on = held_up(store)
    futures: list[Future[Any]] = [store.submit(work) for work in works]
    go_on.set()
    return futures


def held_up(store: Store) -> threading.Event:
    """Hold the writing thread up until the event that this returns is set."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Database) -> None:
        begun.set()
        go_on.wait(10)

    store.submit(hold)
    assert begun.wait(10)
    return go_on


def test_of_works_that_are_committed_together_one_fails_alone(store: Store) -> None:
    first, failed, last = behind(store, lambda db: add_course(db, "a"), fill_then_fail, lambda db: add_course(db, "b"))
    assert (first.result(10), last.result(10)) == (None, None)
    assert isinstance(failed.exception(10), KeyError)
    assert ids(store) == ["a", "b"]
    assert store.read(entries) == []


def test_what_waits_together_is_on_disk_with_one_commit(store: Store) -> None:
    with closing(sqlite3.connect(store.path, check_same_thread=False)) as watching:
        seen = set[tuple[int, int]]()

        def work(number: int) -> Callable[[Database], object]:
            def add(db: Database) -> None:
                add_course(db, f"c{number}")
                version = watching.execute("pragma data_version").fetchone()[0]
                seen.add((version, watching.execute("select count(*) from courses").fetchone()[0]))

            return add

        for future in behind(store, *map(work, range(5))):
            future.result(10)
        assert len(seen) == 1  # from another connection, none of them is there before all are
    assert len(ids(store)) == 5


def test_a_commit_that_fails_is_told_to_all_that_were_in_it(store: Store) -> None:
    def orphan(db: Database) -> None:
        db.execute("pragma defer_foreign_keys=on")
        put(db, Entry("no such course", "a", "Q?", "A."))

    together = behind(store, lambda db: add_course(db, "a"), orphan)
    assert all(isinstance(future.exception(10), sqlite3.IntegrityError) for future in together)
    store.write(add_course, "after")
    assert ids(store) == ["after"]


def test_a_disk_that_is_full_loses_nothing_that_was_said_to_be_there(store: Store) -> None:
    def fill(db: Database) -> None:
        for n in range(100):
            put(db, Entry("c", str(n), "Q?", "A" * 30_000))

    store.write(add_course, "c")
    store.write(lambda db: db.execute("pragma max_page_count=1").fetchall())  # as few as there are
    futures = behind(store, *(lambda db, i=i: add_course(db, f"c{i}") for i in range(3)), fill, fill)  # type: ignore[misc]
    told = [future.exception(10) for future in futures]
    assert all(error is None or "the disk is full" in str(error) for error in told)
    assert isinstance(told[-1], StoreError)
    store.write(lambda db: db.execute("pragma max_page_count=1000000").fetchall())
    assert ids(store) == ["c", *(f"c{i}" for i, error in enumerate(told[:3]) if error is None)]
    assert store.read(entries) == []


def test_work_that_fails_leaves_no_open_cursor_behind(store: Store) -> None:
    def broken(db: Database) -> list[str]:
        rows = (row[0] for row in db.execute("select id from courses"))
        return [f"{next(rows)} {1 // 0}"]

    for course in ("a", "b"):
        store.write(add_course, course)
    gc.disable()  # which would close it
    try:
        alone = store.submit(broken)
        together = behind(store, broken, lambda db: add_course(db, "c"))
        assert isinstance(alone.exception(10), ZeroDivisionError)
        assert isinstance(together[0].exception(10), ZeroDivisionError)
        with Store(store.path) as other:
            other.write(add_course, "d")
        store.write(add_course, "e")
        store.wipe()
    finally:
        gc.enable()
    assert ids(store) == ["a", "b", "c", "d", "e"]


def test_what_nobody_waits_for_any_more_is_not_written(store: Store) -> None:
    go_on = held_up(store)
    gone, kept = store.submit(add_course, "gone"), store.submit(add_course, "kept")
    assert gone.cancel()
    go_on.set()
    kept.result(10)
    assert ids(store) == ["kept"]


def test_a_broken_reference_is_refused_and_rolled_back(store: Store) -> None:
    def orphan(db: Database) -> None:
        add_course(db, "c")
        put(db, Entry("no such course", "a", "Q?", "A."))

    with pytest.raises(sqlite3.IntegrityError):
        store.write(orphan)
    assert ids(store) == []


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match="readonly"):
        store.read(add_course, "c")
    assert ids(store) == []


def test_a_reader_sees_one_snapshot(store: Store) -> None:
    def read_around_a_write(db: Database) -> tuple[int, int]:
        before = len(courses(db))
        store.write(add_course, "c")
        return before, len(courses(db))

    assert store.read(read_around_a_write) == (0, 0)
    assert ids(store) == ["c"]


def test_every_thread_reads_what_another_wrote(store: Store) -> None:
    store.write(add_course, "c")
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: ids(store), range(8))) == [["c"]] * 8


def test_closing_waits_for_queued_writes(tmp_path: Path) -> None:
    with Store(tmp_path / "t.db") as store:
        for n in range(20):
            store.submit(add_course, f"c{n}")
    with Store(tmp_path / "t.db") as store:
        assert len(ids(store)) == 20


def test_two_processes_write_and_neither_loses_anything(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "t.db")]
    running = [subprocess.Popen([*command, name, "40"]) for name in ("a", "b")]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    with Store(tmp_path / "t.db", create=False) as store:
        assert len(ids(store)) == 80


def test_two_stores_write_to_one_file_in_turn(store: Store) -> None:
    with Store(store.path) as other:
        for n in range(10):
            (store if n % 2 else other).submit(add_course, f"c{n}")
    store.write(add_course, "last")
    assert len(ids(store)) == 11


def test_a_new_store_opened_many_times_at_once_is_made_once(tmp_path: Path) -> None:
    for turn in range(5):
        path = tmp_path / f"{turn}.db"
        start = threading.Barrier(6)

        def open_it(number: int, path: Path = path, start: threading.Barrier = start) -> None:
            start.wait()
            with Store(path) as store:
                store.write(add_course, f"c{number}")

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(open_it, range(6)))
        with Store(path, create=False) as store:
            assert len(ids(store)) == 6
    assert not [p for p in tmp_path.iterdir() if p.suffix != ".db"]


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    with Store(tmp_path / "tutor.db") as store:
        store.write(add_course, "c")
        for part in tmp_path.glob("tutor.db*"):
            assert stat.S_IMODE(part.stat().st_mode) == 0o600, part


def test_a_missing_store_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="python -m data import FILE"):
        Store(tmp_path / "none.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_store_whose_damage_is_no_text_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "tutor.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("pragma writable_schema=on")
        db.execute("update sqlite_master set sql = cast(x'637265617465d920' as text) where name = 'courses'")
    with pytest.raises(StoreError, match=r"the file is damaged: .*restore BACKUP"):
        Store(path)
    findings = list(diagnosis.store_found(path))
    assert [finding.level for finding in findings if finding.about == "store"] == ["error"]


def test_a_file_that_is_no_database_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("My notes, not a database.\n" * 100)
    with pytest.raises(StoreError, match=r"not a database: .*restore BACKUP"):
        Store(path)
    assert path.read_text().startswith("My notes")


def test_a_folder_in_place_of_the_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        Store(tmp_path)


def test_a_store_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--db"):
        Store(tmp_path / "file" / "tutor.db")


def test_a_full_disk_leaves_the_store_as_it_was(store: Store) -> None:
    store.write(add_course, "c")

    def limit(db: Database, pages: int) -> None:
        db.execute(f"pragma max_page_count={pages}").fetchall()

    def fill(db: Database) -> None:
        for n in range(100):
            put(db, Entry("c", str(n), "Q?", "A" * 30_000))

    def pages(db: Database) -> int:
        return int(db.execute("pragma page_count").fetchone()[0])

    store.submit(limit, store.read(pages) + 20).result()
    with pytest.raises(StoreError, match=r"the disk is full: free some space; nothing of this step was written"):
        store.write(fill)
    assert store.read(entries) == []
    store.write(limit, 1_000_000)
    store.write(fill)
    assert len(store.read(entries)) == 100


def test_a_store_held_by_another_program_says_so(store: Store) -> None:
    def wait_briefly(db: Database) -> None:
        db.execute("pragma busy_timeout=1").fetchall()

    store.write(wait_briefly)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreError, match="another program holds it"):
        store.write(add_course, "c")
    other.execute("rollback")
    other.close()
    store.write(add_course, "c")
    assert ids(store) == ["c"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied"):
        Store(tmp_path / "tutor.db")


def test_a_read_that_fails_does_not_keep_later_reads_of_its_thread_in_the_past(store: Store) -> None:
    def broken(db: Database) -> None:
        cursor = db.execute("select 1 union all select 2")
        cursor.fetchone()
        raise ValueError(cursor)

    with pytest.raises(ValueError) as error:
        store.read(broken)
    store.write(add_course, "c")
    assert [course.id for course in store.read(courses)] == ["c"], error


def test_closing_waits_for_whoever_reads_and_later_reads_are_refused(tmp_path: Path) -> None:
    store, begun, go_on = Store(tmp_path / "tutor.db"), threading.Event(), threading.Event()

    def read(db: Database) -> int:
        begun.set()
        go_on.wait(10)
        return int(db.execute("select 1").fetchone()[0])

    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(store.read, read)
        assert begun.wait(10)
        closing = pool.submit(store.close)
        assert not closing.done()
        go_on.set()
        assert reading.result(10) == 1
        closing.result(10)
    with pytest.raises(StoreError, match="closed"):
        store.read(read)
