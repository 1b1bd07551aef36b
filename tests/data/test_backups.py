"""Backups in a folder: each is sound and can be restored, and the oldest go."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data import backups, upkeep
from data.entries import add_course, courses
from data.errors import StoreError
from data.store import Store


def ids(path: Path) -> list[str]:
    with Store(path, create=False) as store:
        return [course.id for course in store.read(courses)]


def test_the_newest_are_kept_and_the_oldest_go(store: Store, tmp_path: Path) -> None:
    taken = []
    for name in ("a", "b", "c", "d"):
        store.write(add_course, name)
        taken.append(backups.rotate(store, tmp_path / "backups", 3))
    assert backups.backups(tmp_path / "backups") == taken[:0:-1]
    assert not taken[0].exists()
    assert datetime.now(UTC) - backups.taken_at(taken[-1]) < timedelta(minutes=1)


def test_a_rotated_backup_is_restored_and_sound(store: Store, tmp_path: Path) -> None:
    for name in ("a", "b"):
        store.write(add_course, name)
        backups.rotate(store, tmp_path / "backups", 2)
    store.write(add_course, "later")
    newest, oldest = backups.backups(tmp_path / "backups")
    restored = tmp_path / "restored" / "tutor.db"
    upkeep.restore(newest, restored)
    with Store(restored) as there:
        assert there.read(upkeep.check).errors == ()
        assert [course.id for course in there.read(courses)] == ["a", "b"]
    upkeep.restore(oldest, restored)
    assert ids(restored) == ["a"]


def test_other_files_in_the_folder_are_left_alone(store: Store, tmp_path: Path) -> None:
    names = ("tutor.db.keep", "mine.db", "tutor-2026.db")
    for name in names:
        (tmp_path / name).write_text("mine")
    for _ in range(3):
        backups.rotate(store, tmp_path, 1)
    assert len(backups.backups(tmp_path)) == 1
    assert all((tmp_path / name).read_text() == "mine" for name in names)


def test_a_backup_from_the_future_does_not_push_out_the_new_one(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    future = folder / "tutor-29991231T000000000000Z.db"
    future.write_text("")
    new = backups.rotate(store, folder, 1)
    assert backups.backups(folder) == [new]


def test_what_cannot_be_written_removes_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="the backup cannot be written"):
        backups.rotate(store, tmp_path / "file", 1)
    assert backups.backups(tmp_path / "none") == []


def test_an_old_one_that_cannot_be_removed_is_said(store: Store, tmp_path: Path) -> None:
    stuck = tmp_path / "backups" / "tutor-20000101T000000000000Z.db"
    stuck.mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be removed"):
        backups.rotate(store, tmp_path / "backups", 1)
    assert len(backups.backups(tmp_path / "backups")) == 2
