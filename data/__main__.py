"""Command line of the store: `python -m data COMMAND --help`."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import click
from sqlite_utils import Database

from data import audit_command, backups, exporting, importing, labelled, privacy, protection, sample, upkeep
from data.browse_command import browse
from data.cli import Common, check_course, check_exists, common, run, track
from data.entries import find_course
from data.errors import Refused
from data.listed_commands import import_assignments, import_resources
from data.privacy_command import forget, person, retain
from data.records import Entry, LabelledQuestion
from data.stats import stats, stats_lines

SHOWN = 20  # entries listed by a dry run before "and N more"
FILE = click.argument("file", type=Path)
COURSE = click.option("--course", help="The course's id.")


@click.group()
def main() -> None:
    """Fill, export and look after the store."""


main.add_command(audit_command.log)
main.add_command(audit_command.undo)
main.add_command(import_resources)
main.add_command(import_assignments)
main.add_command(browse)
for command in (person, forget, retain):
    main.add_command(command)


@main.command("sample")
@common
def sample_command(options: Common) -> None:
    """Load the sample course, in English and Chinese; safe to repeat."""
    with options.store(create=True) as store:
        loaded = store.write(sample.load)
    options.emit({"courses": loaded}, [f"{course}: {n} entries" for course, n in loaded.items()])


@main.command("import")
@FILE
@click.option("--course", help="The course of rows whose course cell is empty.")
@click.option(
    "--replace", "replace_all", is_flag=True, help="Retire entries of the file's courses that it does not name."
)
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@common
def import_command(options: Common, file: Path, course: str | None, replace_all: bool, dry_run: bool) -> None:
    """Import Q&A: all of it or nothing.

    From a .csv, .tsv, .xlsx or .jsonl table, Markdown (a file or a folder), Moodle (GIFT or XML) or an Anki .txt.
    """
    check_course(course)
    check_exists(file)
    with options.store(create=True) as store:
        # Planned and applied in one transaction: what was compared is what is changed.
        make = store.read if dry_run else store.write
        plan = make(importing.plan if dry_run else _import, file, course=course, replace_all=replace_all)
    options.emit(_as_json(plan, dry_run), _as_lines(plan, dry_run))


@main.command("import-questions")
@FILE
@common
def import_questions(options: Common, file: Path) -> None:
    """Import past student questions with their known answers, as a teacher's word."""
    with options.store() as store:
        questions = store.write(_confirm, file)
    none = sum(not question.expected_ids for question in questions)
    known = f"{len(questions) - none} with a known answer, {none} that nothing answers"
    options.emit({"questions": len(questions)}, [f"{len(questions)} questions confirmed: {known}"])


@main.command()
@click.argument("what", type=click.Choice(get_args(exporting.What)))
@FILE
@COURSE
@common
def export(options: Common, what: exporting.What, file: Path, course: str | None) -> None:
    """Write entries, questions, feedback, resources or assignments to a .csv, .tsv, .xlsx or .jsonl file.

    So go scores, which are marked texts for `fit scores`, labels, which are wordings with their topics for `fit
    labels`, and training pairs. Entries go to a .md too, a deck to an .apkg.
    """
    with options.store() as store:
        if course is not None:
            store.read(find_course, course)
        rows = store.read(exporting.export, what, file, course)
    told = {"deck": "cards", "scores": "marked texts", "labels": "labelled texts"}.get(what, what)
    options.emit({"rows": rows, "file": str(file)}, [f"{rows} {told} written to {file}"])


@main.command()
@common
def check(options: Common) -> None:
    """Check the store: integrity, references, entries expired or without answer, versions to be fitted anew."""
    with options.store() as store:
        report = store.read(upkeep.check)
        outdated = store.read(privacy.outdated, options.models)
    if report.errors:
        raise Refused(report.errors)
    report = replace(report, warnings=(*report.warnings, *outdated))
    options.emit(asdict(report), [*report.warnings, f"sound; {len(report.warnings)} warnings"])


@main.command("stats")
@common
def stats_command(options: Common) -> None:
    """Count entries, labelled questions, what students asked and what waits for a teacher; list the error budgets."""
    with options.store() as store:
        counted = store.read(stats)
    options.emit(counted, stats_lines(counted))


