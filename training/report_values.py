"""Values of a record that may be odd: records grew from round to round, and a folder may come from elsewhere."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

MAX_NUMBER = 1e15  # keeps out inf and nan too

T = TypeVar("T")

logger = logging.getLogger(__name__)


def part(record: dict[str, Any], read: Callable[[dict[str, Any]], T]) -> T | None:
    """Return what `read` finds in the record; None where the part is missing, or odd, which is logged."""
    try:
        return read(record)
    except KeyError:
        return None
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        logger.warning("%s: left out of the report, the record is odd: %s", read.__name__, error)
        return None


def number(value: object) -> float:
    """Return a finite number. Raises ValueError if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < MAX_NUMBER:
        raise ValueError(f"{value!r} is no number")
    return float(value)


def maybe(value: object) -> float | None:
    """Return a finite number, or None. Raises ValueError if it is none."""
    return None if value is None else number(value)


def share(value: object) -> float:
    """Return a number from 0 to 1. Raises ValueError if it is none."""
    found = number(value)
    if not 0 <= found <= 1:
        raise ValueError(f"{value!r} is not between 0 and 1")
    return found


def count(value: object) -> int:
    """Return a whole number, not below 0. Raises ValueError if it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value


def text(value: object) -> str:
    """Return a text. Raises ValueError if it is none."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def named(value: object) -> str | None:
    """Return a text, or None. Raises ValueError if it is none."""
    return None if value is None else text(value)


def texts(value: object) -> tuple[str, ...]:
    """Return texts. Raises ValueError if it is none."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no list")
    return tuple(text(item) for item in value)
