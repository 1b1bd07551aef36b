"""A small world to break: a store of made-up topics, a tiny published model, and `bot run` as a process of its own.

The processes are forked from one that has everything imported, so that a bot starts in a second and not in ten.
"""

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent
ROOT = TESTS.parent
for folder in (str(TESTS), str(ROOT)):
    if folder not in sys.path:
        sys.path.insert(0, folder)

import tiny  # noqa: E402
from bot_api import BotApi, Json, Sent  # noqa: E402
from forked import PROCESSES, command  # noqa: E402

from data.store import Store  # noqa: E402
from qa_model import bundle  # noqa: E402
from qa_model.answerer import load_answerer  # noqa: E402
from qa_model.base import EncoderSpec  # noqa: E402
from qa_model.fusion import Policies  # noqa: E402

__all__ = ["BotApi", "Json", "Sent", "World", "make", "question", "start", "warm_up"]


@dataclass(frozen=True)
class World:
    """Where the store, the models and the bot's log are."""

    db: Path
    models: Path
    log: Path

    def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """What a query of the store gives, by a connection of its own."""
        with closing(sqlite3.connect(self.db, timeout=30)) as db:
            return db.execute(sql, args).fetchall()


def make(folder: Path) -> World:
    """Fill a store and publish the tiny model; everything is embedded, so that answers are sure from the start."""
    world = World(folder / "tutor.db", folder / "models", folder / "bot.log")
    with Store(world.db) as store:
        tiny.fill(store, tiny.topics())
        record = {"policy": bundle.policies_record(Policies()), "parent": bundle.BASE}
        spec = EncoderSpec("mean", max_tokens=tiny.MAX_POSITIONS)
        bundle.publish(world.models, bundle.write(world.models, lambda draft: _model(draft, spec), record))
        load_answerer(store, world.models)
    return world


def question(n: int) -> str:
    """Return a known wording, which is answered surely."""
    topic = tiny.topics()[n % len(tiny.ROOTS)]
    wording: str = topic.alternates[n // len(tiny.ROOTS) % len(topic.alternates)]
    return wording


async def warm_up() -> None:
    """Import everything now, in the process that the bots are forked from."""
    first = PROCESSES.Process(target=os.getpid)
    await asyncio.to_thread(first.start)
    await asyncio.to_thread(first.join)


def start(world: World, api: BotApi, **environment: str) -> ForkServerProcess:
    """Start `python -m bot run` on the local Bot API."""
    urls = {"TELEGRAM_BASE_URL": api.base_url, "TELEGRAM_BASE_FILE_URL": api.base_file_url}
    where = {"TELEGRAM_BOT_TOKEN": api.token, "TUTOR_DB": str(world.db), "TUTOR_MODELS": str(world.models)}
    log, known = str(world.log), dict(os.environ) | where | urls | environment
    process = PROCESSES.Process(target=command, args=(log, log, ["run"], known), daemon=True)
    process.start()
    return process


def _model(draft: Path, spec: EncoderSpec) -> None:
    tiny.bert(draft, spec)
