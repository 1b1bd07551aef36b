"""The engine: one thread owns model and tokenizer and answers in small batches, another keeps them up to date.

A newly published bundle is loaded beside the one that serves and takes its place between two batches. New entries
are live at once by their words, and by their vectors as soon as these are computed, in the gaps between questions.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from threadpoolctl import threadpool_limits

from bot.jobs import Job, Waiting, loan
from data.entries import entries, revision
from data.errors import TutorError
from data.records import Answer, Question
from data.store import Store
from qa_model import bundle
from qa_model.answerer import Answerer, assemble, open_cache
from qa_model.block import Text, texts_of
from qa_model.course_labels import CourseLabels
from qa_model.encoder import Encoder, Progress
from qa_model.library import Library
from qa_model.scope_gate import answered
from qa_model.vectors import embed, encode

EMBED_CHUNK = 16  # texts that a waiting question may have to wait for
POLL_S = 1.0
RESTART_S = 0.1  # a thread that dies again and again must not take the whole processor

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Engine:
    """Answers questions from any thread. `start` returns when it can answer; `close` answers what still waits.

    Raises TutorError from `start` if no model can be loaded.
    """

    def __init__(self, store: Store, models: Path, *, poll_s: float = POLL_S) -> None:
        self._store = store
        self._models = models
        self._poll_s = poll_s
        self._cache = open_cache(models)
        self.labels = CourseLabels(models)
        self._jobs = Waiting()
        self._missing: list[Text] = []  # of the encoder that serves, replaced as a whole
        self._embedded = threading.Event()
        self._closing = threading.Event()
        self._seen = ("", "")  # revision and version that the answerer was made from
        self._answerer: Answerer | None = None
        self._in_work: list[Job] = []  # of the thread that serves
        self._moved_at = time.monotonic()
        self._threads: list[threading.Thread] = []

    def start(self, progress: Progress | None = None) -> None:
        """Load the model and what is known, then start both threads; with `progress`, embed what is missing first."""
        threadpool_limits(1, "blas")  # its threads spin for work so small, and take the cores from all other threads
        published = bundle.current(self._models)  # first: what is published while this one loads is seen as new
        now_serving = bundle.serving(self._models)
        encoder = Encoder.load(now_serving.folder)
        self._answerer = Answerer(encoder, Library({}), now_serving.policies, now_serving.version, self._cache)
        self._seen = ("", published)
        if progress is not None:
            texts = [text for entry in self._store.read(entries) for text in texts_of(entry)]
            embed(encoder, texts, self._cache, progress)
        self._refresh()
        for work in (self._serve, self._watch):
            thread = threading.Thread(target=self._keep_alive, args=(work,), name=work.__name__.strip("_"), daemon=True)
            self._threads.append(thread)
            thread.start()

    def answer(self, question: Question) -> "Future[Answer]":
        """Queue a question; the future holds its answer, or the error that hindered it."""
        future: Future[Answer] = Future()
        self._jobs.put(Job(question, future))
        return future

    def lend(self, work: Callable[[Answerer], T]) -> "Future[T]":
        """Let a short piece of work use model and entries between two batches, on the thread that owns them."""
        waits, future = loan(work)
        self._jobs.put(waits)
        return future

    @property
    def models(self) -> Path:
        """The folder of the models."""
        return self._models

    @property
    def model(self) -> str:
        """The version that serves."""
        return self._answerer.model if self._answerer else ""

    @property
    def silent_s(self) -> float:
        """For how many seconds the thread that answers has not moved; where nothing is asked it moves all the same."""
        return time.monotonic() - self._moved_at

    @property
    def embedding(self) -> int:
        """How many texts still wait for their vector."""
        return len(self._missing)

    def close(self) -> None:
        """Answer what waits, then stop both threads."""
        self._closing.set()
        self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._cache.close()

    def _keep_alive(self, work: Callable[[], None]) -> None:
        """Run a thread's work, and anew if it dies of anything; what it was answering is answered by the next."""
        while True:
            try:
                return work()
            except BaseException:
                logger.exception("the thread `%s` died and is started again", threading.current_thread().name)
                if work == self._serve:
                    self._take_up()
            time.sleep(RESTART_S)

    def _take_up(self) -> None:
        """Put back what was in work; a question that is alone there, and for the second time, gets the blame."""
        unanswered = [job for job in self._in_work if not job.future.done()]
        self._in_work = []
        for job in unanswered:
            if job.again:
                job.future.set_exception(RuntimeError("the thread died of this question, twice"))
            else:
                self._jobs.put(replace(job, again=True))

    def _serve(self) -> None:
        while not self._jobs.is_over:
            self._moved_at = time.monotonic()
            jobs = self._jobs.take(0.0 if self._missing else self._poll_s)
            if jobs:
                self._answer(jobs)
                self._jobs.rest()
            for waits in self._jobs.loans():
                assert self._answerer is not None  # set by start, before this thread
                waits.work(self._answerer)
            if self._missing:
                self._embed_some()

    def _answer(self, jobs: list[Job]) -> None:
        running = [job for job in jobs if job.again or job.future.set_running_or_notify_cancel()]
        self._in_work = running
        answerer = self._answerer
        assert answerer is not None  # set by start, before this thread
        try:
            answers = answered(answerer, self.labels, [job.question for job in running])
        except Exception as error:
            logger.exception("a batch of %d questions could not be answered", len(running))
            for job in running:
                if len(running) > 1:
                    self._jobs.put(replace(job, again=True))
                else:
                    job.future.set_exception(error)
        else:
            for job, answer in zip(running, answers, strict=True):
                job.future.set_result(answer)
        self._in_work = []

    def _embed_some(self) -> None:
        answerer, missing = self._answerer, self._missing
        assert answerer is not None
        part = missing[:EMBED_CHUNK]
        try:
            self._cache.keep(answerer.encoder.hash, encode(answerer.encoder, part))
        except Exception:
            logger.exception("%d texts could not be embedded; they are found by their words", len(part))
        if self._missing is missing:
            self._missing = missing[EMBED_CHUNK:]
        self._embedded.set()

    def _watch(self) -> None:
        while not self._closing.wait(self._poll_s):
            try:
                self._refresh()
            except (TutorError, OSError) as error:
                logger.warning("what is new cannot be read yet: %s", error)
            except Exception:
                logger.exception("what is new cannot be read")

    def _refresh(self) -> None:
        """Look for new entries and for a new bundle, and take them in."""
        assert self._answerer is not None
        state = (self._store.read(revision), bundle.current(self._models))
        if state[1] != self._seen[1]:
            self._load(state[1])
        embedded = self._embedded.is_set() and not self._missing
        if state != self._seen or embedded:
            self._embedded.clear()
            self._index(self._answerer)
        self._seen = state
        self.labels.refresh()

    def _load(self, version: str) -> None:
        """Load a version beside the one that serves; one that fails its check is refused and the old one stays."""
        known = self._store.read(entries)
        try:
            chosen = bundle.version_serving(self._models, version)
            encoder = Encoder.load(chosen.folder)
        except TutorError as error:
            serving = self._answerer.model if self._answerer else "nothing"
            logger.error("version %s is refused, %s goes on serving: %s", version, serving, error)
            return
        self._missing = []
        self._answerer = assemble(known, encoder, self._cache, policies=chosen.policies, model=version)
        logger.warning("version %s serves now", version)

    def _index(self, answerer: Answerer) -> None:
        """Index the entries as they are now, with the vectors there are; the others are computed meanwhile."""
        known = self._store.read(entries)
        library = answerer.library.renewed(known, answerer.encoder, self._cache)
        self._answerer = Answerer(answerer.encoder, library, answerer.policies, answerer.model, self._cache)
        self._missing = library.missing
