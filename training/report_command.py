"""The command `python -m training report FILE.html`."""

from pathlib import Path

import click

from data.cli import Common, common


@click.command("report")
@click.argument("file", type=Path)
@click.option("--version", default=None, help="Report on this version.  [default: the one that serves]")
@common
def report(options: Common, file: Path, version: str | None) -> None:
    """Write a page about a version: better or not, what changed, how far it can be trusted, what to add next."""
    from training.report import gather_report
    from training.report_page import page, write_page

    with options.store() as store:
        found = gather_report(store, options.models, version)
    write_page(file, page(found))
    result = {"file": str(file), "version": found.version, "serving": found.serving}
    serves = "which serves now" if found.version == found.serving else f"serving now: {found.serving}"
    options.emit(result, [f"{file}: report on version {found.version}, {serves}"])
