"""A process in which something hangs, for a test: what the watchdog of `bot run` does there.

python tests/bot/hanging.py {model|loop|lock|nothing} DB MODELS
"""

import asyncio
import ctypes
import sys
import time
from pathlib import Path

from bot import watchdog
from bot.engine import Engine
from data.records import Question
from data.store import Store

HUNG_S = 2.0


class Endless(Question):
    """A question that the thread of the model never comes back from."""

    def __getattribute__(self, name: str) -> object:
        if name == "text":
            time.sleep(3600)
        return super().__getattribute__(name)


async def serve(what: str, engine: Engine) -> None:
    beats = asyncio.create_task(watchdog.beating())
    if what == "model":
        engine.answer(Endless("?"))
    elif what == "loop":
        time.sleep(3600)
    elif what == "lock":
        ctypes.PyDLL(None).sleep(3600)  # a call that keeps the interpreter's lock
    await asyncio.sleep(3600 if what == "model" else 1.5 * HUNG_S)
    beats.cancel()


if __name__ == "__main__":
    watchdog.BEAT_S = 0.1
    with Store(Path(sys.argv[2])) as store:
        engine = Engine(store, Path(sys.argv[3]), poll_s=0.05)
        engine.start()
        with watchdog.watched(engine, hung_s=HUNG_S):
            asyncio.run(serve(sys.argv[1], engine))
            engine.close()
