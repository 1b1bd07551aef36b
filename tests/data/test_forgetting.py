"""Of a forgotten person nothing is left, in no row and no byte of a file; what others said and teachers did stays."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from persons import ACCOUNT, ANN, BOB, TEACHER, ask, copied, course, everything, files_of, write

from data import forgetting
from data.connections import connect
from data.entries import entries, revision
from data.errors import StoreError
from data.forgetting import forget
from data.store import Store

TEXT = "how fast should it learn, I ask"
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=9, max_size=5000
)


def rows(store: Store, sql: str) -> list[tuple[object, ...]]:
    return store.read(lambda db: db.execute(sql).fetchall())


def test_nothing_of_a_person_is_left_in_any_table(store: Store, tmp_path: Path) -> None:
    lr, _ = course(store)
    ask(store, ANN, TEXT, lr, confirmed=True)
    copied(store, TEXT, lr)
    payload = json.dumps({"message": {"from": {"id": ACCOUNT, "first_name": "Annabel"}, "text": TEXT}})
    for number, state in enumerate(("waiting", "failed")):
        sql = "insert into inbox (update_id, payload, state, received_at, chat, error) values (?, ?, ?, '', ?, ?)"
        write(store, sql, number, payload, state, ACCOUNT, TEXT)
    send = "insert into outbox (update_id, position, chat, method, params, created_at) values (1, 0, ?, 'm', ?, '')"
    write(store, send, ACCOUNT, payload)
    write(store, "insert into changes (at, actor, action, detail) values ('', ?, 'protect', ?)", ANN, f"{TEXT} -> lr")
    write(
        store,
        "insert into model_versions (kind, version, event, at, reason) values ('answers', '1', 'fitted', '', ?)",
        TEXT,
    )
    gone = forget(store, tmp_path, ANN)
    left = [cell for cell in everything(store) if any(part in cell for part in (ANN, TEXT, "Annabel", str(ACCOUNT)))]
    assert left == []
    assert gone.counts == {
        "questions": 1, "reactions": 1, "escalations": 1, "messages": 3, "copies": 2, "texts": 0, "practised": 0,
        "people": 1,
    }  # fmt: skip
    assert gone.texts == (TEXT,)
    assert rows(store, "select state, payload, error from inbox") == [("done", None, "")] * 2


def test_a_confirmed_wording_leaves_the_entries_and_running_readers_notice(store: Store, tmp_path: Path) -> None:
    lr, _ = course(store)
    ask(store, ANN, TEXT, lr, confirmed=True)
    before = store.read(revision)
    assert [e.confirmed for e in store.read(entries)] == [(TEXT,), ()]
    forget(store, tmp_path, ANN)
    assert [e.confirmed for e in store.read(entries)] == [(), ()]
    assert store.read(revision) != before


def test_what_others_asked_in_the_same_words_stays(store: Store, tmp_path: Path) -> None:
    lr, _ = course(store)
    ask(store, ANN, TEXT, lr)
    ask(store, BOB, TEXT.upper(), lr)
    copied(store, TEXT, lr)
    assert forget(store, tmp_path, ANN).counts["copies"] == 0
    assert rows(store, "select person from questions order by id") == [(BOB,), (None,)]
    assert rows(store, "select count(*) from protected") == [(1,)]


def test_what_a_teacher_did_stays_without_their_pseudonym(store: Store, tmp_path: Path) -> None:
    lr, _ = course(store)
    ask(store, ANN, TEXT, lr, confirmed=True)
    copied(store, "another wording of it", lr)
    write(store, "insert into teachers (person, course, name, since) values (?, 'c', 'T. Eacher', '')", TEACHER)
    forget(store, tmp_path, TEACHER)
    assert [e.confirmed for e in store.read(entries)] == [(TEXT, "another wording of it"), ()]
    assert not [cell for cell in everything(store) if TEACHER in cell or "Eacher" in cell]


def test_entries_that_a_teacher_worded_alike_are_named(store: Store, tmp_path: Path) -> None:
    lr, _ = course(store)
    ask(store, ANN, "which  learning rate?", lr)
    assert forget(store, tmp_path, ANN).alike == ("c/lr",)


def test_the_update_that_asks_for_it_is_left_to_be_done(store: Store, tmp_path: Path) -> None:
    ask(store, ANN, TEXT, course(store)[0])
    for number in (1, 2):
        sql = "insert into inbox (update_id, payload, state, received_at, chat) values (?, '{}', 'waiting', '', ?)"
        write(store, sql, number, ACCOUNT)
    forget(store, tmp_path, ANN, handling=2)
    assert rows(store, "select update_id, state, payload, chat from inbox") == [
        (1, "done", None, 0),
        (2, "waiting", "{}", ACCOUNT),
    ]
    forgetting.wipe(store)
    assert rows(store, "select * from settings where key = 'wipe_due'") == []


def test_a_stranger_is_forgotten_without_a_change(store: Store, tmp_path: Path) -> None:
    course(store)
    before = store.read(revision)
    assert set(forget(store, tmp_path, ANN).counts.values()) == {0}
    assert store.read(revision) == before


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(WORDS, min_size=1, max_size=20, unique=True), others=st.lists(WORDS, max_size=5))
def test_no_byte_of_a_forgotten_persons_texts_is_left_in_any_file(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], others: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("forget")
    with Store(folder / "tutor.db") as store:
        lr, _ = course(store)
        texts = [f"ann {text}" for text in texts]
        others = [f"bob {text}" for text in others]
        for i, text in enumerate(texts):
            ask(store, ANN, text, lr, confirmed=i % 2 == 0)
            for other in others:
                ask(store, BOB, f"{other} {i}", lr)
        assert any(text.encode() in files_of(store) for text in texts)
        forget(store, folder, ANN)
        held = files_of(store)
        assert not [text for text in texts if text[:40].encode() in held]  # a long one lies in several pages
        assert ANN.encode() not in held
        assert all(f"{other} 0".encode() in held for other in others)


def test_a_reader_that_does_not_end_is_said_and_the_next_time_wipes(store: Store, tmp_path: Path) -> None:
    ask(store, ANN, TEXT, course(store)[0])
    write(store, "pragma busy_timeout=50")
    with closing(connect(store.path)) as reader:
        reader.execute("begin")
        reader.execute("select * from questions").fetchall()
        with pytest.raises(StoreError, match="try again"):
            forget(store, tmp_path, ANN)
        reader.execute("rollback")
    assert TEXT.encode() in files_of(store)
    forget(store, tmp_path, ANN)
    assert TEXT.encode() not in files_of(store)


def test_a_deleted_row_is_overwritten_at_once_in_the_file(store: Store) -> None:
    ask(store, ANN, TEXT, course(store)[0])
    write(store, "delete from questions")
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    assert TEXT.encode() not in store.path.read_bytes()
