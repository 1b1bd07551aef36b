"""A person is asked what is due, then what is new, their weak topics first; each answer counts once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from practising import ANN, BATCH, BOB, LR, TOKENS, answer, long_ago, stored
from sqlite_utils import Database

from data import log, practice
from data.entries import retire
from data.errors import TutorError
from data.practice import is_quizzable
from data.records import Answer, Candidate, Decision, Entry, Feedback, Question, Vote
from data.store import Store


def drawn(store: Store, person: str = ANN, lang: str = "") -> str | None:
    entry = store.read(practice.draw, person, "c", lang)
    return entry.id if entry else None


def passed(store: Store, *known: Entry) -> None:
    for entry in known:
        store.write(practice.put_off, ANN, entry.key)


def asked(store: Store, entry: Entry, vote: Vote | None = None, decision: Decision = "answer") -> None:
    def work(db: Database) -> None:
        found = Answer(decision, 0.9, (Candidate(entry, 0.9, 0.9),))
        number = log.record_question(db, Question(f"about {entry.id}", "c", person=ANN), found)
        if vote:
            log.vote(db, Feedback(number, entry.key, vote, 0, ANN))

    store.write(work)


def days_until(due_at: str) -> float:
    return (datetime.fromisoformat(due_at) - datetime.now(UTC)) / timedelta(days=1)


@pytest.mark.parametrize(
    ("entry", "suits"),
    [
        (LR, True),
        (replace(LR, answer="Yes."), False),
        (replace(LR, answer="word " * 200), False),
        (replace(LR, answer="Call it so:\n```\nfit(model, data)\nsave(model, folder, and, much, more)\n```"), False),
        (replace(LR, answer="See https://example.org/a/b/c/d/e/f and nothing else"), False),
        (replace(LR, expires_on="2999-01-01"), False),
        (replace(LR, answer="把在一个任务上学到的知识用到另一个任务上。"), True),
    ],
)
def test_an_answer_that_can_be_told_by_heart_suits(entry: Entry, suits: bool) -> None:
    assert is_quizzable(entry) is suits


def test_new_questions_come_in_the_order_of_the_course_and_passed_ones_tomorrow(store: Store) -> None:
    lr, batch, tokens = stored(store, LR, BATCH, TOKENS)
    assert drawn(store) == "lr"
    passed(store, lr)
    assert drawn(store) == "batch"
    passed(store, batch, tokens)
    assert drawn(store) is None
    assert drawn(store, BOB) == "lr"
    assert 0.9 < days_until(store.read(practice.next_due, ANN, "c") or "") <= 1


def test_what_was_passed_over_when_it_was_due_keeps_what_is_known_of_it(store: Store) -> None:
    (lr,) = stored(store, LR)
    answer(store, lr, "right")
    long_ago(store)
    passed(store, lr)
    assert drawn(store) is None
    assert days_until(answer(store, lr, "right").due_at) > 3


def test_what_is_due_comes_before_what_is_new_and_what_is_not_due_waits(store: Store) -> None:
    lr, _, tokens = stored(store, LR, BATCH, TOKENS)
    answer(store, tokens, "right")
    assert drawn(store) == "lr"
    long_ago(store)
    assert drawn(store) == "tokens"
    assert drawn(store, BOB) == "lr"
    answer(store, lr, "right")
    passed(store, tokens)
    assert drawn(store) == "batch"


def test_weak_ones_come_first_and_then_their_section(store: Store) -> None:
    other = replace(BATCH, id="other", section="")
    _, batch, tokens, more, _ = stored(store, LR, BATCH, TOKENS, replace(TOKENS, id="more"), other)
    asked(store, more, "down")
    assert store.read(practice.weak_entries, ANN, "c") == [more.key]
    assert drawn(store) == "more"
    passed(store, more)
    assert drawn(store) == "tokens"
    answer(store, batch, "not yet")
    assert store.read(practice.weak_entries, ANN, None) == [batch.key, more.key]
    passed(store, tokens)
    assert drawn(store) == "lr"
    assert store.read(practice.weak_entries, BOB, "c") == []


def test_what_was_asked_again_is_weak_until_it_was_told_right(store: Store) -> None:
    _, batch = stored(store, LR, BATCH)
    asked(store, batch)
    assert store.read(practice.weak_entries, ANN, "c") == []
    asked(store, batch, "chosen", "suggest")
    asked(store, batch, None, "suggest")  # seen and not chosen: that says nothing
    assert store.read(practice.weakness, ANN)[batch.key] == 1
    answer(store, batch, "right")
    assert store.read(practice.weak_entries, ANN, "c") == []
    answer(store, batch, "partly")
    assert store.read(practice.weakness, ANN)[batch.key] == 2


def test_the_person_s_language_comes_if_the_course_has_it(store: Store) -> None:
    stored(store, replace(LR, lang="en"), replace(BATCH, id="zh", lang="zh"))
    assert drawn(store, lang="zh-hans") == "zh"
    assert drawn(store, lang="en") == "lr"
    assert drawn(store, lang="de") == "lr"


def test_what_is_retired_expired_or_taken_out_leaves(store: Store) -> None:
    lr, batch, _ = stored(store, LR, BATCH, TOKENS)
    answer(store, lr, "not yet")
    answer(store, batch, "not yet")
    long_ago(store)
    store.write(retire, [lr.key])
    store.write(practice.allow, batch.key, False)
    assert drawn(store) == "tokens"
    assert store.read(practice.askable, lr.key) is None
    assert store.read(practice.askable, batch.key) is None
    assert store.read(practice.weak_entries, ANN, "c") == [batch.key]
    store.write(practice.allow, batch.key, True)
    assert drawn(store) == "batch"
    assert store.read(practice.askable, batch.key) is not None
    (old,) = stored(store, replace(TOKENS, expires_on="2020-01-01"))
    assert store.read(practice.askable, old.key) is None


def test_an_answer_counts_once_for_an_event(store: Store) -> None:
    (lr,) = stored(store, LR)
    first = answer(store, lr, "right", ref="update:1")
    again = answer(store, lr, "not yet", ref="update:1")
    assert again == first
    assert store.read(lambda db: db["reviews"].count) == 1


def test_the_better_the_answer_the_later_it_is_asked_again(store: Store) -> None:
    lr, batch, tokens = stored(store, LR, BATCH, TOKENS)
    due = [days_until(answer(store, e, v).due_at) for e, v in ((lr, "right"), (batch, "partly"), (tokens, "not yet"))]
    assert due[0] > 1
    assert 0 < due[2] < due[1] < 0.1
    long_ago(store)
    assert days_until(answer(store, lr, "right").due_at) > due[0]
    assert store.read(practice.next_due, ANN, "c") is not None
    assert store.read(practice.next_due, BOB, "c") is None


def test_the_student_has_the_last_word_and_it_decides_when_it_is_asked_again(store: Store) -> None:
    (lr,) = stored(store, LR)
    first = answer(store, lr, "not yet")
    mended = store.write(practice.overrule, ANN, first.id, "right")
    assert (mended.verdict, mended.own) == ("not yet", "right")
    assert days_until(mended.due_at) > 1
    back = store.write(practice.overrule, ANN, first.id, "not yet")  # as if it had been said at first
    assert back.due_at == first.due_at
    assert store.read(practice.last_verdicts, ANN) == {lr.key: "not yet"}


def test_only_one_s_own_last_answer_can_be_overruled(store: Store) -> None:
    (lr,) = stored(store, LR)
    first = answer(store, lr, "partly")
    answer(store, lr, "partly")
    for person, number in ((BOB, first.id), (ANN, first.id), (ANN, 99)):
        with pytest.raises(TutorError, match="not this person's, or not their last"):
            store.write(practice.overrule, person, number, "right")
    assert store.read(practice.reviewed_entry, BOB, first.id) is None
    assert store.read(practice.reviewed_entry, ANN, first.id) == lr
