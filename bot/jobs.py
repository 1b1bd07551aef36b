"""What waits for the engine's thread: questions, and short pieces of other work that need the model."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from data.records import Answer, Question
from qa_model.answerer import Answerer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """A question to be answered."""

    question: Question
    future: "Future[Answer]"
    again: bool = False  # its batch failed: it is tried once more, alone


@dataclass(frozen=True, slots=True)
class Loan:
    """Work to be done with the model; it raises nothing, its own future holds what came of it."""

    work: Callable[[Answerer], None]


def loan(work: Callable[[Answerer], T]) -> "tuple[Loan, Future[T]]":
    """Return the work as it waits, and the future of its result."""
    future: Future[T] = Future()

    def run(answerer: Answerer) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work(answerer))
        except Exception as error:
            future.set_exception(error)

    return Loan(run), future
