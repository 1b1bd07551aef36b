"""`fit scores`: from a file of scored texts to a bundle below `scores/NAME`, published if it is not worse."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.importing import digest
from data.scored import ScoredWork
from data.store import Store
from qa_model import bundle
from qa_model.base import ModelError, resolve
from qa_model.encoder import Encoder
from qa_model.readings import Progress
from qa_model.score_bundle import load_scorer, save_scorer
from training.score_measures import measure_scores, rmse, sample
from training.scores import Learned, fit_scorer
from training.verdict import Verdict
from training.versions import Publish, settle

MIN_ROWS = 20  # of a prompt
MIN_COMPARED = 20  # texts that neither version learned from


@dataclass(frozen=True, slots=True)
class FittedScores:
    """What a round made: the version, whether it serves and why, and its record."""

    version: str
    published: bool
    reason: str
    record: dict[str, Any]

    def told(self) -> dict[str, Any]:
        """Return what is told of the round."""
        metrics = self.record["metrics"]
        return {"version": self.version, "published": self.published, "reason": self.reason, "metrics": metrics}


def fit(
    store: Store,
    models: Path,
    name: str,
    base: str,
    works: Sequence[ScoredWork],
    publish: Publish,
    progress: Progress | None = None,
    seed: int = 0,
) -> FittedScores:
    """Fit a scorer, write its bundle, and publish it or not. Raises ModelError if the base cannot be had."""
    start = time.perf_counter()
    kind, folder = f"scores/{name}", resolve(base)
    learned = fit_scorer(Encoder.load(folder), works, progress, seed)
    metrics = {"left_out": measure_scores(learned.works, learned.left_out)}
    if learned.new_works:
        metrics["new_prompts"] = measure_scores(learned.new_works, learned.new_prompts)
    serving = bundle.current(models, kind)
    decided = _decided(models, name, serving, learned)
    record: dict[str, Any] = {
        "base": base,
        "seed": seed,
        "parent": serving,
        "metrics": metrics,
        "sample": sample(learned.works, learned.left_out),
        "data": {"rows": len(works), "prompts": len({own.work.prompt_id for own in works}), "hash": works_hash(works)},
        "left_out_errors": [round(fit.error, 4) for fit in learned.fits],
        "seconds": round(time.perf_counter() - start, 1),
    }

    def fill(draft: Path) -> None:
        shutil.copytree(folder, draft, dirs_exist_ok=True)
        record["head"] = save_scorer(learned.scorer, draft)

    version = bundle.write(models, fill, record, kind)
    settled = settle(store, models, version, publish, decided, _short(metrics), kind)
    return FittedScores(version, *settled, record)


def _decided(models: Path, name: str, serving: str, learned: Learned) -> Verdict:
    """Compare with what serves on texts that it did not learn from; both see them for the first time."""
    if serving == bundle.BASE:
        return Verdict(True, "the first of its name")
    try:
        scorer, version = load_scorer(models, name)
    except ModelError as error:
        return Verdict(True, f"{serving} cannot be read by this program ({error})")
    seen = {text for own in scorer.texts for text in own}
    fresh = [i for i, own in enumerate(learned.works) if own.work.text not in seen]
    if len(fresh) < MIN_COMPARED:
        return Verdict(
            True, f"learned from newer data; only {len(fresh)} texts are new to {version}, too few to compare"
        )
    works = [learned.works[i] for i in fresh]
    truth = np.array([own.score for own in works])
    before = rmse(truth, np.array([own.value for own in scorer.score([own.work for own in works])]))
    after = rmse(truth, np.array([learned.left_out[i].value for i in fresh]))
    told = f"RMSE {before:.3f} -> {after:.3f} on {len(fresh)} texts that are new to both"
    return Verdict(after < before, f"{'better' if after < before else 'not better'}: {told}")


def _short(metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the measures without those of each prompt, for the history."""
    return {name: {key: told[key] for key in ("n", "qwk", "rmse", "pearson")} for name, told in metrics.items()}


def works_hash(works: Sequence[ScoredWork]) -> str:
    """Return what tells two sets of scored texts apart, in any order."""
    return digest("\n".join(sorted(f"{w.work.prompt_id}\t{w.score}\t{w.work.text}" for w in works)), 16)
