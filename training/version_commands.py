"""The commands `python -m training history`, `compare`, `publish` and `rollback`."""

from pathlib import Path

import click

from data.cli import Common, check_exists, common, track
from training.lines import change_lines, interval_lines, metric_lines
from training.options import KIND


@click.command("history")
@KIND
@common
def history(options: Common, kind: str) -> None:
    """List what became of each version, and say which one really serves."""
    from qa_model.bundle import current, find_serving
    from training.history import events as listed
    from training.versions import serving, serving_line

    with options.store() as store:
        events = store.read(listed, kind)
    published, serves = current(options.models, kind), find_serving(options.models, kind)
    lines = [f"{e['at']}  {e['version']}  {e['event']}  {e['reason']}".rstrip() for e in events]
    lines += [f"{version} is refused: {reason}" for version, reason in serves.refused]
    why = "" if serves.version == published else f", for {published} is published but refused"
    refused = [{"version": version, "reason": reason} for version, reason in serves.refused]
    now = {"current": serving(kind, published), "serving": serving(kind, serves.version)}
    options.emit({**now, "refused": refused, "events": events}, [*lines, serving_line(kind, serves.version, why)])


@click.command("compare")
@click.argument("a")
@click.argument("b")
@click.argument("file", type=Path, required=False)
@KIND
@common
def compare(options: Common, a: str, b: str, file: Path | None, kind: str) -> None:
    """Compare versions A and B: measures, then what B fixed and broke.

    Answers, of which one may be `base`, are compared on today's held-out questions, labels and scores on the rows of
    FILE, as `evaluate` reads it.
    """
    if (file is None) != (kind == "answers"):
        what = "has no FILE: the store holds the questions" if file else f"takes a FILE of rows to compare {kind} on"
        raise click.UsageError(f"compare A B --kind {kind} {what}.")
    if file is None:
        from training.versions import compare_versions

        with options.store() as store:
            result = compare_versions(store, options.models, a, b, track)
    else:
        check_exists(file)
        from training.head_comparison import compare_heads

        result = compare_heads(options.models, kind, file, (a, b), track)
    lines = [*metric_lines(result["metrics"]), *interval_lines(result["intervals"]), *change_lines(result)]
    options.emit(result, lines)


@click.command("publish")
@click.argument("version")
@KIND
@common
def publish(options: Common, version: str, kind: str) -> None:
    """Make VERSION the one that serves; `base` is the bare base model, or no labels or scores at all."""
    from training.versions import publish_version, serving, serving_line

    with options.store() as store:
        publish_version(store, options.models, version, kind)
    options.emit({"current": serving(kind, version)}, [serving_line(kind, version)])


@click.command("rollback")
@KIND
@common
def rollback(options: Common, kind: str) -> None:
    """Put back the version that served before."""
    from training.versions import roll_back, serving, serving_line

    with options.store() as store:
        left, version = roll_back(store, options.models, kind)
    told = {"current": serving(kind, version), "rolled_back": left}
    options.emit(told, [f"{left} rolled back; {serving_line(kind, version)}"])
