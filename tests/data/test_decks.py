"""A deck holds every live entry as a card that Anki knows again."""

import json
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from practising import BATCH, LR, TOKENS, stored

from data import sample
from data.decks import write_deck
from data.entries import retire
from data.errors import Refused, TutorError
from data.records import Entry
from data.store import Store

ZH = Entry("zh", "what", "什么是迁移学习？", "把在**一个任务**上学到的知识用到另一个任务上。", "基础 概念", lang="zh")


def opened(path: Path, scratch: Path) -> tuple[dict[str, str], dict[str, tuple[list[str], str]]]:
    """Return the names of the decks by id, and fields and tags of each note by the id that Anki knows it by."""
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        assert json.loads(file.read("media")) == {}
        file.extract("collection.anki2", scratch)
    with closing(sqlite3.connect(scratch / "collection.anki2")) as db:
        decks = json.loads(db.execute("select decks from col").fetchone()[0])
        notes = db.execute("select guid, flds, tags from notes order by id").fetchall()
        assert db.execute("select count(*) from cards").fetchone()[0] == len(notes)
    names = {number: own["name"] for number, own in decks.items() if number != "1"}
    return names, {guid: (fields.split("\x1f"), tags) for guid, fields, tags in notes}


def test_a_deck_holds_the_entries_with_their_source(store: Store, tmp_path: Path) -> None:
    sourced = replace(
        LR, answer="Start with `2e-5` if a < b.", source_url="https://example.org/?a=1&b=2", tags="opt lr"
    )
    stored(store, sourced, ZH)
    assert store.read(write_deck, tmp_path / "all.apkg") == 2
    decks, notes = opened(tmp_path / "all.apkg", tmp_path)
    assert sorted(decks.values()) == ["c", "zh"]
    (english, tags), (chinese, _) = notes.values()
    assert english[0] == "Which learning rate?"
    assert "<code>2e-5</code> if a &lt; b." in english[1]
    assert 'href="https://example.org/?a=1&amp;b=2"' in english[2]
    assert tags.split() == ["Training", "opt", "lr"]
    assert chinese[0] == "什么是迁移学习？"
    assert "<strong>一个任务</strong>" in chinese[1]
    assert store.read(write_deck, tmp_path / "one.apkg", "zh") == 1


def test_a_later_file_has_the_same_decks_and_cards_with_the_new_words(store: Store, tmp_path: Path) -> None:
    lr, _, _ = stored(store, LR, BATCH, TOKENS)
    store.read(write_deck, tmp_path / "1.apkg")
    decks, before = opened(tmp_path / "1.apkg", tmp_path)
    stored(store, replace(BATCH, question="How many texts are in a batch?", answer="Take 64."))
    store.write(retire, [lr.key])
    store.read(write_deck, tmp_path / "2.apkg")
    same, after = opened(tmp_path / "2.apkg", tmp_path)
    assert same == decks
    assert set(after) < set(before)
    assert [after[guid][0][1] for guid in after if after[guid] != before[guid]] == ["<p>Take 64.</p>\n"]


def test_the_sample_course_makes_a_deck(store: Store, tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    store.write(sample.load)
    cards = store.read(write_deck, tmp_path / "sample.apkg")
    assert len(opened(tmp_path / "sample.apkg", tmp_path)[1]) == cards > 100
    assert not recwarn.list


def test_what_cannot_be_written_says_why(store: Store, tmp_path: Path) -> None:
    stored(store, LR)
    with pytest.raises(Refused, match=r"a deck goes into a \.apkg file"):
        store.read(write_deck, tmp_path / "deck.csv")
    with pytest.raises(TutorError, match="cannot be written"):
        store.read(write_deck, tmp_path / "nowhere" / "deck.apkg")
