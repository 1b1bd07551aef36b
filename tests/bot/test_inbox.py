"""The inbox keeps an update as it came until it is done, knows its id afterwards, and writes down what it sends."""

import json
from typing import Any

import pytest
from small_course import message, rows
from sqlite_utils import Database

from bot.inbox import MAX_ID, Inbox, identified
from bot.outgoing import Outgoing
from data.store import Store

ROW = "select update_id, chat, payload, state, attempts, error, messages from inbox order by update_id"
CALLS = "select update_id, position, chat, method, params, state from outbox order by id"


def said(chat: int, text: str) -> Outgoing:
    return Outgoing(chat, "sendMessage", {"text": text})


def press(update_id: int, user: int) -> dict[str, Any]:
    sender = {"id": user, "is_bot": False, "first_name": "Ada"}
    shown = {"message_id": 1, "date": 1, "chat": {"id": user, "type": "private"}, "text": "x"}
    query = {"id": "1", "from": sender, "chat_instance": "1", "data": "x", "message": shown}
    return {"update_id": update_id, "callback_query": query}


@pytest.fixture
def inbox(store: Store) -> Inbox:
    return Inbox(store)


async def test_what_is_received_waits_as_it_came_in_the_lane_of_its_person(inbox: Inbox, store: Store) -> None:
    heard: list[bool] = []
    inbox.on_received = lambda: heard.append(True)
    updates = [message(5, "Größe? 学", user=7), press(6, 8), {"update_id": 0, "poll_answer": None}]
    assert await inbox.receive(updates) == 3
    assert heard == [True]
    received = rows(store, ROW)
    assert [(row["update_id"], row["chat"], row["state"]) for row in received] == [
        (0, 0, "waiting"),
        (5, 7, "waiting"),
        (6, 8, "waiting"),
    ]
    assert [json.loads(row["payload"]) for row in received] == [updates[2], updates[0], updates[1]]
    assert all(row["payload"].isascii() and (row["error"], row["attempts"]) == ("", 0) for row in received)
    assert [row["at"] for row in rows(store, "select done_at as at from inbox")] == [None] * 3
    assert min(row["at"] for row in rows(store, "select received_at as at from inbox")) > "2020"


async def test_an_update_that_comes_again_changes_nothing_whatever_became_of_it(inbox: Inbox, store: Store) -> None:
    assert await inbox.receive([message(1, "first"), message(1, "second"), message(2, "x"), message(3, "y")]) == 3
    await inbox.done(2, [])
    await inbox.quarantine(3, "why")
    before = rows(store, "select * from inbox")
    assert await inbox.receive([message(n, "again") for n in (1, 2, 3)]) == 0
    assert rows(store, "select * from inbox") == before
    assert json.loads(before[0]["payload"])["message"]["text"] == "first"


