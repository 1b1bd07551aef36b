"""What the report says of a version of any kind: where it comes from, whether it serves, what became of it.

Reads bundle.json of one version and the store; writes nothing.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import Refused
from data.records import now
from data.store import Store
from qa_model import bundle
from training import history, report_record
from training.report_parts import Learning, Training
from training.report_values import part
from training.versions import serving

MOST_EVENTS = 50


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a version."""

    at: str
    version: str
    event: str
    reason: str


@dataclass(frozen=True, slots=True)
class About:
    """A version; `serving` is None where nothing serves, `training` and `learning` where the record lacks them."""

    kind: str
    version: str
    serving: str | None
    refused: str  # why it does not serve though it was published
    newest: bool
    made_at: str
    created_at: str
    parent: str
    megabytes: float
    decision: Event | None
    training: Training | None
    learning: Learning | None
    events: tuple[Event, ...]


def gather_about(
    store: Store, models: Path, version: str | None = None, kind: str = "answers"
) -> tuple[About, dict[str, Any]]:
    """Gather what is known of a version, and return its record too: of the one named, that serves, or is the newest.

    Raises Refused if nothing was ever fitted, ModelError if there is no such version or its record is damaged.
    """
    serves = bundle.find_serving(models, kind)
    chosen = version or _chosen(models, kind, serves.version)
    if chosen == bundle.BASE:
        raise Refused(["the base model has no report: it was not fitted; name a version"])
    record = bundle.read_record(models, chosen, kind)
    if kind.startswith("scores/"):  # which has no settings but a seed
        record = {"training": {key: record[key] for key in ("seed", "seconds") if key in record}, **record}
    happened = [
        Event(e["at"], e["version"], e["event"], e["reason"]) for e in reversed(store.read(history.events, kind))
    ]
    decided = (e for e in happened if e.version == chosen and e.event in ("published", "declined"))
    about = About(
        kind=kind,
        version=chosen,
        serving=serving(kind, serves.version),
        refused=dict(serves.refused).get(chosen, ""),
        newest=chosen == bundle.versions(models, kind)[-1],
        made_at=now(),
        created_at=str(record.get("created_at") or ""),
        parent=str(record.get("parent") or bundle.BASE),
        megabytes=_megabytes(models / kind / chosen),
        decision=next(decided, None),
        training=part(record, report_record.training),
        learning=part(record, report_record.learning),
        events=tuple(happened[:MOST_EVENTS]),
    )
    return about, record


def _chosen(models: Path, kind: str, serves: str) -> str:
    there = bundle.versions(models, kind)
    if not there:
        family, *name = kind.split("/")
        command = f"fit {family} FILE --name {name[0]}" if name else "fit answers"
        of_name = f" as {kind}" if name else ""
        raise Refused([f"nothing to report: no model was fitted{of_name} yet; run `python -m training {command}`"])
    return there[-1] if serves == bundle.BASE else serves


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
