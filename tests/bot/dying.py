"""A bot that kills itself with SIGKILL at a named step, and one that does not: processes of their own, for a test.

A step is `before`, `within` or `after` and what is done there: a piece of work of the store by its function's name
(`within` is before the commit), or `sending`, the call of Telegram.
"""

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import tiny
from forked import PROCESSES

from data.records import Answer, Question
from data.store import Store
from qa_model import bundle
from qa_model.answerer import Answerer, load_answerer
from qa_model.base import EncoderSpec
from qa_model.fusion import Policies

DEADLY = "deadly words"  # the process that is asked them dies


class DyingStore(Store):
    """A store that takes the process with it."""

    def __init__(self, path: Path, step: str) -> None:
        self._step = step
        super().__init__(path)

    def submit(self, work: Callable[..., Any], /, *args: object, **kwargs: object) -> Future[Any]:
        name = work.__name__.strip("_")

        def dangerous(*given: object, **named: object) -> object:
            die_at(self._step, f"before {name}")
            result = work(*given, **named)
            die_at(self._step, f"within {name}")
            return result

        future = super().submit(dangerous, *args, **kwargs)
        future.add_done_callback(lambda _: die_at(self._step, f"after {name}"))
        return future


def die_at(step: str, here: str) -> None:
    if step == here:
        os.kill(os.getpid(), signal.SIGKILL)


def fill(store: Store, models: Path) -> None:
    """Fill a store and publish a tiny model that answers it surely."""
    tiny.fill(store, tiny.topics())
    spec = EncoderSpec("mean", max_tokens=tiny.MAX_POSITIONS)
    record = {"policy": bundle.policies_record(Policies()), "parent": bundle.BASE}
    bundle.publish(models, bundle.write(models, lambda draft: tiny.bert(draft, spec) and None, record))
    load_answerer(store, models)


def start(db: Path, models: Path, base_url: str, step: str = "") -> ForkServerProcess:
    """Start a bot that dies at this step, or lives."""
    process = PROCESSES.Process(target=_serve, args=(db, models, base_url, step), daemon=True)
    process.start()
    return process


def _serve(db: Path, models: Path, base_url: str, step: str) -> None:
    import torch

    from bot import app, delivery, sender
    from bot.service import open_tutor
    from bot.settings import Settings

    torch.set_num_threads(1)
    call = sender.call

    async def dangerous(*args: object) -> None:
        die_at(step, "before sending")
        await call(*args)
        die_at(step, "after sending")

    sender.call = dangerous
    delivery.LAST_TRY_AFTER_S = 1.0
    answer = Answerer.answer

    def deadly(self: Answerer, questions: Sequence[Question]) -> list[Answer]:
        if any(DEADLY in question.text for question in questions):
            os.kill(os.getpid(), signal.SIGKILL)
        return answer(self, questions)

    Answerer.answer = deadly  # type: ignore[method-assign]
    with DyingStore(db, step) as store:
        tutor, engine = open_tutor(store, models, db.with_name("tutor.key"))
        app.run(Settings("1:TEST", base_url), tutor, store)
        engine.close()
