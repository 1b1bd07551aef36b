"""Logs say what happened, to people or machines, and never what anybody wrote nor the token."""

import asyncio
import io
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bot_api import BotApi, Fault
from catalogues import EN
from small_course import SURE, read, rows, running

from bot import logs
from bot.service import Tutor
from data.store import Store

TOKEN = "123456:ABC-def"
WORDS = "Quetzalcoatl"  # what a student wrote

Told = Callable[[], str]


@pytest.fixture
def told() -> Iterator[Told]:
    """What a handler of the root logger has written so far; it is guarded by the test."""
    stream = io.StringIO()
    root, handler = logging.getLogger(), logging.StreamHandler(stream)
    level, others = root.level, root.handlers[:]
    formats = [other.formatter for other in others]
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream.getvalue
    root.removeHandler(handler)
    root.setLevel(level)
    for other, formatter in zip(others, formats, strict=True):
        other.setFormatter(formatter)


def fail(error: Exception) -> None:
    raise error


def log_failure(error: Exception, name: str = "bot.app") -> None:
    try:
        fail(error)
    except Exception:
        logging.getLogger(name).exception("update %d failed", 7)


def test_a_line_says_level_place_and_message_without_the_token(told: Told) -> None:
    logs.guard(TOKEN, "human")
    logging.getLogger("bot.app").warning("asked https://t/bot%s/getMe", TOKEN)
    assert told() == "WARNING bot.app: asked https://t/bot<token>/getMe\n"


def test_json_is_one_object_a_line(told: Told) -> None:
    logs.guard(TOKEN, "json")
    logging.getLogger("bot.app").info("two\nlines %s", "é")
    log_failure(ValueError(WORDS))
    first, second = map(json.loads, told().splitlines())
    assert first.keys() == {"at", "level", "logger", "message"}
    assert (first["level"], first["logger"], first["message"]) == ("info", "bot.app", "two\nlines é")
    assert first["at"].endswith("Z")
    assert (second["message"], second["error"]) == ("update 7 failed", "ValueError")
    assert second["places"][-1].endswith("in fail")


@pytest.mark.parametrize("form", logs.FORMS)
def test_an_exception_is_told_by_type_and_place_and_not_by_what_it_quotes(form: logs.Form, told: Told) -> None:
    logs.guard(TOKEN, form)
    try:
        try:
            fail(KeyError(WORDS))
        except KeyError as error:
            raise RuntimeError(WORDS) from error
    except RuntimeError:
        logging.getLogger("bot.engine").exception("a batch could not be answered")
    assert WORDS not in told()
    assert "RuntimeError from KeyError" in told()
    assert "test_logs.py" in told()


def test_what_the_system_says_of_a_failure_is_told(told: Told) -> None:
    logs.guard(TOKEN, "human")
    log_failure(OSError(28, "No space left on device"))
    log_failure(sqlite3.IntegrityError("FOREIGN KEY constraint failed"))
    assert "No space left on device" in told()
    assert "FOREIGN KEY constraint failed" in told()


@pytest.mark.parametrize("form", logs.FORMS)
def test_data_that_the_library_logs_is_left_out(form: logs.Form, told: Told) -> None:
    logs.guard(TOKEN, form)
    library = logging.getLogger("telegram.Bot")
    library.critical("Error while parsing updates! Received data was %r", [{"text": WORDS}])
    library.error('Can not load invalid JSON data: "%s"', WORDS)
    library.error("Failed run number %s of %s, due to %r", 1, 2, ValueError(WORDS))
    library.warning("%(a)s", {"a": WORDS})
    log_failure(ValueError(WORDS), "telegram.ext")
    assert WORDS not in told()
    assert "Received data was '...'" in told()
    assert "Failed run number 1 of 2, due to 'ValueError'" in told()


async def test_an_exception_of_a_task_that_nobody_awaits_is_not_quoted(told: Told) -> None:
    logs.guard(TOKEN, "human")
    task: asyncio.Task[Any] = asyncio.create_task(asyncio.to_thread(fail, ValueError(WORDS)))
    await asyncio.wait([task])
    del task
    await asyncio.sleep(0)
    assert told().startswith("ERROR asyncio: Task exception was never retrieved (ValueError)")
    assert WORDS not in told()


@pytest.mark.parametrize("form", logs.FORMS)
async def test_nothing_that_people_write_gets_into_the_logs(
    form: logs.Form, told: Told, api: BotApi, course: Store, tutor: Tutor
) -> None:
    logs.guard(api.token, form)
    async with running(api, course, tutor):
        for text in (WORDS, f"/start course-{WORDS}", f"/{WORDS}", f"{SURE} {WORDS}", f"{WORDS} " * 800, "?"):
            api.send_text(7, text, first_name=WORDS, username=WORDS)
            await api.next_sent(7)
        api.send_update({"message": {"message_id": "x", "date": "never", "text": WORDS}})
        api.fail("sendMessage", Fault.server_error(), Fault.garbage(), Fault.refuse_html())
        api.send_text(8, f"{SURE} {WORDS}")
        await api.next_sent(8)
        # Recording breaks a reference, which is our own fault: the update is tried again and set aside.
        course.write(
            lambda db: db.execute("create trigger t before insert on questions begin select raise(abort, 'no'); end")
        )
        api.send_text(9, f"{SURE} {WORDS}")
        while read(await api.next_sent(9)) != EN.failed:
            pass
    assert WORDS in str(rows(course, "select payload from inbox where state = 'failed'"))
    assert "failed (try" in told()
    assert WORDS not in told()
    assert api.token not in told()
