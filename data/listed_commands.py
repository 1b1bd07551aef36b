"""The commands `python -m data import-resources` and `import-assignments`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import click
from sqlite_utils import Database

from data import assignment_files, resource_files
from data.cli import Common, check_course, check_exists, common
from data.listed import Plan

SHOWN = 20  # of each kind listed by a dry run before "and N more"


class Files(Protocol):
    """A module that reads what a course lists out of a file, and carries that out."""

    @property
    def plan(self) -> Callable[..., Plan[Any]]:
        """Compare a file with the store."""

    @property
    def apply(self) -> Callable[..., None]:
        """Carry a plan out."""


def _command(files: Files, what: str, about: str) -> click.Command:
    """Return the command that imports what a course lists, `what` for people."""

    def import_(db: Database, file: Path, *, course: str | None, replace_all: bool) -> Plan[Any]:
        plan = files.plan(db, file, course=course, replace_all=replace_all)
        files.apply(db, plan)
        return plan

    @click.command(
        f"import-{what}", help=f"Import {about} from a .csv, .tsv, .xlsx or .jsonl file: all of it or nothing."
    )
    @click.argument("file", type=Path)
    @click.option("--course", help="The course of rows whose course cell is empty.")
    @click.option(
        "--replace", "replace_all", is_flag=True, help=f"Retire {what} of the file's courses that it does not name."
    )
    @click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
    @common
    def command(options: Common, file: Path, course: str | None, replace_all: bool, dry_run: bool) -> None:
        check_course(course)
        check_exists(file)
        with options.store() as store:
            make = store.read if dry_run else store.write
            plan = make(files.plan if dry_run else import_, file, course=course, replace_all=replace_all)
        options.emit(*_told(plan, dry_run))

    return command


def _told(plan: Plan[Any], dry_run: bool) -> tuple[dict[str, Any], Sequence[str]]:
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


import_resources = _command(resource_files, "resources", "learning resources")
import_assignments = _command(assignment_files, "assignments", "assignments")
