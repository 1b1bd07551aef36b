"""What waits for the engine's thread: questions, and short pieces of other work that need the model.

Questions that wait together are answered together, which costs each of them less. Where they come so often that the
next is not far, a batch is held open for it; where they are rare, none waits. One program that asks on and on without a
pause is taken for many who ask often.
"""

import queue
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from bot.often import Often
from data.records import Answer, Question
from qa_model.answerer import Answerer

MAX_BATCH = 32  # questions that are answered together
GATHER_S = 0.03  # from one batch to the next, where questions are often
OFTEN, OFTEN_S = 16, 0.3  # so many questions in so many seconds

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


class Waiting:
    """What waits, put there by any thread and taken by one."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Job | Loan | None] = queue.SimpleQueue()
        self._next: Job | None = None
        self._loans: deque[Loan] = deque()
        self._often = Often(OFTEN, OFTEN_S)
        self._rested = 0.0  # when the last batch was done
        self._closed = False

    def put(self, waits: Job | Loan | None) -> None:
        """Put something behind what waits; None: nothing comes any more but what is tried again."""
        self._queue.put(waits)

    def take(self, wait_s: float) -> list[Job]:
        """Return a batch of questions: none if nothing comes for so long, or if what comes first is a loan."""
        jobs: list[Job] = []
        while len(jobs) < MAX_BATCH:
            try:
                job = self._get(self._open_s() if jobs else 0.0 if self._closed else wait_s)
            except queue.Empty:
                return jobs
            if job is None:
                self._closed = True
            elif isinstance(job, Loan):
                self._loans.append(job)
                if not jobs:
                    return jobs
            elif job.again and jobs:
                self._next = job
                return jobs
            else:
                jobs.append(job)
                self._often.note()
                if job.again:
                    return jobs
        return jobs

    def rest(self) -> None:
        """Note that a batch is done."""
        self._rested = time.monotonic()

    def loans(self) -> Iterator[Loan]:
        """Yield the loans that came, once each."""
        while self._loans:
            yield self._loans.popleft()

    @property
    def is_over(self) -> bool:
        """Whether nothing waits and nothing comes any more."""
        return self._closed and self._next is None and not self._loans and self._queue.empty()

    def _get(self, wait_s: float) -> Job | Loan | None:
        """Return what is next. Raises queue.Empty if nothing comes for so long."""
        job, self._next = self._next, None
        if job is not None:
            return job
        return self._queue.get(timeout=wait_s) if wait_s > 0 else self._queue.get_nowait()

    def _open_s(self) -> float:
        """Return for how many seconds more the batch is held open."""
        return self._rested + GATHER_S - time.monotonic() if self._often else 0.0


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
