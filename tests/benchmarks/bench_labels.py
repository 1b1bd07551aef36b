"""How good a labels model is: each recipe on all training rows, and with a few rows of each label.

FOLDER holds `train.csv` and `test.csv` (text, label). Run:

    python tests/benchmarks/bench_labels.py FOLDER [--recipes frozen,tuned] [--seeds 0,1,2] [--few 10] [--draws 5]

Learns in a temporary folder, from the training rows alone, as `fit labels` does; prints a row for each recipe and seed
with accuracy, macro-F1, calibration error and out-of-scope measures on the test rows, and the seconds that `fit` took,
by the clock and of the processor. With `--few N`, then, the recipe `few` and `frozen` on N rows of each label, drawn
`--draws` times; `--few 0` leaves that out.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data.records import OOS
from qa_model.encoder import Encoder
from qa_model.labels import LabelModel
from training.label_fit import learn
from training.label_learning import USUAL, Name, Recipe
from training.label_measures import measure
from training.label_rows import Rows, read_rows

SHOWN = ("accuracy", "macro_f1", "ece", "oos_recall", "oos_auroc")
NAMES: tuple[Name, ...] = ("classic", "frozen", "tuned", "few")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recipes", default="frozen,tuned")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--few", type=int, default=10)
    parser.add_argument("--draws", type=int, default=5)
    arguments = parser.parse_args()
    train, test = (read_rows(arguments.folder / f"{name}.csv") for name in ("train", "test"))
    print(f"{'':<24}" + "".join(f"{name:>12}" for name in (*SHOWN, "fit, s", "cpu, s")))
    chosen = [name for name in NAMES if name in arguments.recipes.split(",")]
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    for name in chosen:
        runs = [measured(f"{name}, seed {seed}", train, test, name, seed) for seed in seeds]
        spread(name, runs)
    if arguments.few:
        for own in ("frozen", "few"):
            which: Name = "frozen" if own == "frozen" else "few"
            draws = [drawn(train, arguments.few, draw) for draw in range(arguments.draws)]
            runs = [measured(f"{own}, draw {i}", rows, test, which, i) for i, rows in enumerate(draws)]
            spread(f"{own}, {arguments.few} a label", runs)


def drawn(rows: Rows, count: int, seed: int) -> Rows:
    """Return so many rows of each label, drawn at random, without any out of scope."""
    own: dict[str, list[int]] = defaultdict(list)
    for i, label in enumerate(rows.labels):
        own[label].append(i)
    chance = random.Random(seed)
    taken = [i for label in sorted(own) for i in chance.sample(own[label], min(count, len(own[label])))]
    return Rows(tuple(rows.texts[i] for i in taken), tuple(rows.labels[i] for i in taken), ())


def measured(told: str, train: Rows, test: Rows, name: Name, seed: int) -> list[float | None]:
    """Learn and measure on the test rows; print and return the measures."""
    recipe = Recipe(name, settings=replace(USUAL[name], seed=seed))
    clock, processor = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as scratch:
        made = learn(train, recipe, Path(scratch), lambda *_: None)
        taken = [time.monotonic() - clock, time.process_time() - processor]
        model = LabelModel(Encoder.load(made.folder), made.head, "")
        found = measure([*test.labels, *[OOS] * len(test.outside)], model.label([*test.texts, *test.outside]))
    values = [*(found[name] for name in SHOWN), *taken]
    row(told, values)
    return values


def row(told: str, values: Sequence[float | None]) -> None:
    """Print a row of measures, seconds last."""
    shown = ["-" if v is None else f"{v:.4f}" if i < len(SHOWN) else f"{v:.0f}" for i, v in enumerate(values)]
    print(f"{told:<24}" + "".join(f"{cell:>12}" for cell in shown), flush=True)


def spread(told: str, runs: Sequence[Sequence[float | None]]) -> None:
    """Print mean and standard deviation over the runs."""
    columns = [[v for v in column if v is not None] for column in zip(*runs, strict=True)]
    row(f"{told}: mean", [statistics.fmean(column) if column else None for column in columns])
    if len(runs) > 1:
        row(f"{told}: sd", [statistics.stdev(column) if column else None for column in columns])


if __name__ == "__main__":
    main()
