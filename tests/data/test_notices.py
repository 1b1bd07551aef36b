"""A notice waits for its person, goes once, and says nothing any more when it went."""

import pytest

from data import notices, people, privacy
from data.entries import add_course, put
from data.records import Entry
from data.store import Store


@pytest.fixture(autouse=True)
def known(store: Store) -> None:
    store.write(people.meet, "ada", chat_id=7)
    store.write(people.meet, "bob")


def test_a_notice_goes_once_and_then_says_nothing(store: Store) -> None:
    for _ in range(2):
        store.write(
            notices.put, "ada", "An answer", key="answer:1", choices=[[("Good", "u:1:1")]], file=("a.png", b"1")
        )
    (notice,) = store.read(notices.waiting)
    assert (notice.lead, notice.chat, notice.choices, notice.file) == ("An answer", 7, [[["Good", "u:1:1"]]], b"1")
    assert store.write(notices.sent, notice.id)
    assert not store.write(notices.sent, notice.id)
    store.write(notices.put, "ada", "An answer", key="answer:1")
    assert store.read(notices.waiting) == []
    (row,) = store.read(lambda db: list(db["notices"].rows))
    assert "An answer" not in str(row)


def test_who_has_no_chat_gets_it_in_the_terminal_alone(store: Store) -> None:
    store.write(notices.put, "bob", "Hello", key="1")
    assert store.read(notices.waiting) == []
    assert [notice.lead for notice in store.read(notices.waiting, person="bob")] == ["Hello"]


def test_who_is_unknown_or_blocked_the_bot_gets_none(store: Store) -> None:
    store.write(notices.put, "eve", "Hello", key="1")
    store.write(notices.put, "ada", "Hello", key="2")
    store.write(lambda db: db.execute("update chats set blocked_at = '2026'"))
    assert store.read(notices.waiting) == []
    assert store.read(notices.waiting, person="eve") == []


def test_the_entry_of_a_notice_comes_whole(store: Store) -> None:
    store.write(add_course, "ml")
    entry = Entry("ml", "lr", "Which rate?", "2e-5", alternates=("What lr?",))
    key = store.write(put, entry)
    store.write(notices.put, "ada", "", key="1", entry=key)
    (notice,) = store.read(notices.waiting)
    assert notice.entry is not None
    assert (notice.entry.id, notice.entry.alternates) == ("lr", ("What lr?",))


def test_a_person_sees_what_waits_for_them(store: Store) -> None:
    store.write(notices.put, "ada", "Hello", key="1")
    assert [row["lead"] for row in store.read(privacy.about, "ada")["notices_to_send"]] == ["Hello"]
