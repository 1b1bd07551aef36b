"""Command line of training: `python -m training COMMAND --help`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from data.cli import Common, common, run, track
from data.errors import Refused
from data.importing import COURSE_ID

if TYPE_CHECKING:  # the model libraries load when a command needs them
    from qa_model.replay import Change, Outcome, Replay

FILE = click.argument("file", type=Path)


@click.group()
def main() -> None:
    """Fine-tune, measure, publish."""


@main.group()
def fit() -> None:
    """Fine-tune a model and publish it if it is better."""


@fit.command("answers")
@click.option(
    "--mode", type=click.Choice(["quick", "full"]), default="quick", show_default=True, help="Train one side or both."
)
@click.option(
    "--base", default=None, help="Base model: a hub id, a folder or `multilingual`.  [default: all-MiniLM-L6-v2]"
)
@click.option(
    "--publish",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Publish if better.",
)
@click.option(
    "--lr", type=click.FloatRange(0, 1, min_open=True), default=3e-5, show_default=True, help="Learning rate."
)
@click.option(
    "--epochs", type=click.IntRange(1), default=None, help="Epochs at most.  [default: by the number of examples]"
)
@click.option("--batch-size", type=click.IntRange(2), default=32, show_default=True, help="Questions in a batch.")
@click.option(
    "--average",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Part of the tuned weights; the base has the rest.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Seed of everything random."
)
@common
def fit_answers(
    options: Common,
    mode: Literal["quick", "full"],
    base: str | None,
    publish: Literal["auto", "always", "never"],
    lr: float,
    epochs: int | None,
    batch_size: int,
    average: float,
    seed: int,
) -> None:
    """Fine-tune the encoder on everything the store has confirmed."""
    from qa_model.base import DEFAULT_BASE
    from training.fit import Recipe, fit_answers
    from training.loop import Settings

    settings = Settings(lr=lr, epochs=epochs, batch_size=batch_size, seed=seed)
    recipe = Recipe(mode, base or DEFAULT_BASE, average, settings)
    with options.store() as store:
        fitted = fit_answers(store, options.models, recipe, publish, _report, track)
    result = {"version": fitted.version, "published": fitted.published, "reason": fitted.reason, **fitted.record}
    outcome = "published" if fitted.published else "not published"
    lines = [*_metric_lines(fitted.record["metrics"]), f"version {fitted.version}, {outcome}: {fitted.reason}"]
    options.emit(result, lines)


@main.group()
def evaluate() -> None:
    """Measure what serves now on labelled data; writes nothing to the log."""


@evaluate.command("answers")
@FILE
@common
def evaluate_answers(options: Common, file: Path) -> None:
    """Ask the questions of FILE (question, course, expected_ids) through the same path as the bot."""
    if not file.exists():
        raise Refused([f"{file}: there is no such file"])
    from data.labelled import read_labelled
    from qa_model.answerer import load_answerer
    from training.evaluation import ask_each
    from training.measures import measure

    with options.store() as store:
        questions = store.read(read_labelled, file)
        answerer = load_answerer(store, options.models, track)
    result = measure(ask_each(answerer, questions, track))
    options.emit(
        {**result, "model": answerer.model}, [f"{name:>16}  {_shown(value)}" for name, value in result.items()]
    )


@main.command("replay")
@FILE
@click.option("--course", help="The course of rows whose course cell is empty.")
@click.option("--replace", "replace_all", is_flag=True, help="As if the import retired what FILE does not name.")
@click.option("--last", type=click.IntRange(1), default=200, show_default=True, help="Questions to ask again.")
@common
def replay_command(options: Common, file: Path, course: str | None, replace_all: bool, last: int) -> None:
    """Show what importing FILE would change in the answers to the last questions; import nothing."""
    if course is not None and not COURSE_ID.fullmatch(course):
        raise click.BadParameter("1 to 56 letters, digits, '-' or '_'", param_hint="--course")
    if not file.exists():
        raise Refused([f"{file}: there is no such file"])
    from qa_model.replay import replay_import

    with options.store() as store:
        found = replay_import(
            store, options.models, file, course=course, replace_all=replace_all, last=last, progress=track
        )
    options.emit({"asked": found.asked, "changed": [_change_json(c) for c in found.changed]}, _replay_lines(found))


@main.command("history")
@common
def history_command(options: Common) -> None:
    """List what became of each version."""
    from qa_model.bundle import current
    from training import history

    with options.store() as store:
        events = store.read(history.events)
    serving = current(options.models)
    lines = [f"{e['at']}  {e['version']}  {e['event']}  {e['reason']}".rstrip() for e in events]
    options.emit({"current": serving, "events": events}, [*lines, f"serving now: {serving}"])


@main.command()
@click.argument("a")
@click.argument("b")
@common
def compare(options: Common, a: str, b: str) -> None:
    """Compare versions A and B (or `base`) on held-out questions: measures, then what B fixed and broke."""
    from training.versions import compare_versions

    with options.store() as store:
        result = compare_versions(store, options.models, a, b, track)
    lines = _metric_lines(result["metrics"])
    lines += [f"fixed: {c['question']} -> {c['after']}" for c in result["fixed"]]
    lines += [f"broke: {c['question']} -> {c['after']}, was {c['before']}" for c in result["broke"]]
    options.emit(
        result, [*lines, f"{len(result['fixed'])} fixed, {len(result['broke'])} broke, {result['unchanged']} unchanged"]
    )


@main.command()
@click.argument("version")
@common
def publish(options: Common, version: str) -> None:
    """Make VERSION (or `base`) the one that serves."""
    from training.versions import publish_version

    with options.store() as store:
        publish_version(store, options.models, version)
    options.emit({"current": version}, [f"serving now: {version}"])


@main.command()
@common
def rollback(options: Common) -> None:
    """Put back the version that served before."""
    from training.versions import roll_back

    with options.store() as store:
        left, version = roll_back(store, options.models)
    options.emit({"current": version, "rolled_back": left}, [f"{left} rolled back; serving now: {version}"])


def _report(epoch: int, loss: float, score: float) -> None:
    click.echo(f"epoch {epoch}: loss {loss:.4f}, validation MRR {score:.4f}", err=True)


def _metric_lines(metrics: dict[str, Any]) -> list[str]:
    lines = []
    for name, before in metrics["before"].items():
        after = metrics["after"][name]
        pairs = [f"{key} {_shown(before[key])} -> {_shown(after[key])}" for key in before if key != "n"]
        lines.append(f"{name.replace('_', ' ')} ({before['n']}): {', '.join(pairs)}")
    return lines


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


def _shown(value: float | int | None) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    run(main, "training")
