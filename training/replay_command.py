"""The command `python -m training replay`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from data.cli import Common, check_course, check_exists, common, track

if TYPE_CHECKING:  # the model libraries load when the command runs
    from qa_model.replay import Change, Outcome, Replay


@click.command("replay")
@click.argument("file", type=Path)
@click.option("--course", help="The course of rows whose course cell is empty.")
@click.option("--replace", "replace_all", is_flag=True, help="As if the import retired what FILE does not name.")
@click.option("--last", type=click.IntRange(1), default=200, show_default=True, help="Questions to ask again.")
@common
def replay_command(options: Common, file: Path, course: str | None, replace_all: bool, last: int) -> None:
    """Show what importing FILE would change in the answers to the last questions; import nothing."""
    check_course(course)
    check_exists(file)
    from qa_model.replay import replay_import

    with options.store() as store:
        found = replay_import(
            store, options.models, file, course=course, replace_all=replace_all, last=last, progress=track
        )
    options.emit({"asked": found.asked, "changed": [_change_json(c) for c in found.changed]}, _replay_lines(found))


def _change_json(change: "Change") -> dict[str, Any]:
    def told(outcome: "Outcome") -> dict[str, Any]:
        entry = outcome.entry
        return {
            "decision": outcome.decision,
            "course": entry.course if entry else None,
            "id": entry.id if entry else None,
        }

    pair = {"before": told(change.before), "after": told(change.after)}
    return {"question": change.question, "course": change.course, **pair}


def _replay_lines(found: "Replay") -> list[str]:
    def told(outcome: "Outcome") -> str:
        entry = outcome.entry
        return f"{outcome.decision} {entry.course}/{entry.id}" if entry else outcome.decision

    if not found.asked:
        return ["no questions were asked yet: there is nothing to replay"]
    first = f"this changes the answer to {len(found.changed)} of the last {found.asked} questions"
    # A question may have lines of its own; here it has one.
    lines = [f"{' '.join(c.question.split())[:80]}: {told(c.before)} -> {told(c.after)}" for c in found.changed]
    return [f"{first}:" if lines else first, *lines]
