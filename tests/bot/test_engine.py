"""The engine answers from one thread, in small batches, and takes in what is new while it serves."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_course import ENTRIES, LR, SURE, SURE_ZH

from bot.engine import Engine
from bot.jobs import MAX_BATCH
from data.entries import put, touch
from data.records import Answer, Entry, Question
from data.store import Store
from qa_model import bundle
from qa_model.answerer import Answerer
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.encoder import Encoder
from qa_model.fusion import Policies, Policy

TIMEOUT_S = 10
TRIES = 2000
NEW = Entry("ml", "dropout", "What is dropout good for?", "It hides units at random, against overfitting.")


@pytest.fixture
def publishing(course: Store, own_models: Path) -> Iterator[Engine]:
    """An engine over a models folder in which the test may publish."""
    engine = Engine(course, own_models, poll_s=0.05)
    engine.start()
    yield engine
    engine.close()


def ask(engine: Engine, text: str) -> Answer:
    return engine.answer(Question(text)).result(TIMEOUT_S)


def ask_until(engine: Engine, text: str, holds: Callable[[Answer], object]) -> Answer:
    """Ask until the answer is as it should be; every question on the way must be answered too."""
    for _ in range(TRIES):
        answer = ask(engine, text)
        if holds(answer):
            return answer
    raise AssertionError(f"never so: {answer}")


def new_version(models: Path, policies: Policies | None = None) -> str:
    """Write a bundle of the base model."""
    encoder = Encoder.load(resolve(DEFAULT_BASE))
    record = {"policy": bundle.policies_record(policies or Policies()), "parent": "base"}
    return bundle.write(models, encoder.save, record)


def test_each_of_many_questions_gets_its_own_answer(engine: Engine) -> None:
    asked = [*ENTRIES] * (2 * MAX_BATCH // len(ENTRIES) + 1)
    futures = [engine.answer(Question(entry.question, entry.course)) for entry in asked]
    answers = [future.result(TIMEOUT_S) for future in futures]
    assert [answer.candidates[0].entry.id for answer in answers] == [entry.id for entry in asked]


def test_a_question_that_breaks_its_batch_gets_the_error_and_the_next_is_answered(engine: Engine) -> None:
    broken = engine.answer(Question("what is \ud800?"))
    assert isinstance(broken.exception(TIMEOUT_S), Exception)
    assert ask(engine, SURE).candidates[0].entry.question == LR


def test_a_question_that_nobody_waits_for_any_more_harms_none(engine: Engine) -> None:
    futures = [engine.answer(Question(SURE)) for _ in range(20)]
    cancelled = [future.cancel() for future in futures]
    assert ask(engine, SURE).decision == "answer"
    assert all(future.cancelled() == gone for future, gone in zip(futures, cancelled, strict=True))


def test_what_waits_when_it_closes_is_answered(course: Store, models: Path) -> None:
    engine = Engine(course, models)
    engine.start()
    futures = [engine.answer(Question(SURE)) for _ in range(3 * MAX_BATCH)]
    engine.close()
    assert all(future.done() and future.result().decision == "answer" for future in futures)


def test_new_entries_are_live_without_a_restart(engine: Engine, course: Store) -> None:
    assert NEW.id not in [c.entry.id for c in ask(engine, NEW.question).candidates]
    course.write(put, NEW)
    course.write(touch)
    ask_until(engine, NEW.question, lambda answer: answer.candidates[0].entry.id == NEW.id)
    ask_until(engine, NEW.question, lambda answer: answer.decision == "answer")


def test_a_mended_answer_is_given_as_it_is_now(engine: Engine, course: Store) -> None:
    course.write(put, Entry("ml", "lr", LR, "Ask the tutor."))
    course.write(touch)
    ask_until(engine, SURE, lambda answer: answer.candidates[0].entry.answer == "Ask the tutor.")


def test_what_is_not_embedded_yet_is_found_by_its_words_then_embedded(course: Store, tmp_path: Path) -> None:
    engine = Engine(course, tmp_path / "empty", poll_s=0.05)
    engine.start()
    try:
        assert ask(engine, SURE).candidates[0].entry.question == LR
        ask_until(engine, SURE, lambda _: not engine.embedding)
        # No word of this stands in the course: only vectors can tell.
        ask_until(engine, "graphics card", lambda answer: answer.candidates[0].entry.id == "gpu")
    finally:
        engine.close()


def test_a_published_bundle_is_swapped_in_with_its_policies(publishing: Engine, own_models: Path) -> None:
    assert ask(publishing, SURE).model == publishing.model == "base"
    version = new_version(own_models, Policies(courses={"ml": Policy(answer_at=2.0)}))
    bundle.publish(own_models, version)
    answer = ask_until(publishing, SURE, lambda answer: answer.model == version)
    assert (answer.decision, publishing.model) == ("suggest", version)
    assert ask(publishing, SURE_ZH).decision == "answer"  # the other course has its own threshold
    bundle.publish(own_models, bundle.BASE)
    ask_until(publishing, SURE, lambda answer: (answer.model, answer.decision) == ("base", "answer"))


def test_a_damaged_bundle_is_refused_and_the_old_one_stays(
    publishing: Engine, own_models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = new_version(own_models)
    weights = own_models / "answers" / damaged / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    (own_models / "answers" / "current").write_text(damaged)
    ask_until(publishing, SURE, lambda answer: f"version {damaged} is refused" in caplog.text)
    assert ask(publishing, SURE).model == "base"
    sound = new_version(own_models)
    bundle.publish(own_models, sound)
    ask_until(publishing, SURE, lambda answer: answer.model == sound)


def test_a_bundle_whose_policy_is_damaged_is_refused_and_the_old_one_stays(
    publishing: Engine, own_models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sound = new_version(own_models)
    bundle.publish(own_models, sound)
    ask_until(publishing, SURE, lambda answer: answer.model == sound)
    damaged = new_version(own_models, Policies(Policy(bias=float("nan"))))
    bundle.publish(own_models, damaged)
    ask_until(publishing, SURE, lambda answer: f"version {damaged} is refused, {sound} goes on serving" in caplog.text)
    assert (ask(publishing, SURE).model, ask(publishing, SURE).decision) == (sound, "answer")


def test_a_folder_that_can_no_longer_be_read_stops_nobody(
    publishing: Engine, own_models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (own_models / "answers" / "current").mkdir(parents=True)
    ask_until(publishing, SURE, lambda answer: "cannot be read" in caplog.text)
    assert ask(publishing, SURE).decision == "answer"
    shutil.rmtree(own_models / "answers")
    version = new_version(own_models)
    bundle.publish(own_models, version)
    ask_until(publishing, SURE, lambda answer: answer.model == version)


class Deadly(Question):
    """A question that the thread of the model dies of, so many times."""

    times = 0

    def __getattribute__(self, name: str) -> object:
        if name == "text" and Deadly.times:
            Deadly.times -= 1
            raise SystemExit("died")
        return super().__getattribute__(name)


def deadly(text: str, times: int) -> Question:
    Deadly.times = times
    return Deadly(text)


def test_a_thread_that_dies_is_started_again_and_its_questions_are_answered(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    futures = [engine.answer(Question(SURE)), engine.answer(deadly(SURE, 1)), engine.answer(Question(SURE_ZH))]
    assert [future.result(TIMEOUT_S).decision for future in futures] == ["answer"] * 3
    assert "died and is started again" in caplog.text


def test_a_question_that_the_thread_dies_of_twice_gets_the_blame_and_no_other(engine: Engine) -> None:
    futures = [engine.answer(Question(SURE)), engine.answer(deadly(SURE, 2)), engine.answer(Question(SURE_ZH))]
    assert isinstance(futures[1].exception(TIMEOUT_S), RuntimeError)
    assert [futures[i].result(TIMEOUT_S).decision for i in (0, 2)] == ["answer"] * 2


def test_a_question_that_breaks_its_batch_costs_no_other_its_answer(engine: Engine) -> None:
    futures = [engine.answer(Question(text)) for text in (SURE, "what is \ud800?", SURE_ZH)]
    assert isinstance(futures[1].exception(TIMEOUT_S), Exception)
    assert [futures[i].result(TIMEOUT_S).decision for i in (0, 2)] == ["answer"] * 2


def test_work_that_needs_the_model_is_done_between_questions(engine: Engine) -> None:
    before = [engine.answer(Question(SURE)) for _ in range(3)]
    lent = engine.lend(lambda answerer: (threading.current_thread().name, sorted(answerer.library.courses)))
    after = engine.answer(Question(SURE))
    assert lent.result(TIMEOUT_S) == ("serve", ["ml", "zh"])
    assert {f.result(TIMEOUT_S).candidates[0].entry.question for f in (*before, after)} == {SURE}


def test_work_that_fails_hinders_nobody_and_says_so(engine: Engine) -> None:
    def fails(_: Answerer) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        engine.lend(fails).result(TIMEOUT_S)
    assert ask(engine, SURE).candidates[0].entry.question == SURE


def test_work_that_waits_when_the_engine_closes_is_done(course: Store, models: Path) -> None:
    engine = Engine(course, models, poll_s=0.05)
    engine.start()
    lent = [engine.lend(lambda answerer: answerer.model) for _ in range(5)]
    engine.close()
    assert [f.result(0) for f in lent] == ["base"] * 5
