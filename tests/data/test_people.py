"""A person has one pseudonym under one key, and the key belongs to one store."""

import re
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data.entries import Course, add_course
from data.errors import TutorError
from data.people import Pseudonyms, check_key, choose_course, chosen_course, course_of, is_met, meet
from data.store import Store


def test_the_key_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    Pseudonyms.open(tmp_path / "deep" / "key")
    (key,) = (tmp_path / "deep").iterdir()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert re.fullmatch("[0-9a-f]{64}", key.read_text())


def test_an_account_keeps_its_pseudonym_and_shares_it_with_no_other(tmp_path: Path) -> None:
    first = Pseudonyms.open(tmp_path / "key").of("telegram:1")
    again = Pseudonyms.open(tmp_path / "key")
    assert again.of("telegram:1") == first
    assert again.of("telegram:2") != first
    assert re.fullmatch("[0-9a-f]{32}", first)


def test_another_key_gives_other_pseudonyms(tmp_path: Path) -> None:
    one, other = Pseudonyms.open(tmp_path / "one"), Pseudonyms.open(tmp_path / "other")
    assert one.of("telegram:1") != other.of("telegram:1")
    assert one.fingerprint != other.fingerprint


def test_those_who_open_a_missing_key_at_once_get_the_same(tmp_path: Path) -> None:
    for turn in range(10):
        start = threading.Barrier(4)

        def open_key(_: int, path: Path = tmp_path / str(turn), start: threading.Barrier = start) -> str:
            start.wait()
            return Pseudonyms.open(path).fingerprint

        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(open_key, range(4)))) == 1
    assert len(list(tmp_path.iterdir())) == 10


@pytest.mark.parametrize("content", [b"", b"abcd", b"no hex digits", b"\xff" * 32, b"ab" * 33])
def test_a_file_that_is_no_key_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(TutorError, match=r"TUTOR_KEY_FILE|restore it from a backup"):
        Pseudonyms.open(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == content


def test_a_key_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "key"):
        with pytest.raises(TutorError, match="TUTOR_KEY_FILE"):
            Pseudonyms.open(path)


def test_a_store_takes_its_first_key_and_refuses_any_other(store: Store, tmp_path: Path) -> None:
    ours, other = Pseudonyms.open(tmp_path / "ours"), Pseudonyms.open(tmp_path / "other")
    store.write(check_key, ours)
    store.write(check_key, ours)
    with pytest.raises(TutorError, match="put the old one back"):
        store.write(check_key, other)
    store.write(check_key, ours)


def test_a_person_is_met_many_times_and_known_once(store: Store) -> None:
    store.write(meet, "ann", lang="en", chat_id=1)
    store.write(meet, "ann", lang="zh", chat_id=2)
    store.write(meet, "ann")
    people = store.read(lambda db: list(db.query("select id, lang from people")))
    chats = store.read(lambda db: list(db.query("select person, chat_id from chats")))
    assert people == [{"id": "ann", "lang": "zh"}]
    assert chats == [{"person": "ann", "chat_id": 2}]


def test_a_chosen_course_is_remembered_until_another_is_chosen(store: Store) -> None:
    store.write(add_course, "c", "Title")
    store.write(meet, "ann")
    assert store.read(course_of, "ann") is None
    store.write(choose_course, "ann", "c")
    store.write(meet, "ann", lang="en")
    assert store.read(course_of, "ann") == Course("c", "Title", 0)
    assert store.read(chosen_course, "ann") == "c"
    store.write(choose_course, "ann", None)
    assert store.read(course_of, "ann") is None
    assert store.read(course_of, "nobody") is None


@pytest.mark.parametrize("reachable", [True, False])
def test_who_is_met_is_known_until_something_about_them_changes(store: Store, reachable: bool) -> None:
    def known(**about: object) -> bool:
        return store.read(is_met, "ada", **about)  # type: ignore[arg-type]

    assert not known(lang="en", chat_id=7)
    store.write(meet, "ada", lang="en")
    assert known(lang="en")
    assert known()
    assert not known(lang="zh")
    assert not known(lang="en", chat_id=7, reachable=reachable)
    store.write(meet, "ada", lang="en", chat_id=7, reachable=reachable)
    assert known(lang="en", chat_id=7, reachable=reachable)
    assert known(lang="en", chat_id=8, reachable=False)
    assert not known(lang="en", chat_id=8)
