"""Command line of training: `python -m training COMMAND --help`."""

from pathlib import Path

import click

from data.cli import Common, common, run, track
from data.errors import Refused
from training.fit_command import fit
from training.label_tune_command import tune_labels
from training.labels_command import evaluate_labels, fit_labels
from training.lines import interval_lines, metric_lines, shown, table
from training.options import Kind
from training.replay_command import replay_command
from training.report_command import report
from training.resources_command import evaluate_resources
from training.scores_command import evaluate_scores, fit_scores
from training.tune_command import tune

FILE = click.argument("file", type=Path)
KIND = click.option(
    "--kind",
    type=Kind(),
    default="answers",
    show_default=True,
    help="Which model: answers, labels/NAME or scores/NAME.",
)


@click.group()
def main() -> None:
    """Fine-tune, measure, publish."""


fit.add_command(fit_labels)
tune.add_command(tune_labels)
for command in (fit, tune, replay_command, report):
    main.add_command(command)


@main.group()
def evaluate() -> None:
    """Measure what serves now on labelled data; writes nothing to the log."""


@evaluate.command("answers")
@FILE
@click.option("--ablation", is_flag=True, help="What each signal is worth on these questions.")
@common
def evaluate_answers(options: Common, file: Path, ablation: bool) -> None:
    """Ask the questions of FILE (question, course, expected_ids) through the same path as the bot."""
    if not file.exists():
        raise Refused([f"{file}: there is no such file"])
    from data.labelled import read_labelled
    from qa_model.answerer import load_answerer
    from training.ablation import ablation as worth
    from training.calibration import ask
    from training.evaluation import ask_each
    from training.measures import measure

    with options.store() as store:
        questions = store.read(read_labelled, file)
        answerer = load_answerer(store, options.models, track)
    if ablation:
        rows = worth(ask(answerer, questions, [1.0] * len(questions)), answerer.policies)
        options.emit({"model": answerer.model, "ablation": rows}, table(rows))
        return
    result = measure(ask_each(answerer, questions, track))
    options.emit({**result, "model": answerer.model}, [f"{name:>16}  {shown(value)}" for name, value in result.items()])


evaluate.add_command(evaluate_resources)
evaluate.add_command(evaluate_labels)
evaluate.add_command(evaluate_scores)
fit.add_command(fit_scores)


@main.command("history")
@KIND
@common
def history_command(options: Common, kind: str) -> None:
    """List what became of each version, and say which one really serves."""
    from qa_model.bundle import current, find_serving
    from training import history

    with options.store() as store:
        events = store.read(history.events, kind)
    published, serves = current(options.models, kind), find_serving(options.models, kind)
    lines = [f"{e['at']}  {e['version']}  {e['event']}  {e['reason']}".rstrip() for e in events]
    lines += [f"{version} is refused: {reason}" for version, reason in serves.refused]
    said = "" if serves.version == published else f", for {published} is published but refused"
    refused = [{"version": version, "reason": reason} for version, reason in serves.refused]
    result = {"current": published, "serving": serves.version, "refused": refused, "events": events}
    options.emit(result, [*lines, f"serving now: {serves.version}{said}"])


@main.command()
@click.argument("a")
@click.argument("b")
@common
def compare(options: Common, a: str, b: str) -> None:
    """Compare versions A and B (or `base`) on held-out questions: measures, then what B fixed and broke."""
    from training.versions import compare_versions

    with options.store() as store:
        result = compare_versions(store, options.models, a, b, track)
    lines = [*metric_lines(result["metrics"]), *interval_lines(result["intervals"])]
    lines += [f"fixed: {c['question']} -> {c['after']}" for c in result["fixed"]]
    lines += [f"broke: {c['question']} -> {c['after']}, was {c['before']}" for c in result["broke"]]
    options.emit(
        result, [*lines, f"{len(result['fixed'])} fixed, {len(result['broke'])} broke, {result['unchanged']} unchanged"]
    )


@main.command()
@click.argument("version")
@KIND
@common
def publish(options: Common, version: str, kind: str) -> None:
    """Make VERSION (or `base`) the one that serves."""
    from training.versions import publish_version

    with options.store() as store:
        publish_version(store, options.models, version, kind)
    options.emit({"current": version}, [f"serving now: {version}"])


@main.command()
@KIND
@common
def rollback(options: Common, kind: str) -> None:
    """Put back the version that served before."""
    from training.versions import roll_back

    with options.store() as store:
        left, version = roll_back(store, options.models, kind)
    options.emit({"current": version, "rolled_back": left}, [f"{left} rolled back; serving now: {version}"])


if __name__ == "__main__":
    run(main, "training")
