"""`python -m bot` in processes of their own, forked from one that has everything imported.

A start takes a moment so, and not the seconds that importing a model's libraries takes. What is served is the same:
the command line, its environment, its exit code and what it writes. Tests of a start from nothing use `subprocess`.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["bot.__main__", "bot.app", "bot.metrics", "bot.service", "data.upkeep", "transformers.models.bert.modeling_bert"]
)


class Bot:
    """A command of the bot as a process: `returncode` is None while it runs, and less than 0 if a signal ended it."""

    def __init__(self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._out, self._err = folder / "out", folder / "err"
        given = (str(self._out), str(self._err), tuple(arguments), dict(environment))
        self._process = PROCESSES.Process(target=command, args=given, daemon=True)
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        self._process.kill()

    async def communicate(self, said: bytes = b"") -> tuple[bytes, bytes]:
        """Wait for its end; return what it wrote. It reads nothing."""
        assert not said
        await asyncio.to_thread(self._process.join)
        return self._out.read_bytes(), self._err.read_bytes()


def command(out: str, err: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Be `python -m bot` in this environment, with what it writes in files."""
    import torch

    from bot.__main__ import main
    from data.cli import run

    torch.set_num_threads(1)
    os.environ.clear()
    os.environ.update(environment)
    for stream, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    sys.argv = ["bot", *arguments]
    run(main, "bot")
