"""What became of each version: fitted, published, declined, rolled back. The bundles hold the models themselves."""

import json
from typing import Any, Literal

from sqlite_utils import Database

from data import audit
from data.records import now
from qa_model.bundle import BASE

Event = Literal["fitted", "published", "declined", "rolled back"]


def note(
    db: Database,
    event: Event,
    version: str,
    *,
    reason: str = "",
    metrics: dict[str, Any] | None = None,
    kind: str = "answers",
) -> None:
    """Write down what happened to a version; what changes who answers stands in the audit log too."""
    sql = """insert into model_versions (kind, version, event, at, reason, metrics)
             values (?, ?, ?, ?, ?, ?) returning id"""
    row = next(iter(db.query(sql, [kind, version, event, now(), reason, json.dumps(metrics or {})])))
    if event in ("published", "rolled back"):
        audit.record(db, event, detail=f"{kind} {version}", model_version=row["id"])


def events(db: Database, kind: str = "answers") -> list[dict[str, Any]]:
    """Return everything that happened to versions of a kind, oldest first."""
    sql = "select version, event, at, reason, metrics from model_versions where kind = ? order by id"
    return [{**row, "metrics": json.loads(row["metrics"])} for row in db.query(sql, [kind])]


def served_before(db: Database, version: str, kind: str = "answers") -> str:
    """Return which version served before this one did last: a rollback goes back along the publications."""
    serving: list[str] = [BASE]
    for event in events(db, kind):
        if event["event"] == "published" and event["version"] != serving[-1]:
            serving.append(event["version"])
        elif event["event"] == "rolled back" and len(serving) > 1:
            serving.pop()
    while len(serving) > 1 and serving[-1] != version:
        serving.pop()
    return serving[-2] if len(serving) > 1 else BASE
