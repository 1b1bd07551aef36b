"""An import of resources or assignments can be undone, and so can the undo; what was altered since is not run over."""

from pathlib import Path

import pytest
from handed_in import TEACHER, asked, hand_in
from listed import FILM, HEADER, PAPER, load
from persons import course

from data import assignment_files, audit, submissions
from data.assignments import assignments
from data.entries import retire as retire_entries
from data.errors import Refused
from data.listed_versions import ASSIGNMENTS, RESOURCES
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
    assert store.read(RESOURCES.altered, third)
    assert store.write(RESOURCES.undo, third) == 1
    assert store.write(RESOURCES.undo, third - 1) == 2
    assert store.read(resources) == before
    (log_line,) = [c for c in store.read(audit.changes) if c.undoes == third - 1]
    assert (log_line.action, log_line.course) == ("undo", "c")
    for undone in (last_change(store), last_change(store) - 1):
        store.write(RESOURCES.undo, undone)
    assert store.read(resources) == after


def test_what_is_undone_already_or_was_altered_since_is_refused(store: Store, tmp_path: Path) -> None:
    _, due = course(store)
    load(store, tmp_path, HEADER + FILM)
    first = last_change(store)
    load(store, tmp_path, HEADER + FILM.replace("12", "15"))
    with pytest.raises(Refused, match=r"altered again since: c/film; undo that first"):
        store.write(RESOURCES.undo, first)
    second = last_change(store)
    store.write(retire_entries, [due.key])  # which a resource's own change has nothing to do with
    store.write(RESOURCES.undo, second)
    with pytest.raises(Refused, match="is undone already"):
        store.write(RESOURCES.undo, second)
    assert [resource.minutes for resource in store.read(resources)] == [12]
    assert not store.read(RESOURCES.altered, 99)


def assign(store: Store, folder: Path, rows: str, *, replace_all: bool = False) -> int:
    """Import assignments and return the number of the change."""
    path = folder / "assignments.csv"
    path.write_text(f"course,id,title,prompt,max_score\n{rows}", encoding="utf-8")
    store.write(assignment_files.apply, store.read(assignment_files.plan, path, replace_all=replace_all))
    return last_change(store)


def test_an_import_of_assignments_is_undone_and_done_again(store: Store, tmp_path: Path) -> None:
    course(store)
    assign(store, tmp_path, "c,why,Why?,Explain why.,4\n")
    before = store.read(assignments)
    change = assign(store, tmp_path, "c,why,Why so?,Explain.,5\nc,how,How?,Say how.,4\n")
    after = store.read(assignments)
    assert store.write(ASSIGNMENTS.undo, change) == 2
    assert store.read(assignments) == before
    assert store.write(ASSIGNMENTS.undo, last_change(store)) == 2
    assert store.read(assignments) == after


def test_an_undo_brings_back_no_scale_that_given_marks_are_not_on(store: Store, tmp_path: Path) -> None:
    course(store)
    assign(store, tmp_path, "c,why,Why?,Explain why.,4\n")
    change = assign(store, tmp_path, "c,why,Why?,Explain why.,6\n")
    one = hand_in(store, asked(store, store.read(assignments)[0]))
    store.write(submissions.mark, one.id, 5, "", teacher=TEACHER, ref=None)
    with pytest.raises(Refused, match=r"c/why: marks were given that are not on this scale: 5"):
        store.write(ASSIGNMENTS.undo, change)
