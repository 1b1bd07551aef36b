"""Progress counts what was answered, how, when, and what is to come."""

from datetime import UTC, datetime, timedelta

from practising import ANN, BATCH, BOB, LR, TOKENS, answer, stored

from data.entries import retire
from data.progress import AHEAD, DAYS, Topic, progress
from data.store import Store


def test_topics_come_weakest_first_and_count_the_last_answers(store: Store) -> None:
    lr, batch, tokens = stored(store, LR, BATCH, TOKENS)
    answer(store, lr, "not yet")
    answer(store, lr, "right")
    answer(store, batch, "partly")
    answer(store, tokens, "not yet")
    found = store.read(progress, ANN, "c")
    assert found.topics == (Topic("Text", 1, 0, 0, 1), Topic("Training", 2, 1, 1, 0))
    assert (found.questions, found.answered, found.right) == (3, 3, 1)


def test_days_and_due_dates_are_counted(store: Store) -> None:
    lr, batch, tokens = stored(store, LR, BATCH, TOKENS)
    answer(store, lr, "right")
    answer(store, batch, "not yet")
    answer(store, tokens, "not yet")
    store.write(retire, [tokens.key])
    found = store.read(progress, ANN, None, "", datetime.now(UTC) + timedelta(minutes=1))
    assert len(found.days) == DAYS
    assert found.days[-1][1] == {"right": 1, "partly": 0, "not yet": 1}
    assert not any(any(counts.values()) for _, counts in found.days[:-1])
    assert len(found.due) == AHEAD + 1
    assert (found.due[0], sum(found.due)) == (0, 2)


def test_who_has_answered_nothing_has_no_topics(store: Store) -> None:
    stored(store, LR)
    found = store.read(progress, BOB, "c")
    assert (found.questions, found.answered, found.topics) == (1, 0, ())
