"""How well texts are scored: agreement with people, error, correlation and the coverage of the 90 % intervals.

FOLDER holds `training.csv` or `train.csv`, and what is scored: every other .csv in it; columns prompt_id, text, score
and maybe prompt, reference, score2. Run:

    python tests/benchmarks/bench_scores.py FOLDER [--base BASE] [--folds N] [--seeds 0,1,2] [--ablation]

Prints a row for each file and seed, beside the two baselines, and of several seeds mean and standard deviation; a seed
deals out the folds by which the regressions are chosen. With --folds instead what cross-validation over the training
file says, where a folder has no other. With --ablation instead: how much higher the error of what is left out of the
training file is, in thousandths of the scale, without each sign and each other view of a text.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from data.scored import ScoredWork, read_scored
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.encoder import Encoder
from qa_model.readings import REFERENCE, SIGNS, STYLE, Reader, Readings, token_weights
from training.kernel_fit import folds_of
from training.lines import table
from training.score_measures import measure_scores
from training.scores import fit_readings, fit_scorer

TRAINING = ("training.csv", "train.csv")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", default=DEFAULT_BASE)
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--ablation", action="store_true")
    arguments = parser.parse_args()
    train = next(path for name in TRAINING if (path := arguments.folder / name).exists())
    works = read_scored(train)
    encoder = Encoder.load(resolve(arguments.base))
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    folds = arguments.folds
    if arguments.ablation:
        print("\n".join(table(ablated(encoder, works, seeds[0]))))
        return
    runs = [
        cross_validated(encoder, works, folds, seed) if folds else held_out(encoder, train, works, seed)
        for seed in seeds
    ]
    print("\n".join(table(runs[0] if len(runs) == 1 else spread(runs, seeds))))


def spread(runs: Sequence[list[dict[str, Any]]], seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Return each row of each seed, and below them their mean and standard deviation."""
    rows = []
    for alike in zip(*runs, strict=True):
        name = alike[0][""]
        rows += [own | {"": f"{name}, seed {seed}"} for own, seed in zip(alike, seeds, strict=True)]
        for told, of in (("mean", statistics.fmean), ("sd", statistics.stdev)):
            values = {key: [own[key] for own in alike] for key in alike[0] if key}
            whole = {key: all(isinstance(v, int | float) for v in own) for key, own in values.items()}
            made = {key: float(of(own)) if whole[key] else None for key, own in values.items()}
            rows.append({"": f"{name}, {told}", **made})
    return rows


def held_out(encoder: Encoder, train: Path, works: Sequence[ScoredWork], seed: int) -> list[dict[str, Any]]:
    """Return a row for what is left out of the training file, and for each other file of its folder."""
    start = time.perf_counter()
    learned = fit_scorer(encoder, works, seed=seed)
    print(f"fitted to {len(works)} texts in {time.perf_counter() - start:.0f} s")
    rows = row(f"{train.name}, left out", measure_scores(learned.works, learned.left_out))
    if learned.new_works:
        rows += row(f"{train.name}, prompts left out", measure_scores(learned.new_works, learned.new_prompts))
    for path in sorted(train.parent.glob("*.csv")):
        if path != train:
            tested = read_scored(path)
            rows += row(path.name, measure_scores(tested, learned.scorer.score([own.work for own in tested])))
    return rows


def cross_validated(encoder: Encoder, works: Sequence[ScoredWork], folds: int, seed: int) -> list[dict[str, Any]]:
    """Return the rows of scorers that were fitted without a fold each, and score it."""
    fold = folds_of([own.work.group for own in works], folds, seed)
    scored, estimates = [], []
    for k in range(folds):
        kept = [own for own, f in zip(works, fold, strict=True) if f != k]
        out = [own for own, f in zip(works, fold, strict=True) if f == k]
        scored += out
        estimates += fit_scorer(encoder, kept, seed=seed).scorer.score([own.work for own in out])
    return row(f"{folds} folds", measure_scores(scored, estimates))


def ablated(encoder: Encoder, works: Sequence[ScoredWork], seed: int) -> list[dict[str, Any]]:
    """Return a row for all that is seen of a text, and for all but each of it: the errors of each regression."""
    weights = token_weights(encoder, sorted({own.work.text for own in works}))
    whole = Reader(encoder, weights).read([own.work for own in works])

    def errors(readings: Readings) -> list[float]:
        return [fit.error for fit in fit_readings(encoder, weights, works, readings, seed).fits]

    known = errors(whole)
    rows = [{"without": "nothing", **{f"error {i}": error for i, error in enumerate(known)}}]
    for name, readings in without(whole).items():
        more = {f"error {i}": 1000 * (a - b) for i, (a, b) in enumerate(zip(errors(readings), known, strict=True))}
        rows.append({"without": name, **more})
    return rows


def without(whole: Readings) -> dict[str, Readings]:
    """Return readings without one thing each: where it is the same of all texts its kernels tell prompts apart."""
    views = {name: replace(whole, **{name: 0 * getattr(whole, name)}) for name in ("vectors", "states", "grams")}
    groups = {"style": STYLE, "reference": REFERENCE, **{name: [name] for name in SIGNS}}
    kept = {name: whole.signs * ~np.isin(SIGNS, signs) for name, signs in groups.items()}
    return views | {name: replace(whole, signs=signs) for name, signs in kept.items()}


def row(name: str, told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the row of a file, with those of its baselines below it."""
    measures = {key: told[key] for key in ("n", "qwk", "rmse", "pearson", "coverage", "refused")}
    low, high = (np.round(told["rmse_interval"], 3)) if told["rmse_interval"] else ("", "")
    rows = [{"": name, **measures, "rmse, 95 %": f"{low}-{high}", "people": told.get("human_qwk")}]
    for baseline, own in told["baselines"].items():
        empty: dict[str, Any] = dict.fromkeys(rows[0], None)
        rows.append({**empty, **own, "": f"  {baseline.replace('_', ' ')}"})
    return rows


if __name__ == "__main__":
    main()
