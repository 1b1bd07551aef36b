"""Whether the loop and the thread of the model move. A process in which one of them hangs says so and ends.

What hangs does not come back, and everything is on disk: nothing is finished first, a supervisor starts it anew.
"""

import asyncio
import faulthandler
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot import metrics
from bot.engine import Engine
from bot.settings import Webhook
from bot.webhook import answers

LATE_S = 60.0  # then /healthz says so
HUNG_S = 120.0  # then the process ends
LOOKS = 20  # so often within HUNG_S
BEAT_S = 1.0
STDERR = 2

_beaten_at = 0.0

logger = logging.getLogger(__name__)


async def beating() -> None:
    """Show that the loop moves, until it is cancelled."""
    while True:
        _beat()
        await asyncio.sleep(BEAT_S)


def wrong(engine: Engine, hook: Webhook | None) -> str:
    """Return what keeps people from being answered, "" if nothing does: what hangs, or where no updates arrive."""
    if told := _hanging(engine, LATE_S):
        return told
    if hook is None:
        return "" if metrics.polling() else "no word from Telegram"
    return "" if answers(hook) else f"nothing answers on port {hook.port}, where the webhook should"


@contextmanager
def watched(engine: Engine, *, hung_s: float = HUNG_S) -> Iterator[None]:
    """End the process with code 1 if the loop or the thread of the model hangs while the block runs."""
    _beat()
    _wind_up(hung_s)
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(engine, hung_s, over), name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        faulthandler.cancel_dump_traceback_later()


def _watch(engine: Engine, hung_s: float, over: threading.Event) -> None:
    while not over.wait(hung_s / LOOKS):
        _wind_up(hung_s)
        if told := _hanging(engine, hung_s):
            logger.critical("%s: the process ends here, to be started anew; nothing is lost", told)
            faulthandler.dump_traceback(STDERR)
            os._exit(1)


def _wind_up(hung_s: float) -> None:
    """Start a timer anew that ends the process: it needs no thread, should something keep the interpreter's lock."""
    faulthandler.dump_traceback_later(hung_s, exit=True, file=STDERR)


def _hanging(engine: Engine, over_s: float) -> str:
    silent = {"the loop": time.monotonic() - _beaten_at, "the thread of the model": engine.silent_s}
    return ", ".join(f"{name} has not moved for {s:.0f} s" for name, s in silent.items() if s > over_s)


def _beat() -> None:
    global _beaten_at
    _beaten_at = time.monotonic()
