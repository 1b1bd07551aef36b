"""Logs for people or machines, one line or one JSON object a record, without the token and without what people write.

What a library logs of the data it received is left out, and so is the message of an exception, which may quote its
input: the type and the places in the code stay.
"""

import json
import logging
import sqlite3
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

from data.records import iso

Form = Literal["human", "json"]
FORMS: tuple[Form, ...] = ("human", "json")
LIBRARIES = ("httpx", "httpx2", "httpcore", "telegram")
SPEAKING = (OSError, sqlite3.IntegrityError)  # exceptions whose messages quote no input


def guard(token: str, form: Form) -> None:
    """Set up every handler of the root logger; call it before anything of a person is read."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    write = _as_json if form == "json" else _as_line
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Guarded(token, write))


class _Guarded(logging.Formatter):
    def __init__(self, token: str, write: Callable[[logging.LogRecord], str]) -> None:
        super().__init__()
        self._token = token
        self._write = write

    def format(self, record: logging.LogRecord) -> str:
        """See logging."""
        return self._write(record).replace(self._token, "<token>")


def _as_line(record: logging.LogRecord) -> str:
    error, places = _error(record)
    line = f"{record.levelname} {record.name}: {_message(record)}" + (f" ({error})" if error else "")
    return "\n  ".join([line, *places])


def _as_json(record: logging.LogRecord) -> str:
    at = iso(datetime.fromtimestamp(record.created, UTC))
    told: dict[str, object] = {"at": at, "level": record.levelname.lower(), "logger": record.name}
    told["message"] = _message(record)
    error, places = _error(record)
    if error:
        told |= {"error": error, "places": places}
    return json.dumps(told, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    """Return what is said; of the chat library only its own words and numbers, for its arguments hold what came in."""
    if record.name.split(".")[0] == "telegram":
        told = tuple(map(_named, record.args)) if isinstance(record.args, tuple) else ()
        return str(record.msg) % told if told else str(record.msg)
    message = record.getMessage()
    # An exception that nobody caught is quoted from the second line on.
    return message.splitlines()[0] if record.name == "asyncio" and message else message


def _named(argument: object) -> object:
    if isinstance(argument, int | float):
        return argument
    return type(argument).__name__ if isinstance(argument, Exception) else "..."


def _error(record: logging.LogRecord) -> tuple[str, list[str]]:
    """Return the exception's type, with its message where that quotes no input, and where it came from."""
    if not record.exc_info or record.exc_info[1] is None:
        return "", []
    error = record.exc_info[1]
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None and before not in chain:
        chain.append(before)
    told = " from ".join(f"{type(e).__name__}: {e}" if isinstance(e, SPEAKING) else type(e).__name__ for e in chain)
    return told, [] if record.name.startswith("telegram") else _places(error.__traceback__)


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)]
