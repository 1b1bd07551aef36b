"""The command `python -m data import-assignments`."""

from pathlib import Path

import click
from sqlite_utils import Database

from data import assignment_files
from data.assignments import Assignment
from data.cli import Common, common
from data.resource_command import check_file, told
from data.resource_files import Plan


@click.command("import-assignments")
@click.argument("file", type=Path)
@click.option("--course", help="The course of rows whose course cell is empty.")
@click.option(
    "--replace", "replace_all", is_flag=True, help="Retire assignments of the file's courses that it does not name."
)
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@common
def import_assignments(options: Common, file: Path, course: str | None, replace_all: bool, dry_run: bool) -> None:
    """Import assignments from a .csv, .tsv, .xlsx or .jsonl file: all of it or nothing."""
    check_file(file, course)
    with options.store() as store:
        make = store.read if dry_run else store.write
        plan = make(assignment_files.plan if dry_run else _import, file, course=course, replace_all=replace_all)
    options.emit(*told(plan, dry_run))


def _import(db: Database, file: Path, *, course: str | None, replace_all: bool) -> Plan[Assignment]:
    plan = assignment_files.plan(db, file, course=course, replace_all=replace_all)
    assignment_files.apply(db, plan)
    return plan
