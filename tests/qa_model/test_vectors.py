"""Vectors are computed once for a text and an encoder, and a cache that cannot be used costs time, nothing else."""

import sqlite3
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from qa_model.block import Text
from qa_model.encoder import Encoder, Vectors
from qa_model.vectors import CHUNK, KEPT_ENCODERS, Embedded, VectorCache, embed, read_or_embed

TEXTS: list[Text] = [("query", "ba"), ("passage", "ba"), ("query", "de fi"), ("passage", "go\nhu")]


@dataclass
class Counting:
    """A progress that counts the parts that were computed."""

    totals: list[int] = field(default_factory=list)

    def __call__(self, parts: Iterable[list[int]], label: str, total: int) -> Iterable[list[int]]:
        self.totals.append(total)
        return parts


def row(number: float) -> Vectors:
    return np.full(4, number, np.float32)


def encoders_in(path: Path) -> set[str]:
    with sqlite3.connect(path) as db:
        return {name for (name,) in db.execute("select distinct encoder from vectors")}


def test_what_was_kept_is_found_by_another_reader(tmp_path: Path, encoder: Encoder) -> None:
    first, second = VectorCache(tmp_path / "v.db"), VectorCache(tmp_path / "v.db")
    made = embed(encoder, TEXTS, first)
    found = second.find(encoder.hash, [*TEXTS, ("query", "not there")])
    assert found.keys() == set(TEXTS)
    assert all(np.array_equal(found[text], made[text]) for text in TEXTS)


def test_only_what_is_missing_is_computed(tmp_path: Path, encoder: Encoder) -> None:
    cache, counting = VectorCache(tmp_path / "v.db"), Counting()
    embed(encoder, TEXTS[:2], cache, counting)
    embed(encoder, TEXTS[:2], cache, counting)
    embed(encoder, TEXTS, cache, counting)
    assert counting.totals == [1, 0, 1]


def test_the_same_words_as_question_and_passage_are_two_texts(encoder: Encoder) -> None:
    made = embed(encoder, [("query", "ba"), ("query", "ba"), ("passage", "ba")], VectorCache(None))
    assert made.keys() == {("query", "ba"), ("passage", "ba")}


def test_a_vector_of_the_cache_is_that_of_the_encoder(encoder: Encoder) -> None:
    made = embed(encoder, TEXTS, VectorCache(None))
    for (kind, words), vector in made.items():
        assert float(vector @ encoder.encode([words], kind)[0]) > 0.999


def test_what_is_there_is_read_and_the_rest_is_embedded(encoder: Encoder) -> None:
    cache, counting = VectorCache(None), Counting()
    embed(encoder, TEXTS[:2], cache)
    vectors, ids = read_or_embed(encoder, cache, counting, [*TEXTS, *TEXTS])
    kept, own = cache.read(encoder.hash, TEXTS)
    assert vectors.keys() == kept.keys() == set(TEXTS)
    assert ids.keys() == own.keys() == {text for text in TEXTS if text[0] == "passage"}
    assert all(np.array_equal(vectors[text], kept[text]) for text in TEXTS)
    assert all(np.array_equal(ids[text], own[text]) for text in own)
    assert counting.totals == [1]
    read_or_embed(encoder, cache, counting, TEXTS)
    assert counting.totals == [1]  # where nothing is missing there is no progress to show


def test_another_encoder_finds_nothing(tmp_path: Path, encoder: Encoder) -> None:
    cache = VectorCache(tmp_path / "v.db")
    embed(encoder, TEXTS, cache)
    assert cache.find("another", TEXTS) == {}


def test_many_texts_are_kept_in_parts(tmp_path: Path, encoder: Encoder) -> None:
    cache, counting = VectorCache(tmp_path / "v.db"), Counting()
    texts: list[Text] = [("query", f"q{i}") for i in range(CHUNK + 1)]
    assert len(embed(encoder, texts, cache, counting)) == CHUNK + 1
    assert counting.totals == [2]
    assert len(cache.find(encoder.hash, texts)) == CHUNK + 1


