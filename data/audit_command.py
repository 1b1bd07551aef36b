"""The commands `python -m data log` and `undo`: look at the audit log, and take a change back."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import cast

import click
from sqlite_utils import Database

from data import audit, settling, versions
from data.cli import Common, common
from data.errors import Refused
from data.listed_versions import ASSIGNMENTS, RESOURCES

NUMBER = click.IntRange(1, 2**63 - 1)  # what SQLite holds
SHOWN_CHARS = 80  # of a text before and after a change


@click.command()
@click.argument("change", type=NUMBER, required=False)
@common
def log(options: Common, change: int | None) -> None:
    """Show who changed what and when; with CHANGE, the entries that it altered."""
    with options.store() as store:
        changes = store.read(audit.changes)
        if change is None:
            options.emit(
                {"changes": [asdict(c) for c in changes]}, [_summary(c) for c in changes] or ["no changes yet"]
            )
            return
        found = next((c for c in changes if c.id == change), None)
        if found is None:
            raise Refused([f"there is no change {change}: `python -m data log` lists them"])
        altered = store.read(versions.versions, change)
    told = {**asdict(found), "versions": [asdict(v) for v in altered]}
    options.emit(told, [_summary(found), *(line for v in altered for line in _difference(v))])


@click.command()
@click.argument("change", type=NUMBER)
@common
def undo(options: Common, change: int) -> None:
    """Bring back what CHANGE altered, such as a whole import; `log` shows the numbers."""
    with options.store() as store:
        kind, take_back = "entries", cast(Callable[[Database, int], int], settling.undo)
        for listed in (RESOURCES, ASSIGNMENTS):
            if store.read(listed.altered, change):
                kind, take_back = f"{listed.name}s", listed.undo
        count = store.write(take_back, change)
    options.emit({"undone": change, kind: count}, [f"change {change} is undone: {count} {kind} are as before it"])


def _summary(change: audit.Change) -> str:
    entries = f"; {change.entries} entries" if change.entries else ""
    where = f" in {change.course}" if change.course else ""
    detail = " ".join(change.detail.split())
    return f"{change.id}  {change.at}  {change.actor}  {change.action}{where}: {detail}{entries}"


def _difference(version: versions.Version) -> Iterator[str]:
    """Say what became of an entry, field by field where it was mended."""
    name, before, after = f"{version.course}/{version.id}", version.before, version.after
    if before is None or after is None:
        content = after or before or {}
        yield f"  {'+' if after else '-'} {name}: {content.get('question', '')[:SHOWN_CHARS]}"
        return
    yield f"  ~ {name}"
    for field in (f for f in before if before[f] != after[f]):
        yield f"      {field}: {str(before[field])[:SHOWN_CHARS]!r} -> {str(after[field])[:SHOWN_CHARS]!r}"
