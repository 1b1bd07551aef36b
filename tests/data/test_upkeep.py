"""A store is checked, backed up and restored without losing anything."""

import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlite_utils import Database

from data import locks, upkeep
from data.cli import Common
from data.entries import add_course, courses, put, retire
from data.errors import StoreError
from data.records import Entry
from data.store import Store

HOLD_LOCK = """
import sys
from pathlib import Path
from data.locks import in_use, running_alone
with {"bot": running_alone, "chat": in_use}[sys.argv[2]](Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
DIE_UNTIDILY = """
import os, sys
from pathlib import Path
from data.cli import Common
from data.entries import add_course
from data.store import Store
Store(Path(sys.argv[1])).write(add_course, "only-in-the-log")
os._exit(0)
"""


def ids(path: Path) -> list[str]:
    with Store(path, create=False) as store:
        return [course.id for course in store.read(courses)]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A store with one course, closed; beside it nothing."""
    path = tmp_path / "store" / "tutor.db"
    with Store(path) as store:
        store.write(add_course, "old")
    return path


def test_a_sound_store_has_no_errors_and_no_warnings(store: Store) -> None:
    store.write(add_course, "c")
    store.write(put, Entry("c", "a", "Q?", "A."))
    assert store.read(upkeep.check) == upkeep.Report((), ())


def test_check_finds_references_to_missing_rows(store: Store) -> None:
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("insert into alternates (entry, position, text) values (99, 0, 'x')")
        db.execute("insert into escalations (question, created_at) values (7, '')")
    errors = store.read(upkeep.check).errors
    assert len(errors) == 2
    assert any(e.startswith("alternates: row ") and e.endswith("a missing row of entries") for e in errors)
    assert "escalations: row 1 points to a missing row of questions" in errors


def test_check_warns_of_entries_a_teacher_should_look_at(store: Store) -> None:
    def fill(db: Database) -> None:
        add_course(db, "c")
        add_course(db, "bare")
        put(db, Entry("c", "a", "What is it?", "A."))
        put(db, Entry("c", "same", "what  is IT?", "B."))
        put(db, Entry("c", "no-answer", "Q2?", " "))
        put(db, Entry("c", "expired", "Q3?", "A.", expires_on="2001-01-01"))
        retire(db, [put(db, Entry("c", "retired", "Q2?", ""))])

    store.write(fill)
    assert store.read(upkeep.check) == upkeep.Report(
        (),
        (
            "c/no-answer: has no answer",
            "c/expired: expired on 2001-01-01",
            "bare: has no entries",
            "c/same: asks the same question as a",
        ),
    )


def test_a_backup_of_a_store_in_use_is_whole_and_its_owners_alone(store: Store, tmp_path: Path) -> None:
    store.write(add_course, "c")
    file = tmp_path / "backups" / "b.db"
    assert upkeep.backup(store, file) == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["b.db"]
    store.write(add_course, "later")
    assert ids(file) == ["c"]


def test_a_new_backup_takes_the_place_of_the_old(store: Store, tmp_path: Path) -> None:
    upkeep.backup(store, tmp_path / "b.db")
    store.write(add_course, "c")
    upkeep.backup(store, tmp_path / "b.db")
    assert ids(tmp_path / "b.db") == ["c"]


def test_a_backup_onto_the_store_itself_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(store.path)
    for path in (store.path, tmp_path / "link.db"):
        with pytest.raises(StoreError, match="is the store itself"):
            upkeep.backup(store, path)
    store.write(add_course, "c")
    assert [course.id for course in store.read(courses)] == ["c"]


