"""The commands `python -m data person`, `forget` and `retain`: look at what is kept of a person, and remove it."""

import json

import click
from sqlite_utils import Database

from data import forgetting, privacy, retention, traces
from data.cli import Common, common
from data.errors import Refused

PERSON = click.argument("person")


@click.command()
@PERSON
@common
def person(options: Common, person: str) -> None:
    """Show everything that is kept about PERSON, a pseudonym."""
    with options.store() as store:
        known = store.read(_known, person)
    options.emit(known, [json.dumps(known, indent=2, ensure_ascii=False)])


@click.command()
@PERSON
@common
def forget(options: Common, person: str) -> None:
    """Remove PERSON, a pseudonym, and all that came from them; name the model versions that learned from it."""
    with options.store() as store:
        store.read(_known, person)
        gone = forgetting.forget(store, options.models, person)
    copies = [str(path) for path in traces.copies(options.db)]
    removed = ", ".join(f"{n} {kind}" for kind, n in gone.counts.items())
    lines = [f"removed: {removed}"]
    if gone.versions:
        lines.append(f"learned from it, so fit a new version and delete: {', '.join(gone.versions)}")
    if gone.alike:
        lines.append(f"worded by a teacher as they did: {', '.join(gone.alike)}")
    lines += [f"still holds it, delete it when you can: {path}" for path in copies]
    lines.append("backups made before now hold it until they are deleted")
    told = {"removed": gone.counts, "versions": gone.versions, "alike": gone.alike, "copies": copies}
    options.emit(told, lines)


@click.command()
@click.option("--course", help="The course that --days is for.  [default: every course without its own]")
@click.option(
    "--days", type=int, help="From now on keep what students wrote for so many days; 0: until they say /forget."
)
@common
def retain(options: Common, course: str | None, days: int | None) -> None:
    """Remove what is older than its course keeps it, as the bot does once a day."""
    if course is not None and days is None:
        raise click.UsageError("--course needs --days")
    with options.store() as store:
        if days is not None:
            store.write(retention.set_retention, course, days)
        counts = retention.retain(store, options.models)
        kept = store.read(retention.retentions)
    named = {name or "": n for name, n in kept.items()}
    lines = [f"{name or 'every other course'}: {f'{n} days' if n else 'until forgotten'}" for name, n in named.items()]
    told = ", ".join(f"{n} {kind}" for kind, n in counts.items() if kind != "kept")
    lines.append(f"removed: {told}; {counts['kept']} confirmed wordings are nobody's now")
    options.emit({"days": named, "removed": counts}, lines)


def _known(db: Database, person: str) -> dict[str, object]:
    known = privacy.about(db, person)
    if not known:
        raise Refused([f"{person}: nobody here has this pseudonym; `python -m data export questions FILE` shows them"])
    return known