@pytest.mark.parametrize("what", ["folder", "under a file"])
def test_a_file_that_cannot_be_opened_is_replaced_by_memory(
    tmp_path: Path, encoder: Encoder, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "v.db"
    if what == "folder":
        path.mkdir()
    else:
        path.write_text("a file", encoding="utf-8")
    cache = VectorCache(path / "deeper.db" if what == "under a file" else path)
    assert len(embed(encoder, TEXTS, cache)) == len(TEXTS)
    assert len(cache.find(encoder.hash, TEXTS)) == len(TEXTS)
    assert "in memory only" in caplog.text and "see that you may write there" in caplog.text
    assert path.exists()


def test_a_file_that_cannot_be_written_is_left_and_the_advice_is_not_to_delete_it(
    tmp_path: Path, encoder: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "v.db"
    cache = VectorCache(path)
    embed(encoder, TEXTS, cache)
    cache._file.db.execute("pragma query_only=on")  # what a file system for reading only does, for root too
    assert len(embed(encoder, [("query", "new")], cache)) == 1
    assert "attempt to write a readonly database" in caplog.text and "delete" not in caplog.text
    assert VectorCache(path).find(encoder.hash, TEXTS).keys() == set(TEXTS)


def many(path: Path, encoder: Encoder) -> list[Text]:
    """Fill a file with so much that it has pages of every kind; return the texts."""
    cache = VectorCache(path)
    texts: list[Text] = [("query", f"q{i}") for i in range(200)]
    embed(encoder, texts, cache)
    cache.close()
    return texts


@pytest.mark.parametrize("harm", ["no database", "cut short", "hardly begun", "damaged inside", "damaged header"])
def test_a_damaged_file_is_made_anew_by_itself(
    tmp_path: Path, encoder: Encoder, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "v.db"
    texts = many(path, encoder)
    raw = path.read_bytes()
    begin = 4 * 4096  # past the schema
    path.write_bytes(
        {
            "no database": b"this is no database " * 100,
            "cut short": raw[: len(raw) // 2],
            "hardly begun": raw[:50],
            "damaged inside": raw[:begin] + b"\xff" * (len(raw) - begin),
            "damaged header": raw[:100] + b"\xff" * 4000 + raw[4100:],
        }[harm]
    )
    again = VectorCache(path)
    assert len(embed(encoder, texts, again)) == len(texts)
    again.close()
    assert len(VectorCache(path).find(encoder.hash, texts)) == len(texts)  # kept in a file that is sound
    assert "is damaged" in caplog.text and "in memory only" not in caplog.text
    assert {p.name for p in tmp_path.iterdir()} <= {"v.db", "v.db-wal", "v.db-shm"}


def test_a_file_that_another_process_has_made_anew_is_not_made_anew_again(tmp_path: Path, encoder: Encoder) -> None:
    path = tmp_path / "v.db"
    texts = many(path, encoder)
    raw = path.read_bytes()
    path.write_bytes(raw[: 4 * 4096] + b"\xff" * (len(raw) - 4 * 4096))
    first, second = VectorCache(path), VectorCache(path)
    embed(encoder, texts, first)
    assert second.find(encoder.hash, texts) == {}  # it held the damaged file
    assert len(second.find(encoder.hash, texts)) == len(texts)  # and now holds the first one's


def test_the_encoders_used_longest_ago_are_pruned(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    cache = VectorCache(path)
    names = [f"encoder {i}" for i in range(KEPT_ENCODERS + 2)]
    for i, name in enumerate(names):
        cache.keep(name, {("query", "ba"): Embedded(row(i))})
        with sqlite3.connect(path) as db:
            db.execute("update encoders set used_at = ? where hash = ?", [f"2020-01-0{i + 1}", name])
    assert encoders_in(path) == set(names[-KEPT_ENCODERS:])


def test_an_encoder_in_use_is_not_pruned_though_it_computes_nothing_new(tmp_path: Path, encoder: Encoder) -> None:
    path = tmp_path / "v.db"
    cache = VectorCache(path)
    embed(encoder, TEXTS, cache)
    for i in range(KEPT_ENCODERS + 2):
        with sqlite3.connect(path) as db:
            db.execute("update encoders set used_at = iif(hash = ?, '2020', '2021')", [encoder.hash])
        embed(encoder, TEXTS, cache)
        cache.keep(f"encoder {i}", {("query", "ba"): Embedded(row(i))})
    assert len(cache.find(encoder.hash, TEXTS)) == len(TEXTS)


def test_the_tokens_of_passages_are_kept_almost_as_they_were(tmp_path: Path, encoder: Encoder) -> None:
    cache = VectorCache(tmp_path / "v.db")
    passage, question = ("passage", "ba de fi"), ("query", "ba de fi")
    embed(encoder, [passage, question], cache)
    kept = cache.tokens(encoder.hash, [passage, question])
    assert list(kept) == [passage]
    (tokens,) = encoder.encode_tokens(["ba de fi"], "passage")[1]
    assert kept[passage].codes.shape == tokens.vectors.shape
    assert (kept[passage].whole() * tokens.vectors).sum(1) == pytest.approx(np.ones(len(tokens.ids)), abs=0.01)


def test_the_token_ids_of_passages_are_kept(tmp_path: Path, encoder: Encoder) -> None:
    path = tmp_path / "v.db"
    texts: list[Text] = [("passage", "ba de fi"), ("passage", "go"), ("passage", ""), ("query", "ba de fi")]
    embed(encoder, texts, VectorCache(path))
    kept = VectorCache(path).read(encoder.hash, texts)[1]
    assert kept.keys() == {texts[0], texts[1]}  # a text without tokens has no ids, and those of questions need none
    for (_, words), ids in kept.items():
        assert ids.tolist() == encoder.encode_tokens([words], "passage")[1][0].ids.tolist()


@pytest.mark.parametrize("layout", [0, 999])
def test_a_file_of_another_layout_is_made_anew(
    tmp_path: Path, encoder: Encoder, layout: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "v.db"
    with sqlite3.connect(path) as db:
        db.execute("create table encoders (hash text primary key, used_at text not null) strict")
        db.execute(
            "create table vectors (encoder text not null, key blob not null, vector blob not null,"
            " tokens blob not null, primary key (encoder, key)) strict, without rowid"
        )
        db.execute("insert into encoders values (?, '2020')", [encoder.hash])
        db.execute("insert into vectors values (?, x'00', x'00', x'00')", [encoder.hash])
        db.execute(f"pragma user_version={layout}")
    db.close()
    cache = VectorCache(path)
    assert cache.find(encoder.hash, TEXTS) == {}
    made = embed(encoder, TEXTS, cache)
    again = VectorCache(path)  # the second time it stays
    assert again.find(encoder.hash, TEXTS).keys() == again.find(encoder.hash, made).keys() == set(TEXTS)
    assert again.read(encoder.hash, TEXTS)[1].keys() == {text for text in TEXTS if text[0] == "passage"}
    assert encoders_in(path) == {encoder.hash}
    with sqlite3.connect(path) as db:
        assert db.execute("select count(*) from vectors where key = x'00'").fetchone() == (0,)
    assert "in memory only" not in caplog.text


def test_opened_at_once_by_many_it_keeps_what_each_embeds(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    with sqlite3.connect(path) as db:
        db.execute("create table vectors (encoder text)")
    db.close()

    def use(i: int) -> None:
        cache = VectorCache(path)
        cache.keep("encoder", {("query", f"q{i}"): Embedded(row(i))})
        cache.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(16)))
    assert len(VectorCache(path).find("encoder", [("query", f"q{i}") for i in range(16)])) == 16
