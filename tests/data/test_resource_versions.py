"""An import of resources can be undone, and so can the undo; what was altered since is not run over."""

from pathlib import Path

import pytest
from listed import FILM, HEADER, PAPER, load
from persons import course

from data import audit, resource_versions
from data.entries import retire as retire_entries
from data.errors import Refused
from data.resources import resources
from data.store import Store


def last_change(store: Store) -> int:
    return store.read(audit.changes)[-1].id


def test_an_import_is_undone_and_done_again(store: Store, tmp_path: Path) -> None:
    course(store)
    load(store, tmp_path, HEADER + FILM)
    before = store.read(resources)
    load(store, tmp_path, HEADER + FILM.replace("12", "15").replace("|due", "") + PAPER)
    load(store, tmp_path, HEADER + PAPER, replace_all=True)
    after = store.read(resources)
    third = last_change(store)
    assert store.read(resource_versions.altered, third)
    assert store.write(resource_versions.undo, third) == 1
    assert store.write(resource_versions.undo, third - 1) == 2
    assert store.read(resources) == before
    (log_line,) = [c for c in store.read(audit.changes) if c.undoes == third - 1]
    assert (log_line.action, log_line.course) == ("undo", "c")
    for undone in (last_change(store), last_change(store) - 1):
        store.write(resource_versions.undo, undone)
    assert store.read(resources) == after


def test_what_is_undone_already_or_was_altered_since_is_refused(store: Store, tmp_path: Path) -> None:
    _, due = course(store)
    load(store, tmp_path, HEADER + FILM)
    first = last_change(store)
    load(store, tmp_path, HEADER + FILM.replace("12", "15"))
    with pytest.raises(Refused, match=r"altered again since: c/film; undo that first"):
        store.write(resource_versions.undo, first)
    second = last_change(store)
    store.write(retire_entries, [due.key])  # which a resource's own change has nothing to do with
    store.write(resource_versions.undo, second)
    with pytest.raises(Refused, match="is undone already"):
        store.write(resource_versions.undo, second)
    assert [resource.minutes for resource in store.read(resources)] == [12]
    assert not store.read(resource_versions.altered, 99)
