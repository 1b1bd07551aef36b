"""The command `python -m data import-resources`."""

from pathlib import Path

import click
from sqlite_utils import Database

from data import resource_files
from data.cli import Common, common
from data.errors import Refused
from data.importing import COURSE_ID

SHOWN = 20  # resources listed by a dry run before "and N more"


@click.command("import-resources")
@click.argument("file", type=Path)
@click.option("--course", help="The course of rows whose course cell is empty.")
@click.option(
    "--replace", "replace_all", is_flag=True, help="Retire resources of the file's courses that it does not name."
)
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@common
def import_resources(options: Common, file: Path, course: str | None, replace_all: bool, dry_run: bool) -> None:
    """Import learning resources from a .csv, .tsv, .xlsx or .jsonl file: all of it or nothing."""
    if course is not None and not COURSE_ID.fullmatch(course):
        raise click.BadParameter("1 to 56 letters, digits, '-' or '_'", param_hint="--course")
    if not file.exists():
        raise Refused([f"{file}: there is no such file"])
    with options.store() as store:
        make = store.read if dry_run else store.write
        plan = make(resource_files.plan if dry_run else _import, file, course=course, replace_all=replace_all)
    told: dict[str, object] = {"dry_run": dry_run, "left": plan.left}
    lines = []
    for sign, name, part in (
        ("+", "added", plan.added),
        ("~", "changed", plan.changed),
        ("-", "retired", plan.retired),
    ):
        told |= {name: len(part), f"{name}_ids": [f"{r.course}/{r.id}" for r in part]}
        lines += [f"{sign} {r.course}/{r.id}: {r.title[:80]}" for r in part[:SHOWN] if dry_run]
        lines += [f"{sign} and {len(part) - SHOWN} more"] if dry_run and len(part) > SHOWN else []
    options.emit(told, [*lines, f"{'would be: ' if dry_run else ''}{plan.counts}"])


def _import(db: Database, file: Path, *, course: str | None, replace_all: bool) -> resource_files.Plan:
    plan = resource_files.plan(db, file, course=course, replace_all=replace_all)
    resource_files.apply(db, plan)
    return plan
