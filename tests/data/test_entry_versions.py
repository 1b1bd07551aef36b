"""What a change altered can be brought back, whatever it was, and never at the cost of a later change."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import audit, importing
from data.entries import entries, revision
from data.errors import Refused
from data.records import Entry
from data.store import Store
from data.versions import undo, versions

HEADER = "course,id,question,answer,alternates,tags\n"
FIRST = HEADER + "c,a,A?,One.,x|y,t\nc,b,B?,Two.,,\nd,a,D?,Three.,,\n"


def load(store: Store, text: str, *, replace: bool = False) -> int | None:
    path = store.path.with_name("qa.csv")
    path.write_text(text, encoding="utf-8")
    return store.write(lambda db: importing.apply(db, importing.plan(db, path, replace_all=replace)))


def content(store: Store) -> list[Entry]:
    return store.read(entries, live=False)


def log(store: Store) -> list[tuple[str, str | None, str, int]]:
    return [(c.action, c.course, c.detail, c.entries) for c in store.read(audit.changes)]


def test_an_import_stands_in_the_log_with_who_what_and_how_many(store: Store) -> None:
    assert load(store, FIRST) == 1
    assert load(store, FIRST) is None
    assert load(store, HEADER + "c,a,A?,New.,,\n", replace=True) == 2
    assert log(store) == [
        ("import", None, "qa.csv: 3 added, 0 changed, 0 retired", 3),
        ("import", "c", "qa.csv: 0 added, 1 changed, 1 retired", 2),
    ]
    assert {c.actor for c in store.read(audit.changes)} == {audit.this_user()}


def test_a_whole_import_is_brought_back_and_the_undoing_too(store: Store) -> None:
    load(store, FIRST)
    before = content(store)
    load(store, HEADER + "c,a,Other?,New.,z,\nc,new,N?,N.,,\n", replace=True)
    after = content(store)
    assert store.write(undo, 2) == 3
    assert content(store) == before
    assert store.write(undo, 3) == 3
    assert content(store) == after
    assert log(store)[2:] == [("undo", "c", "of change 2", 3), ("undo", "c", "of change 3", 3)]
    assert [c.undoes for c in store.read(audit.changes)] == [None, None, 2, 3]


def test_what_a_change_did_is_kept_word_for_word(store: Store) -> None:
    load(store, FIRST)
    load(store, HEADER + "c,a,A?,New.,x,t\n")
    (version,) = store.read(versions, 2)
    assert (version.course, version.id) == ("c", "a")
    assert version.before is not None
    assert version.after is not None
    assert (version.before["answer"], version.before["alternates"], version.before["tags"]) == ("One.", ["x", "y"], "t")
    assert (version.after["answer"], version.after["alternates"], version.after["tags"]) == ("New.", ["x"], "t")


def test_changes_are_undone_from_the_last_to_the_first(store: Store) -> None:
    states = []
    for answer in ("1", "2", "3"):
        load(store, HEADER + f"c,a,A?,{answer},,\n")
        states.append(content(store))
    for change, state in ((3, states[1]), (2, states[0]), (1, [])):
        store.write(undo, change)
        assert content(store) == state


def test_a_change_under_a_later_one_is_refused_and_nothing_is_altered(store: Store) -> None:
    load(store, FIRST)
    load(store, HEADER + "c,b,B?,Mended.,,\n")
    before = content(store)
    with pytest.raises(Refused, match="change 1: c/b was altered again by change 2: undo that first"):
        store.write(undo, 1)
    assert content(store) == before
    assert len(log(store)) == 2


def test_a_change_is_undone_once(store: Store) -> None:
    load(store, FIRST)
    store.write(undo, 1)
    with pytest.raises(Refused, match="change 1: is undone already"):
        store.write(undo, 1)


@pytest.mark.parametrize(("change", "courses"), [(7, None), (1, {"c"}), (1, set())])
def test_a_change_that_is_not_there_or_touches_another_course_is_refused(
    store: Store, change: int, courses: set[str] | None
) -> None:
    load(store, FIRST)
    with pytest.raises(Refused, match=f"change {change}: there is none that altered entries you may change"):
        store.write(undo, change, courses=courses)
    assert len(content(store)) == 3


def test_the_same_event_undoes_once(store: Store) -> None:
    load(store, FIRST)
    for _ in range(2):
        assert store.write(undo, 1, actor="ada", ref="telegram:5") == 3
    assert [(c.action, c.actor) for c in store.read(audit.changes)][1:] == [("undo", "ada")]


def test_readers_notice_what_was_undone(store: Store) -> None:
    load(store, FIRST)
    before = store.read(revision)
    store.write(undo, 1)
    assert store.read(revision) != before


ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12")), unique_by=lambda row: row[0], min_size=1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.tuples(ROWS, st.booleans()), min_size=1, max_size=6))
def test_undoing_any_imports_backwards_passes_through_every_state(
    tmp_path: Path, files: list[tuple[list[tuple[str, str]], bool]]
) -> None:
    path = tmp_path / "tutor.db"
    path.unlink(missing_ok=True)
    with Store(path) as store:
        states: list[tuple[int, list[Entry]]] = []
        for rows, replace in files:
            before = content(store)
            change = load(store, HEADER + "".join(f"c,{i},{i}?,{a},,\n" for i, a in rows), replace=replace)
            if change:
                states.append((change, before))
        for change, before in reversed(states):
            store.write(undo, change)
            assert content(store) == before
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
