"""Command line of training: `python -m training COMMAND --help`."""

from pathlib import Path

import click

from data.cli import Common, check_exists, common, run, track
from training.embedding import embed_command
from training.fit_command import fit
from training.label_tune_command import tune_labels
from training.labels_command import evaluate_labels, fit_labels
from training.lines import shown, table
from training.replay_command import replay_command
from training.report_command import report
from training.resources_command import evaluate_resources
from training.score_tune_command import tune_scores
from training.scores_command import evaluate_scores, fit_scores
from training.tune_command import tune
from training.version_commands import compare, history, publish, rollback

FILE = click.argument("file", type=Path)


@click.group()
def main() -> None:
    """Fine-tune, measure, publish."""


fit.add_command(fit_labels)
tune.add_command(tune_labels)
tune.add_command(tune_scores)
for command in (embed_command, fit, tune, replay_command, report, history, compare, publish, rollback):
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
    check_exists(file)
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


if __name__ == "__main__":
    run(main, "training")
