"""What tests of the command line share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from data.store import Store

Cli = Callable[..., tuple[int, str, str]]


def only_json(out: str) -> dict[str, Any]:
    """Return the one JSON object that is all of the output."""
    assert out.count("\n") == 1
    result = json.loads(out)
    assert isinstance(result, dict)
    return result


def logged(path: Path) -> list[int]:
    """Count what is logged in a store."""

    def count(db: Database) -> list[int]:
        return [db[table].count for table in ("questions", "shown", "feedback", "escalations", "model_versions")]

    with Store(path) as store:
        return store.read(count)