def test_a_backup_that_cannot_be_written_leaves_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    before = sorted(path.name for path in tmp_path.iterdir())
    for path in (tmp_path / "file" / "b.db", tmp_path / "folder", Path("/")):
        with pytest.raises(StoreError, match="the backup cannot be written"):
            upkeep.backup(store, path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_restored_backup_is_the_store_and_the_old_one_is_kept(closed: Path, tmp_path: Path) -> None:
    with Store(closed) as store:
        upkeep.backup(store, tmp_path / "b.db")
        store.write(add_course, "new")
    kept = upkeep.restore(tmp_path / "b.db", closed)
    assert kept is not None
    assert ids(closed) == ["old"]
    assert ids(kept) == ["new", "old"]
    assert stat.S_IMODE(closed.stat().st_mode) == 0o600
    assert upkeep.restore(kept, closed) is not None
    assert ids(closed) == ["new", "old"]


def test_a_backup_is_restored_where_there_was_no_store(closed: Path, tmp_path: Path) -> None:
    assert upkeep.restore(closed, tmp_path / "new" / "tutor.db") is None
    assert ids(tmp_path / "new" / "tutor.db") == ["old"]


def test_what_a_crash_left_in_the_log_is_kept_and_restored_too(closed: Path, tmp_path: Path) -> None:
    with Store(closed) as store:
        upkeep.backup(store, tmp_path / "b.db")
    subprocess.run([sys.executable, "-c", DIE_UNTIDILY, str(closed)], check=True)
    kept = upkeep.restore(tmp_path / "b.db", closed)
    assert kept is not None
    assert ids(closed) == ["old"]
    upkeep.restore(kept, closed)
    assert ids(closed) == ["old", "only-in-the-log"]


def test_a_backup_in_a_folder_for_reading_only_can_be_restored(closed: Path, tmp_path: Path) -> None:
    with Store(closed) as store:
        upkeep.backup(store, tmp_path / "disc" / "b.db")
    (tmp_path / "disc" / "b.db").chmod(0o400)
    (tmp_path / "disc").chmod(0o500)
    upkeep.restore(tmp_path / "disc" / "b.db", closed)
    assert ids(closed) == ["old"]
    assert [path.name for path in (tmp_path / "disc").iterdir()] == ["b.db"]


def test_what_is_no_backup_is_refused_and_the_store_untouched(closed: Path, tmp_path: Path) -> None:
    (tmp_path / "garbage.db").write_bytes(b"garbage" * 1000)
    (tmp_path / "empty.db").touch()
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.execute("create table notes (text)")
    before = bytes_of(closed.parent)
    for name in ("garbage.db", "empty.db", "other.db", "none.db", "."):
        with pytest.raises(StoreError, match="is no backup of a store"):
            upkeep.restore(tmp_path / name, closed)
    assert bytes_of(closed.parent) == before
    assert not (tmp_path / "none.db").exists()


def test_a_damaged_backup_is_refused_and_the_store_untouched(closed: Path, tmp_path: Path) -> None:
    raw = bytearray(closed.read_bytes())
    raw[4096 * 3 :] = b"\xa5" * len(raw[4096 * 3 :])
    (tmp_path / "b.db").write_bytes(raw)
    before = bytes_of(closed.parent)
    with pytest.raises(StoreError, match=r"b\.db: is (damaged|no backup)"):
        upkeep.restore(tmp_path / "b.db", closed)
    assert bytes_of(closed.parent) == before


def test_a_backup_of_a_newer_version_is_refused_and_the_store_untouched(closed: Path, tmp_path: Path) -> None:
    shutil.copy(closed, tmp_path / "b.db")
    with closing(sqlite3.connect(tmp_path / "b.db")) as db, db:
        db.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('tutor', '9999_x', '')")
    before = bytes_of(closed.parent)
    with pytest.raises(StoreError, match="newer version"):
        upkeep.restore(tmp_path / "b.db", closed)
    assert bytes_of(closed.parent) == before


@contextmanager
def open_elsewhere(path: Path, what: str) -> Iterator[None]:
    """Hold the lock of a bot or of a chat in another process."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, str(path), what], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate()


@pytest.mark.parametrize(
    ("what", "said"),
    [("bot", "already running on this store: stop it first"), ("chat", "a chat or a command such as")],
)
def test_restore_is_refused_while_a_bot_or_a_chat_is_open_on_the_store(
    closed: Path, tmp_path: Path, what: str, said: str
) -> None:
    with Store(closed) as store:
        upkeep.backup(store, tmp_path / "b.db")
        store.write(add_course, "new")
    with open_elsewhere(closed, what), pytest.raises(StoreError, match=said):
        upkeep.restore(tmp_path / "b.db", closed)
    assert ids(closed) == ["new", "old"]
    upkeep.restore(tmp_path / "b.db", closed)
    assert ids(closed) == ["old"]


def test_chats_and_one_bot_go_on_side_by_side(closed: Path) -> None:
    with open_elsewhere(closed, "bot"), open_elsewhere(closed, "chat"):
        with locks.in_use(closed):
            pass
        with pytest.raises(StoreError, match="already running"), locks.running_alone(closed):
            pass
    with open_elsewhere(closed, "chat"), locks.running_alone(closed):
        pass


def test_restore_is_refused_while_a_command_is_at_work_and_a_command_while_one_restores(
    closed: Path, tmp_path: Path
) -> None:
    common = Common(closed, tmp_path, as_json=False)
    with common.store() as store, common.store():
        upkeep.backup(store, tmp_path / "b.db")
        with pytest.raises(StoreError, match="is at work on this store: let it end first"):
            upkeep.restore(tmp_path / "b.db", closed)
    with locks.out_of_use(closed):
        for create in (False, True):
            with pytest.raises(StoreError, match="a backup is being restored"), common.store(create=create):
                pass
    upkeep.restore(tmp_path / "b.db", closed)


def test_where_there_is_no_store_nothing_is_made_to_hold_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError), Common(tmp_path / "none" / "tutor.db", tmp_path, as_json=False).store():
        pass
    assert not (tmp_path / "none").exists()


def test_a_store_that_cannot_be_locked_says_so(closed: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be locked"):
        upkeep.restore(closed, tmp_path / "file" / "tutor.db")


def test_a_backup_does_not_overwrite_a_file_that_is_no_backup(store: Store, tmp_path: Path) -> None:
    mine = tmp_path / "course.csv"
    mine.write_text("question,answer\n")
    with pytest.raises(StoreError, match="no backup: name another file"):
        upkeep.backup(store, mine)
    assert mine.read_text() == "question,answer\n"


def test_the_store_is_not_restored_from_itself(store: Store) -> None:
    with pytest.raises(StoreError, match="is the store itself"):
        upkeep.restore(store.path, store.path)
