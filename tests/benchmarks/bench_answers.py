"""How good the answers are on a course FAQ: untrained, after learning, and whether the error budget holds.

FOLDER holds `kb.csv` (Q&A), `questions-train.csv` and `questions-test.csv` (question, course, expected_ids), or, to
measure what the tutor does not know, files of the same names ending in `-partial.csv`: some answers were taken out,
and their questions expect nothing. Run:

    python tests/benchmarks/bench_answers.py FOLDER [--partial] [--seeds 0,1,2] [--resamples 20]

Learns in a temporary folder, from the train questions alone. Prints a row untrained and for each seed, mean and
standard deviation over the seeds, and the error on the test questions at the 5 % budget for policies fitted on
questions drawn anew (bootstrap).
"""

import argparse
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data import importing
from data.labelled import confirm, read_labelled
from data.records import LabelledQuestion
from data.store import Store
from qa_model.answerer import assemble, load_answerer, open_cache
from qa_model.encoder import Encoder
from training.ablation import outcomes
from training.calibration import Asked, ask
from training.comparison import held_out
from training.evaluation import ask_all
from training.examples import Material, gather, trusted
from training.fit import ask_apart, fit_answers
from training.learning import RATES, Recipe
from training.measures import measure
from training.policies import calibrate
from training.splits import split
from training.trained import Settings

SHOWN = ("hit@1", "hit@5", "mrr@10", "auroc", "coverage@0.95", "precision", "coverage")
MAX_ERROR = 0.05


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--partial", action="store_true")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--resamples", type=int, default=20)
    arguments = parser.parse_args()
    ending = "-partial.csv" if arguments.partial else ".csv"
    kb, learn, test = (arguments.folder / f"{name}{ending}" for name in ("kb", "questions-train", "questions-test"))
    with tempfile.TemporaryDirectory() as scratch, Store(Path(scratch) / "tutor.db") as store:
        models = Path(scratch) / "models"
        store.write(lambda db: importing.apply(db, importing.plan(db, kb)))
        questions = store.read(read_labelled, test)
        print(f"{'':<12}" + "".join(f"{name:>15}" for name in SHOWN) + f"{'fit, s':>10}")
        row("untrained", evaluated(store, models, questions))
        store.write(lambda db: confirm(db, read_labelled(db, learn)))
        runs = [seeded(store, models, questions, int(seed)) for seed in arguments.seeds.split(",")]
        spread(runs)
        errors = resampled(store, models, questions, arguments.resamples)
    kept = sum(error <= MAX_ERROR for error in errors)
    print(
        f"error at the {MAX_ERROR:.0%} budget: {min(errors):.3f} to {max(errors):.3f}, kept in {kept} of {len(errors)}"
    )


def seeded(store: Store, models: Path, questions: Sequence[LabelledQuestion], seed: int) -> list[float]:
    """Learn with a seed, whatever comes of it, and measure."""
    start = time.monotonic()
    fit_answers(store, models, Recipe(settings=Settings(lr=RATES["quick"], seed=seed)), "always", lambda *_: None)
    taken = time.monotonic() - start
    values = evaluated(store, models, questions)
    row(f"seed {seed}", values, taken)
    return values


def evaluated(store: Store, models: Path, questions: Sequence[LabelledQuestion]) -> list[float]:
    """Return the measures of what serves."""
    found = measure(ask_all(load_answerer(store, models), questions))
    return [float(found[name] or 0.0) for name in SHOWN]


def resampled(store: Store, models: Path, questions: Sequence[LabelledQuestion], times: int) -> list[float]:
    """Return the error on the questions, for policies fitted on as many held-out questions drawn with replacement."""
    material = store.read(gather)
    asked, tested = apart(store, models, material), ask(load_answerer(store, models), questions, [1.0] * len(questions))
    labelled = Counter(course for course, _ in trusted(material))
    budgets = dict.fromkeys({entry.course for entry in material.entries}, MAX_ERROR)
    errors = []
    for draw in range(times):
        chosen = np.random.default_rng(draw).integers(0, len(asked), len(asked))
        policies = calibrate([asked[i] for i in chosen], labelled, budgets).policies
        precision = measure(outcomes(tested, policies))["precision"]
        errors.append(1 - float(1.0 if precision is None else precision))
    return errors


def apart(store: Store, models: Path, material: Material) -> list[Asked]:
    """Ask what the version that serves did not learn from."""
    held = held_out(material, split(material.examples))
    encoder: Encoder = load_answerer(store, models).encoder
    return ask_apart(assemble(held.entries, encoder, open_cache(models)), material, held)


def row(name: str, values: Sequence[float], seconds: float | None = None) -> None:
    """Print a row of measures."""
    print(
        f"{name:<12}"
        + "".join(f"{value:>15.3f}" for value in values)
        + ("" if seconds is None else f"{seconds:>10.0f}")
    )


def spread(runs: Sequence[Sequence[float]]) -> None:
    """Print mean and standard deviation over the runs."""
    row("mean", [statistics.fmean(values) for values in zip(*runs, strict=True)])
    if len(runs) > 1:
        row("sd", [statistics.stdev(values) for values in zip(*runs, strict=True)])


if __name__ == "__main__":
    main()
