"""The command `python -m training report FILE.html`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from data.cli import Common, common
from training.options import KIND

if TYPE_CHECKING:  # the model libraries load when the command runs
    from data.store import Store
    from training.report_about import About


@click.command("report")
@click.argument("file", type=Path)
@KIND
@click.option("--version", default=None, help="Report on this version.  [default: the one that serves]")
@common
def report(options: Common, file: Path, kind: str, version: str | None) -> None:
    """Write a page about a version: better or not, what changed, how far it can be trusted, what to add next."""
    from training.report_page import write_page
    from training.versions import serving_line

    with options.store() as store:
        about, page = _page(store, options.models, kind, version)
    write_page(file, page)
    result = {"file": str(file), "version": about.version, "serving": about.serving}
    now = serving_line(kind, about.serving or "base")
    serves = "which serves now" if about.version == about.serving else now
    options.emit(result, [f"{file}: report on version {about.version}, {serves}"])


def _page(store: "Store", models: Path, kind: str, version: str | None) -> "tuple[About, str]":
    if kind == "answers":
        from training.report import gather_report
        from training.report_page import page

        found = gather_report(store, models, version)
        return found.about, page(found)
    from training.head_pages import labels_page, scores_page
    from training.report_heads import gather_labels, gather_scores

    if kind.startswith("labels/"):
        labels = gather_labels(store, models, kind, version)
        return labels.about, labels_page(labels)
    scores = gather_scores(store, models, kind, version)
    return scores.about, scores_page(scores)