@main.command()
@click.argument("question", required=False)
@COURSE
@click.option("--id", "ids", multiple=True, help="An entry that answers it; give it again for another.")
@click.option("--remove", is_flag=True, help="Take the question out.")
@common
def protect(options: Common, question: str | None, course: str | None, ids: tuple[str, ...], remove: bool) -> None:
    """Make QUESTION a test that every new version must pass; without QUESTION, list them."""
    if question is None and (ids or remove):
        raise click.UsageError("--id and --remove need a QUESTION")
    if question is not None and (course is None or bool(ids) == remove):
        raise click.UsageError("a QUESTION needs --course, and either --id or --remove")
    with options.store() as store:
        if course is not None:
            store.read(find_course, course)
        if question is not None and course is not None:
            store.write(_unprotect if remove else protection.protect, LabelledQuestion(question, course, ids))
        kept = [q for q in store.read(protection.protected) if course in (None, q.course)]
    lines = [f"{q.course}: {q.text} -> {', '.join(q.expected_ids)}" for q in kept]
    told = [{"question": q.text, "course": q.course, "expected_ids": q.expected_ids} for q in kept]
    options.emit({"protected": told}, [*lines, f"{len(kept)} protected"])


@main.command()
@FILE
@click.option("--keep", type=click.IntRange(1), help="FILE is a folder: add a backup, and keep the newest so many.")
@common
def backup(options: Common, file: Path, keep: int | None) -> None:
    """Write a checked copy of the store to FILE, also while a bot runs."""
    with options.store() as store:
        if keep is None:
            upkeep.backup(store, file)
        else:
            file = backups.rotate(store, file, keep)
    size = file.stat().st_size
    options.emit({"file": str(file), "bytes": size}, [f"{file}: {size:,} bytes, checked"])


@main.command()
@FILE
@common
def restore(options: Common, file: Path) -> None:
    """Put the backup FILE in the place of the store; the old one is kept beside it."""
    kept = upkeep.restore(file, options.db)
    line = f"{options.db} restored from {file}" + (f"; the old store is {kept}" if kept else "")
    options.emit({"restored": str(options.db), "kept": str(kept) if kept else None}, [line])


def _import(db: Database, file: Path, *, course: str | None, replace_all: bool) -> importing.Plan:
    plan = importing.plan(db, file, course=course, replace_all=replace_all)
    importing.apply(db, plan, track)
    return plan


def _confirm(db: Database, file: Path) -> list[LabelledQuestion]:
    questions = labelled.read_labelled(db, file)
    labelled.confirm(db, questions)
    return questions


def _unprotect(db: Database, question: LabelledQuestion) -> None:
    if not protection.unprotect(db, question.course, question.text):
        listed = "`python -m data protect` lists those that are"
        raise Refused([f"{question.text}: is not protected in course {question.course}: {listed}"])


def _as_json(plan: importing.Plan, dry_run: bool) -> dict[str, Any]:
    def names(changes: tuple[Entry, ...]) -> list[str]:
        return [_name(e) for e in changes]

    return {
        "dry_run": dry_run,
        "added": len(plan.added),
        "changed": len(plan.changed),
        "retired": len(plan.retired),
        "left": plan.left,
        "added_ids": names(plan.added),
        "changed_ids": names(plan.changed),
        "retired_ids": names(plan.retired),
        "encoding": plan.encoding,
        "notes": list(plan.notes),
        "near_duplicates": [[_name(twin.entry), _name(twin.other)] for twin in plan.twins if not twin.conflict],
        "conflicts": [[_name(twin.entry), _name(twin.other)] for twin in plan.twins if twin.conflict],
    }


def _name(entry: Entry) -> str:
    return f"{entry.course}/{entry.id}"


def _as_lines(plan: importing.Plan, dry_run: bool) -> list[str]:
    lines = [f"read as {plan.encoding}"] if plan.encoding else []
    lines += [f"note: {note}" for note in plan.notes]
    if dry_run:
        for sign, changes in (("+", plan.added), ("~", plan.changed), ("-", plan.retired)):
            lines += [f"{sign} {e.course}/{e.id}: {e.question[:80]}" for e in changes[:SHOWN]]
            lines += [f"{sign} and {len(changes) - SHOWN} more"] if len(changes) > SHOWN else []
    counts = f"{len(plan.added)} added, {len(plan.changed)} changed, {len(plan.retired)} retired, {plan.left} left"
    return [*lines, f"{'would be: ' if dry_run else ''}{counts}"]


if __name__ == "__main__":
    run(main, "data")
