"""The tables are strict, refer to each other, and are made once."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from data.connections import connect
from data.entries import add_course, courses
from data.errors import StoreError
from data.schema import migrations
from data.store import Store


def query(db: Database, sql: str) -> list[dict[str, Any]]:
    return list(db.query(sql))


def run_sql(db: Database, sql: str) -> None:
    db.execute(sql).fetchall()


def test_every_table_is_strict(store: Store) -> None:
    tables = store.read(
        query, "select name, strict from pragma_table_list where type = 'table' and name not like '%sqlite%'"
    )
    assert len(tables) == 43
    assert all(table["strict"] for table in tables), tables


def test_foreign_keys_hold_on_writing_and_reading_connections(store: Store) -> None:
    assert (
        store.read(query, "pragma foreign_keys") == store.write(query, "pragma foreign_keys") == [{"foreign_keys": 1}]
    )


@pytest.mark.parametrize(
    "sql",
    [
        "insert into entries (course, id, question, answer, created_at, updated_at) values ('x', 'a', '', '', '', '')",
        "insert into questions (text, asked_at, decision) values ('', '', 'maybe')",
        "insert into courses (id, title, created_at) values ('', '', '')",
        f"insert into courses (id, title, created_at) values ('{'x' * 57}', '', '')",
        "insert into chats (person, chat_id) values ('nobody', 1)",
        "insert into escalations (question, created_at) values (1, '')",
        "insert into inbox (update_id, state, received_at) values (1, 'lost', '')",
        "insert into settings (scope, key, value) values ('', 'x', null)",
        "insert into protected (course, question, wording, entry, created_at) values ('x', 'q', 'q', 1, '')",
        "insert into inbox (update_id, state, received_at, attempts) values (1, 'done', '', 'many')",
    ],
)
def test_the_store_refuses_rows_that_make_no_sense(store: Store, sql: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.write(run_sql, sql)


def test_opening_again_migrates_nothing(store: Store) -> None:
    before = store.read(query, "select * from _sqlite_migrations")
    Store(store.path).close()
    assert store.read(query, "select * from _sqlite_migrations") == before
    assert [row["name"] for row in before] == [
        m.name for m in migrations.applied(Database(sqlite3.connect(store.path)))
    ]


def test_a_store_of_an_earlier_version_is_brought_up_to_date_and_keeps_what_it_has(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "t.db")) as db:
        migrations.apply(db, stop_before="0002_protected")
        add_course(db, "c")
    with Store(tmp_path / "t.db") as store:
        assert [course.id for course in store.read(courses)] == ["c"]
        assert store.read(query, "select * from protected") == []


def test_a_store_changed_by_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with Store(path) as store:
        store.write(add_course, "c")
        sql = "insert into _sqlite_migrations (migration_set, name, applied_at) values ('tutor', '9999_later', '')"
        store.write(run_sql, sql)
    with pytest.raises(StoreError, match=r"newer version \(9999_later\): update this program"):
        Store(path)
    with sqlite3.connect(path) as db:
        assert db.execute("select id from courses").fetchall() == [("c",)]
    db.close()


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "t.db").touch()
    with Store(tmp_path / "t.db", create=False) as store:
        assert store.read(courses) == []
