"""The command `python -m training evaluate resources`."""

from pathlib import Path

import click

from data.cli import Common, check_exists, common, track
from training.lines import shown, table


@click.command("resources")
@click.argument("file", type=Path)
@common
def evaluate_resources(options: Common, file: Path) -> None:
    """Recommend for the questions of FILE (question, course, expected_ids), beside popularity and BM25."""
    check_exists(file)
    from data.resource_files import read_questions
    from qa_model.answerer import load_answerer
    from training.recommendation import evaluate

    with options.store() as store:
        questions = store.read(read_questions, file)
        answerer = load_answerer(store, options.models, track)
        result = evaluate(store, answerer, questions, track)
    lines = [f"{result['n']} questions, {result['fitting']} of them with a resource; {result['resources']} resources"]
    lines += table([{"": name, **measures} for name, measures in result["measures"].items()])
    for other, intervals in result["ahead"].items():
        ends = [f"{key} {low_high[0]:+.3f} to {low_high[1]:+.3f}" for key, low_high in intervals.items() if low_high]
        lines += [f"ours against {other}, 95 % interval of the difference: {', '.join(ends)}"] if ends else []
    lines += [
        f"in the chat, up to three: {', '.join(f'{key} {shown(value)}' for key, value in result['shown'].items())}"
    ]
    options.emit({**result, "model": answerer.model}, lines)
