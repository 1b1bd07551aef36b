"""A file of results, one JSON object a line, so that a long search goes on where it was cut off."""

import json
import logging
from pathlib import Path
from typing import Any

from data.errors import TutorError

Row = dict[str, Any]

logger = logging.getLogger(__name__)


class Ledger:
    """Results by key, kept in a file; a line that a crash cut off is as if it had not been written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: dict[str, Row] = {}
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            raise TutorError(f"{path}: cannot be read ({error.strerror})") from error
        for line in lines:
            row = _parsed(line)
            if row is not None:
                self._found[_text(row["key"])] = row["result"]
            elif line.strip():
                logger.warning("%s: a line is damaged and is passed over: what it told is measured again", path)

    def find(self, key: Row) -> Row | None:
        """Return the result of a key, None if there is none."""
        return self._found.get(_text(key))

    def add(self, key: Row, result: Row) -> None:
        """Write a result down. Raises TutorError if the file cannot be written."""
        line = json.dumps({"key": key, "result": result}, ensure_ascii=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+") as file:
                file.seek(max(0, file.seek(0, 2) - 1))
                torn = file.read(1) not in (b"", b"\n")
                file.write(b"\n" * torn + line.encode() + b"\n")
        except OSError as error:
            raise TutorError(f"{self.path}: cannot be written ({error.strerror})") from error
        self._found[_text(key)] = result


def _parsed(line: bytes) -> Row | None:
    try:
        row = json.loads(line)
        whole = isinstance(row["key"], dict) and isinstance(row["result"], dict)
    except (ValueError, KeyError, TypeError):
        return None
    return row if whole else None


def _text(key: Row) -> str:
    return json.dumps(key, sort_keys=True)
