"""What a forgotten text left beside the store goes: its vector, and where the record of a version quotes it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data import traces
from data.errors import StoreError
from data.traces import copies, forget_texts, vector_key

TEXT, SCRUBBED = "I'm Wei Zhang, which rate?", "I'm <name>, which rate?"


def cache(models: Path, *keys: bytes) -> None:
    models.mkdir(exist_ok=True)
    with closing(sqlite3.connect(models / "vectors.db")) as db, db:
        db.execute("create table vectors (encoder text, key blob, vector blob)")
        db.executemany("insert into vectors values ('e', ?, zeroblob(8))", [(key,) for key in keys])


def keys(models: Path) -> set[bytes]:
    with closing(sqlite3.connect(models / "vectors.db")) as db:
        return {key for (key,) in db.execute("select key from vectors")}


def record(models: Path, **content: Any) -> Path:  # noqa: ANN401  # any JSON
    path = models / "answers" / "0001" / "bundle.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_vectors_of_a_text_as_typed_and_as_scrubbed_go(tmp_path: Path) -> None:
    kept = vector_key("query", "another text")
    cache(tmp_path, vector_key("query", TEXT), vector_key("passage", TEXT), vector_key("query", SCRUBBED), kept)
    forget_texts(tmp_path, [TEXT, *(f"text {i}" for i in range(1000))])
    assert keys(tmp_path) == {kept}


def test_a_record_quotes_no_forgotten_question_and_stays_what_it_is(tmp_path: Path) -> None:
    quoted = {"question": SCRUBBED.upper(), "course": "c", "top": "lr"}
    other = {"question": "another text", "course": SCRUBBED}
    path = record(tmp_path, worst=[quoted, other], protected={"n": 2, "broken": [TEXT, "another"]}, base=TEXT)
    forget_texts(tmp_path, [TEXT])
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["worst"] == [quoted | {"question": "<forgotten>"}, other]
    assert told["protected"] == {"n": 2, "broken": ["<forgotten>", "another"]}
    assert told["base"] == TEXT  # no question is quoted there


def test_a_record_that_quotes_nothing_is_not_written(tmp_path: Path) -> None:
    path = record(tmp_path, worst=[])
    before = path.stat().st_ino
    forget_texts(tmp_path, [TEXT])
    assert path.stat().st_ino == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_damaged_record_is_passed_over(tmp_path: Path, content: str) -> None:
    path = record(tmp_path)
    path.write_text(content)
    forget_texts(tmp_path, [TEXT])
    assert path.read_text() == content


def test_without_models_there_is_nothing_to_do(tmp_path: Path) -> None:
    forget_texts(tmp_path / "models", [TEXT])
    assert not (tmp_path / "models").exists()
    sqlite3.connect(tmp_path / "vectors.db").close()
    forget_texts(tmp_path, [TEXT])


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "vectors.db").write_bytes(b"no database, but long enough to be taken for one" * 100)
    with pytest.raises(StoreError, match="try again"):
        forget_texts(tmp_path, [TEXT])


def test_stores_that_a_restore_put_aside_are_named(tmp_path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"tutor.db.before-restore-20260101{suffix}").touch()
    (tmp_path / "tutor.db").touch()
    assert copies(tmp_path / "tutor.db") == [tmp_path / "tutor.db.before-restore-20260101"]


def test_what_a_chat_in_the_terminal_left_goes(tmp_path: Path) -> None:
    db = tmp_path / "tutor.db"
    traces.forget_typed(db)  # nothing is there yet
    traces.history(db).write_text("+what I asked")
    traces.given(db).mkdir()
    (traces.given(db) / "progress.png").write_bytes(b"1")
    traces.forget_typed(db)
    assert not traces.history(db).exists()
    assert list(traces.given(db).iterdir()) == []
