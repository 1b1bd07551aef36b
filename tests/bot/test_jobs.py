"""Questions that are often share a batch; where they are rare, none waits."""

import threading
import time
from concurrent.futures import Future

from bot.jobs import GATHER_S, MAX_BATCH, OFTEN, Job, Waiting, loan
from bot.often import Often
from data.records import Answer, Question


def job(text: str = "?", *, again: bool = False) -> Job:
    future: Future[Answer] = Future()
    return Job(Question(text), future, again)


def texts(jobs: list[Job]) -> list[str]:
    return [one.question.text for one in jobs]


def asked_often() -> Waiting:
    """A queue from which many questions were just taken."""
    waiting = Waiting()
    for _ in range(OFTEN):
        waiting.put(job())
    assert len(waiting.take(0.0)) == OFTEN
    waiting.rest()
    return waiting


def taken_in_s(waiting: Waiting, wait_s: float = 1.0) -> tuple[float, list[Job]]:
    begun = time.monotonic()
    jobs = waiting.take(wait_s)
    return time.monotonic() - begun, jobs


def test_often_is_so_many_within_the_time() -> None:
    often, never = Often(3, 60.0), Often(3, 0.0)
    for _ in range(3):
        assert not often and not never
        often.note()
        never.note()
    assert often and not never


def test_a_rare_question_is_taken_at_once() -> None:
    waiting = Waiting()
    waiting.put(job("one"))
    waiting.rest()
    waited_s, jobs = taken_in_s(waiting)
    assert texts(jobs) == ["one"]
    assert waited_s < GATHER_S


def test_where_questions_are_often_a_batch_is_held_open_for_the_next() -> None:
    waiting = asked_often()
    waiting.put(job("one"))
    threading.Timer(GATHER_S / 3, lambda: waiting.put(job("two"))).start()
    waited_s, jobs = taken_in_s(waiting)
    assert texts(jobs) == ["one", "two"]
    assert waited_s < 1.0


def test_a_batch_is_not_held_open_longer_than_said() -> None:
    waiting = asked_often()
    time.sleep(GATHER_S)
    waiting.put(job("one"))
    waited_s, jobs = taken_in_s(waiting)
    assert texts(jobs) == ["one"]
    assert waited_s < GATHER_S


def test_a_batch_has_an_end() -> None:
    waiting = Waiting()
    for _ in range(MAX_BATCH + 1):
        waiting.put(job())
    assert [len(waiting.take(0.0)) for _ in range(3)] == [MAX_BATCH, 1, 0]


def test_what_is_tried_again_is_tried_alone_and_next() -> None:
    waiting = Waiting()
    for one in (job("before"), job("again", again=True), job("after")):
        waiting.put(one)
    assert [texts(waiting.take(0.0)) for _ in range(3)] == [["before"], ["again"], ["after"]]


def test_a_loan_neither_waits_for_questions_nor_parts_them() -> None:
    waiting, given = Waiting(), loan(lambda _: 1)[0]
    waiting.put(given)
    assert taken_in_s(waiting, 5.0)[1] == []
    assert [*waiting.loans()] == [given]
    for one in (job("one"), given, job("two")):
        waiting.put(one)
    assert texts(waiting.take(0.0)) == ["one", "two"]
    assert [*waiting.loans()] == [given]


def test_it_is_over_when_nothing_waits_and_nothing_comes() -> None:
    waiting = Waiting()
    waiting.put(job("one"))
    waiting.put(None)
    assert not waiting.is_over
    assert texts(waiting.take(5.0)) == ["one"]
    assert waiting.is_over
    waiting.put(job("again", again=True))  # what died is put back
    assert not waiting.is_over
    assert texts(waiting.take(5.0)) == ["again"]
    assert waiting.is_over
