"""The command `python -m data import-resources`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from sqlite_utils import Database

from data import resource_files
from data.cli import Common, common
from data.errors import Refused
from data.importing import COURSE_ID
from data.resources import Resource

SHOWN = 20  # of each kind listed by a dry run before "and N more"


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
    check_file(file, course)
    with options.store() as store:
        make = store.read if dry_run else store.write
        plan = make(resource_files.plan if dry_run else _import, file, course=course, replace_all=replace_all)
    options.emit(*told(plan, dry_run))


def check_file(file: Path, course: str | None) -> None:
    """Raise BadParameter if --course cannot be one's id, Refused if there is no such file."""
    if course is not None and not COURSE_ID.fullmatch(course):
        raise click.BadParameter("1 to 56 letters, digits, '-' or '_'", param_hint="--course")
    if not file.exists():
        raise Refused([f"{file}: there is no such file"])


def told(plan: resource_files.Plan[Any], dry_run: bool) -> tuple[dict[str, Any], Sequence[str]]:
    """Return what a plan would do, or did, as JSON and as lines."""
    told: dict[str, Any] = {"dry_run": dry_run, "left": plan.left}
    lines = []
    for sign, name, part in (
        ("+", "added", plan.added),
        ("~", "changed", plan.changed),
        ("-", "retired", plan.retired),
    ):
        told |= {name: len(part), f"{name}_ids": [f"{one.course}/{one.id}" for one in part]}
        lines += [f"{sign} {one.course}/{one.id}: {one.title[:80]}" for one in part[:SHOWN] if dry_run]
        lines += [f"{sign} and {len(part) - SHOWN} more"] if dry_run and len(part) > SHOWN else []
    return told, [*lines, f"{'would be: ' if dry_run else ''}{plan.counts}"]


def _import(db: Database, file: Path, *, course: str | None, replace_all: bool) -> resource_files.Plan[Resource]:
    plan = resource_files.plan(db, file, course=course, replace_all=replace_all)
    resource_files.apply(db, plan)
    return plan