@pytest.mark.parametrize(
    "person",
    [{"id": "x"}, {"id": MAX_ID}, {"id": -MAX_ID}, {"id": 7, "language_code": 5}],
    ids=["a word", "too large", "too small", "no language"],
)
async def test_what_is_no_person_is_set_aside_with_what_it_said_and_holds_up_no_other(
    inbox: Inbox, store: Store, person: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    strange = message(1, "private words")
    strange["message"]["from"] = {"is_bot": False, "first_name": "Ada"} | person
    assert await inbox.receive([strange, message(2, "x")]) == 2
    first, second = rows(store, "select * from inbox order by update_id")
    assert (first["state"], first["chat"], first["done_at"] is None) == ("failed", 0, False)
    assert (first["error"].startswith("cannot be read: "), json.loads(first["payload"])) == (True, strange)
    assert second["state"] == "waiting"
    assert "update 1 cannot be read" in caplog.text
    assert "private words" not in caplog.text


async def test_the_largest_person_there_can_be_has_a_lane(inbox: Inbox, store: Store) -> None:
    await inbox.receive([message(1, "x", user=MAX_ID - 1)])
    assert [row["chat"] for row in rows(store, ROW)] == [MAX_ID - 1]


@pytest.mark.parametrize(
    ("update", "known"),
    [
        ({"update_id": 0}, True),
        ({"update_id": MAX_ID - 1}, True),
        ({"update_id": MAX_ID}, False),
        ({"update_id": -1}, False),
        ({"update_id": True}, False),
        ({"update_id": 1.0}, False),
        ({"update_id": "1"}, False),
        ({}, False),
        ([1], False),
        (None, False),
    ],
)
def test_only_an_id_that_the_store_can_hold_makes_an_update(update: object, known: bool) -> None:
    assert identified(update) is known


async def test_what_is_done_keeps_its_id_and_says_nothing_and_what_it_sends_is_written_in_order(
    inbox: Inbox, store: Store
) -> None:
    await inbox.receive([message(1, "x")])
    await inbox.later(1, [said(7, "wait")])
    (row,) = rows(store, "select * from inbox")
    assert (row["state"], row["done_at"], row["payload"] is None, row["error"]) == ("waiting", None, False, "")
    assert (row["chat"], row["messages"]) == (7, 1)
    await inbox.done(1, [said(7, "a"), said(8, "b")])
    (row,) = rows(store, "select * from inbox")
    assert (row["state"], row["payload"], row["chat"], row["messages"]) == ("done", None, 0, 3)
    assert row["done_at"] >= row["received_at"]
    assert [(c["position"], c["chat"], json.loads(c["params"])["text"], c["state"]) for c in rows(store, CALLS)] == [
        (0, 7, "wait", "waiting"),
        (1, 7, "a", "waiting"),
        (2, 8, "b", "waiting"),
    ]
    assert all(call["created_at"] >= row["received_at"] for call in rows(store, "select * from outbox"))


@pytest.mark.parametrize("first", ["done", "quarantine"])
async def test_what_is_finished_stays_so_and_sends_nothing_twice(inbox: Inbox, store: Store, first: str) -> None:
    await inbox.receive([message(1, "x")])
    await (inbox.done(1, [said(7, "a")]) if first == "done" else inbox.quarantine(1, "why", [said(7, "sorry")]))
    before = rows(store, "select * from inbox"), rows(store, CALLS)
    await inbox.done(1, [said(7, "again")])
    await inbox.later(1, [said(7, "again")])
    await inbox.quarantine(1, "again", [said(7, "again")])
    assert (rows(store, "select * from inbox"), rows(store, CALLS)) == before


async def test_what_is_set_aside_keeps_what_it_said_its_lane_and_the_reason(inbox: Inbox, store: Store) -> None:
    await inbox.receive([message(1, "words")])
    assert [await inbox.tried(1) for _ in range(3)] == [1, 2, 3]
    await inbox.quarantine(1, "why", [said(7, "sorry")])
    (row,) = rows(store, ROW)
    assert (row["state"], row["chat"], row["attempts"], row["error"], "words" in row["payload"]) == (
        "failed",
        7,
        3,
        "why",
        True,
    )
    assert [json.loads(call["params"])["text"] for call in rows(store, CALLS)] == ["sorry"]


async def test_an_update_that_was_forgotten_while_it_was_handled_comes_back_as_an_id_alone(
    inbox: Inbox, store: Store
) -> None:
    assert await inbox.tried(1) == 1
    await inbox.done(1, [said(7, "a")])
    ((row),) = rows(store, ROW)
    assert row == {
        "update_id": 1,
        "chat": 0,
        "payload": None,
        "state": "done",
        "attempts": 0,
        "error": "",
        "messages": 1,
    }
    assert [call["position"] for call in rows(store, CALLS)] == [0]
    assert await inbox.receive([message(1, "again")]) == 0


async def test_only_what_is_asked_for_and_waits_is_given_in_the_order_asked_for(inbox: Inbox) -> None:
    await inbox.receive([message(n, "x", user=n) for n in (1, 2, 3, 4)])
    await inbox.done(2, [])
    assert [(r.update_id, r.chat) for r in await inbox.waiting([3, 9, 1, 2])] == [(3, 3), (1, 1)]
    assert await inbox.waiting([]) == []
    assert [json.loads(r.payload)["update_id"] for r in await inbox.waiting([4])] == [4]


async def test_a_message_or_a_press_unblocks_a_chat_and_news_of_blocking_does_not(inbox: Inbox, store: Store) -> None:
    def blocked(db: Database) -> None:
        for n in (7, 8, 9):
            db.execute("insert into people (id, first_seen_at) values (?, '')", [str(n)])
            db.execute("insert into chats (person, chat_id, blocked_at) values (?, ?, '2026')", [str(n), n])

    store.write(blocked)
    sender = {"id": 9, "is_bot": False, "first_name": "Ada"}
    member = {"chat": {"id": 9, "type": "private"}, "from": sender, "date": 1}
    states = {
        "old_chat_member": {"user": sender, "status": "member"},
        "new_chat_member": {"user": sender, "status": "left"},
    }
    await inbox.receive([message(1, "x", user=7), press(2, 8), {"update_id": 3, "my_chat_member": member | states}])
    assert [row["chat_id"] for row in rows(store, "select chat_id from chats where blocked_at is not null")] == [9]
    assert [row["chat"] for row in rows(store, ROW)] == [7, 8, 9]


async def test_only_old_ids_of_what_is_done_are_forgotten(
    inbox: Inbox, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.KEPT_MOST_RECENT", 1)
    await inbox.receive([message(n, "x") for n in range(1, 7)])
    for n in (1, 2, 3, 4):
        await inbox.done(n, [])
    await inbox.quarantine(5, "why")
    times = {1: "-4 days", 2: "-5 days", 3: "-2 days", 5: "-9 days"}
    for n, ago in times.items():
        sql = "update inbox set done_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?) where update_id = ?"
        store.write(lambda db, *args, sql=sql: db.execute(sql, args), ago, n)
    await inbox.prune()
    assert [row["update_id"] for row in rows(store, ROW)] == [3, 4, 5, 6]
    store.write(lambda db: db.execute("update inbox set done_at = '1990' where state = 'done'"))
    store.write(lambda db: db.execute("update inbox set done_at = '1991' where update_id = 3"))
    await inbox.prune()
    assert [row["update_id"] for row in rows(store, ROW)] == [3, 5, 6]  # the most recent one, whatever the clock says


async def test_of_each_lane_that_is_open_the_oldest_that_waits_comes_the_oldest_first(inbox: Inbox) -> None:
    await inbox.receive([message(n, "x", user=user) for n, user in ((4, 7), (3, 7), (2, 8), (9, 9), (1, 9))])
    await inbox.done(1, [])
    assert [(r.update_id, r.chat) for r in await inbox.heads([], 10)] == [(2, 8), (3, 7), (9, 9)]
    assert [r.update_id for r in await inbox.heads([8], 10)] == [3, 9]
    assert [r.update_id for r in await inbox.heads([], 1)] == [2]
    assert json.loads((await inbox.heads([8, 9], 1))[0].payload)["message"]["text"] == "x"
