"""Every change says who made it, and is in the log exactly when it is in the store."""

import pytest
from sqlite_utils import Database

from data import audit, labelled
from data.entries import add_course, put
from data.protection import protect, unprotect
from data.records import Entry, LabelledQuestion
from data.store import Store
from training import history


@pytest.fixture(autouse=True)
def course(store: Store) -> None:
    """Entry a of course c."""

    def fill(db: Database) -> None:
        add_course(db, "c")
        put(db, Entry("c", "a", "a?", "A."))

    store.write(fill)


def log(store: Store) -> list[tuple[str, str, str | None, str]]:
    return [(c.actor, c.action, c.course, c.detail) for c in store.read(audit.changes)]


def test_protections_and_confirmed_wordings_are_in_the_log(store: Store) -> None:
    question = LabelledQuestion("What is a?", "c", ("a",))
    store.write(protect, question, actor="ada")
    store.write(unprotect, "c", "What is a?", actor="ada")
    store.write(unprotect, "c", "What is a?", actor="ada")
    store.write(labelled.confirm, [question])
    assert log(store) == [
        ("ada", "protect", "c", "What is a? -> a"),
        ("ada", "unprotect", "c", "What is a?"),
        (audit.this_user(), "confirm", "c", "1 questions"),
    ]


def test_what_serves_is_in_the_log_with_its_version(store: Store) -> None:
    store.write(history.note, "fitted", "0001")
    store.write(history.note, "published", "0001")
    store.write(history.note, "rolled back", "0001")
    assert [line[1:] for line in log(store)] == [
        ("published", None, "answers 0001"),
        ("rolled back", None, "answers 0001"),
    ]
    sql = "select m.event from changes c join model_versions m on m.id = c.model_version order by c.id"
    assert [row["event"] for row in store.read(lambda db: list(db.query(sql)))] == ["published", "rolled back"]


def test_a_change_that_fails_leaves_no_line(store: Store) -> None:
    def fail(db: Database) -> None:
        audit.record(db, "import")
        raise RuntimeError("after the line")

    with pytest.raises(RuntimeError):
        store.write(fail)
    assert log(store) == []


def test_the_same_event_writes_one_line(store: Store) -> None:
    lines = [store.write(audit.record, "invite", actor="ada", ref="telegram:1") for _ in range(2)]
    assert lines[0] == lines[1]
    assert len(log(store)) == 1


def test_a_user_without_a_name_is_named_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr("os.getuid", lambda: 54_321)
    assert audit.this_user() == "system:54321"
