"""A person sees everything that is kept about them and nothing of others; versions know whose words they learned."""

import json
from pathlib import Path

import pytest
from persons import ACCOUNT, ANN, BOB, TEACHER, ask, course, write

from data.forgetting import remove
from data.privacy import about, learners, note_learned, outdated, versions_of
from data.store import Store

RECEIVED = "insert into inbox (update_id, payload, state, received_at, chat) values (?, ?, ?, '2026-01-01', ?)"


def test_a_person_sees_their_questions_with_what_was_shown_and_what_became_of_them(store: Store) -> None:
    lr, _ = course(store)
    ask(store, ANN, "how fast should it learn", lr, confirmed=True)
    ask(store, BOB, "what bob wants to know", lr)
    known = store.read(about, ANN)
    assert known["person"]["chat"] == ACCOUNT
    (question,) = known["questions"]
    assert question["text"] == "how fast should it learn"
    assert [(s["entry"], s["position"]) for s in question["shown"]] == [("lr", 0)]
    assert [(r["vote"], r["role"]) for r in question["reactions"]] == [("up", "student"), ("correction", "teacher")]
    assert question["passed_to_a_teacher"]["closed_at"] is None
    text = json.dumps(known)
    assert "bob" not in text
    assert BOB not in text
    assert TEACHER not in text


def test_a_teacher_sees_what_they_did_without_the_questions_of_others(store: Store) -> None:
    lr, _ = course(store)
    ask(store, ANN, "how fast should it learn", lr, confirmed=True)
    write(store, "insert into teachers (person, course, name, since) values (?, 'c', 'T.', '')", TEACHER)
    write(store, "insert into changes (at, actor, action, detail) values ('', ?, 'undo', 'of 1')", TEACHER)
    known = store.read(about, TEACHER)
    assert [r["vote"] for r in known["reactions_to_questions_of_others"]] == ["correction"]
    assert known["teacher_of"] == [{"course": "c", "name": "T.", "since": ""}]
    assert known["changes"] == [{"at": "", "action": "undo", "course": None, "detail": "of 1"}]
    assert "how fast" not in json.dumps(known)


def test_messages_that_wait_or_were_set_aside_are_shown_to_whom_they_came_from(store: Store) -> None:
    ask(store, ANN, "how fast should it learn", course(store)[0])
    theirs = {"message": {"message_id": 1, "from": {"id": ACCOUNT}, "text": "hi"}}
    other = {"message": {"message_id": ACCOUNT, "from": {"id": ACCOUNT * 10}}}
    write(store, RECEIVED, 1, json.dumps(theirs), "waiting", ACCOUNT)
    write(store, RECEIVED, 2, json.dumps(theirs), "failed", 0)
    write(store, RECEIVED, 3, json.dumps(other), "waiting", 0)
    write(store, RECEIVED, 4, f'{{"user_id": {ACCOUNT}, broken', "failed", 0)
    write(store, RECEIVED, 5, None, "done", ACCOUNT)
    insert = """insert into outbox (update_id, position, chat, method, params, created_at)
                values (1, 0, ?, 'sendMessage', '{"text": "hello"}', '')"""
    write(store, insert, ACCOUNT)
    known = store.read(about, ANN)
    received = [(m["update_id"], m["payload"]) for m in known["messages_received"]]
    assert received == [(1, theirs), (2, theirs), (4, f'{{"user_id": {ACCOUNT}, broken')]
    assert [m["params"] for m in known["messages_to_send"]] == [{"text": "hello"}]


def test_nothing_is_known_of_a_stranger(store: Store) -> None:
    assert store.read(about, ANN) == {}


def test_those_whose_wording_was_judged_take_part_in_a_round(store: Store) -> None:
    lr, _ = course(store)
    ask(store, ANN, "how fast should it learn", lr)
    write(store, "insert into people (id, first_seen_at) values (?, '')", BOB)
    insert = "insert into questions (text, course, person, asked_at) values (?, 'c', ?, '')"
    write(store, insert, "How fast  should it learn", BOB)
    assert store.read(learners) == {ANN, BOB}


def test_those_whose_words_were_not_judged_take_no_part(store: Store) -> None:
    course(store)
    write(store, "insert into people (id, first_seen_at) values (?, '')", BOB)
    write(store, "insert into questions (text, course, person, asked_at) values ('and now', 'c', ?, '')", BOB)
    assert store.read(learners) == frozenset()


@pytest.mark.parametrize("forgotten_first", [True, False])
def test_a_version_that_learned_from_a_forgotten_person_is_named_while_it_is_there(
    store: Store, tmp_path: Path, forgotten_first: bool
) -> None:
    lr, _ = course(store)
    ask(store, ANN, "how fast should it learn", lr)
    ask(store, BOB, "what bob wants to know", lr)
    persons = store.read(learners)
    if forgotten_first:  # while the round was running
        store.write(remove, ANN)
    store.write(note_learned, "0003", persons)
    if not forgotten_first:
        assert store.read(versions_of, ANN) == ("0003",)
        assert store.write(remove, ANN).versions == ("0003",)
    assert store.read(versions_of, BOB) == ("0003",)
    assert store.read(outdated, tmp_path) == []
    (tmp_path / "answers" / "0003").mkdir(parents=True)
    (line,) = store.read(outdated, tmp_path)
    assert line.startswith("version 0003 learned from 1 who asked to be forgotten")
