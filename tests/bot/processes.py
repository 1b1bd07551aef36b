"""The bot as a process of its own, forked or from nothing: how to start it, and what it said in the end."""

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot_api import BotApi
from forked import Bot

from data.store import Store

ROOT = Path(__file__).parent.parent.parent
START_S = 120.0  # on a busy machine


def environment(store: Store, models: Path, **more: str) -> dict[str, str]:
    """The environment of a process with this store and these models, and nothing of our own bot's in it."""
    names = ("TELEGRAM", "TUTOR", "LC_", "LANG")
    known = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    where = {"TUTOR_DB": str(store.path), "TUTOR_MODELS": str(models), "LC_ALL": "C.UTF-8"}
    return known | where | more


async def start(known: dict[str, str], *args: str) -> Process:
    """Start `python -m bot` from nothing."""
    command = [sys.executable, "-m", "bot", *args]
    return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=ROOT, env=known)


async def outcome(process: Process | Bot, said: bytes = b"") -> tuple[int | None, str, str]:
    """Wait for its end; return its exit code and what it wrote."""
    async with asyncio.timeout(START_S):
        out, err = await process.communicate(said)
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def bot_run(
    api: BotApi, store: Store, models: Path, token: str = "1:TEST", from_nothing: bool = False
) -> AsyncIterator[Process | Bot]:
    """`python -m bot run` on the local Bot API, killed at the end if it still runs."""
    urls = {"TELEGRAM_BASE_URL": api.base_url, "TELEGRAM_BASE_FILE_URL": api.base_file_url}
    known = environment(store, models, TELEGRAM_BOT_TOKEN=token, **urls)
    with tempfile.TemporaryDirectory() as folder:
        process = await start(known, "run") if from_nothing else Bot(Path(folder), ["run"], known)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()
