"""A scorer in a bundle below `scores/NAME`: the encoder, and in `head/` what the regressions learned.

Files: `head/weights.safetensors`; `head/examples.jsonl`, the scored texts that are evidence; `head` in bundle.json.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from qa_model.base import ModelError
from qa_model.encoder import Encoder, Vectors
from qa_model.heads import find_published, load_weights, save_weights
from qa_model.kernels import Member, Part, Regression, Scale, Standard
from qa_model.readings import SIGNS, Readings
from qa_model.refusals import Bounds
from qa_model.scorer import Baseline, Marks, Prompt, Scorer

EXAMPLES = Path("head") / "examples.jsonl"
SCALES = ("sign_mean", "sign_deviation", "state_mean", "state_deviation")
ARRAYS = (*SCALES, "signs", "states", "vectors", "pull", "pull_grams", "scores")  # pulls by member


def save_scorer(scorer: Scorer, folder: Path) -> dict[str, Any]:
    """Write all but the encoder into a bundle's folder and return what belongs into its record as `head`."""
    arrays: dict[str, Vectors] = {"weights": scorer.weights.astype(np.float16)}
    for i, (regression, scores) in enumerate(zip(scorer.regressions, scorer.scores, strict=True)):
        arrays |= {f"{i}.{name}": value for name, value in zip(ARRAYS, _arrays(regression, scores), strict=True)}
    save_weights(folder, arrays)
    with (folder / EXAMPLES).open("w", encoding="utf-8") as file:
        for texts in scorer.texts:
            file.write(json.dumps(list(texts), ensure_ascii=False) + "\n")
    return head_record(scorer)


def head_record(scorer: Scorer) -> dict[str, Any]:
    """Return what stands in the record of a bundle as `head`."""
    return {
        "signs": list(SIGNS),
        "regressions": [_regression_record(own) for own in scorer.regressions],
        "prompts": {name: asdict(prompt) for name, prompt in scorer.prompts.items()},
    }


def load_scorer(models: Path, name: str) -> tuple[Scorer, str]:
    """Return the scorer of a name that serves, and its version. Raises ModelError if none does."""
    serving, record = find_published(models, f"scores/{name}", "scorer")
    return read_scorer(Encoder.load(serving.folder), serving.folder, record), serving.version


def read_scorer(encoder: Encoder, folder: Path, record: dict[str, Any]) -> Scorer:
    """Return the scorer in a bundle's folder. Raises ModelError if it is not whole, or of other signs than these."""
    try:
        if tuple(record["signs"]) != SIGNS:
            raise ModelError(f"{folder}: was fitted with other signs than this program reads: fit again")
        told = record["regressions"]
        arrays = load_weights(folder, ["weights", *(f"{i}.{name}" for i in range(len(told)) for name in ARRAYS)])
        arrays = {name: value.astype(np.float32) for name, value in arrays.items()}
        regressions = [_regression(own, i, arrays) for i, own in enumerate(told)]
        prompts = {name: _prompt(own) for name, own in record["prompts"].items()}
        texts = [json.loads(line) for line in (folder / EXAMPLES).read_text(encoding="utf-8").splitlines()]
        scores = [arrays[f"{i}.scores"] for i in range(len(told))]
        if [len(own) for own in texts] != [len(own) for own in scores]:
            raise ModelError(f"{folder / EXAMPLES}: has not a text for each score: fit again")
    except (KeyError, TypeError, ValueError, OSError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{folder}: its record of the head cannot be read ({error!r}): fit again") from error
    return Scorer(encoder, arrays["weights"], regressions, prompts, texts, scores)


def _arrays(regression: Regression, scores: Vectors) -> tuple[Any, ...]:
    """Return the arrays of ARRAYS, large ones in half precision; some states are large beside how much they vary."""
    scale, learned = regression.scale, regression.learned
    pull = np.stack([member.pull for member in regression.members])
    pull_grams = np.stack([member.pull_grams for member in regression.members]).astype(np.float16)
    standards = (scale.signs.mean, scale.signs.deviation, scale.states.mean, scale.states.deviation)
    return (*standards, learned.signs, learned.states, learned.vectors.astype(np.float16), pull, pull_grams, scores)


def _regression_record(own: Regression) -> dict[str, Any]:
    return {
        "members": [[asdict(part) for part in member.parts] for member in own.members],
        "spread": own.scale.spread,
        "mean": own.mean,
        "prompts": list(own.prompts),
        "of_rows": own.learned.prompts.tolist(),
    }


def _regression(told: Mapping[str, Any], i: int, arrays: Mapping[str, Vectors]) -> Regression:
    *standards, signs, states, vectors, pull, pull_grams, _ = (arrays[f"{i}.{name}"] for name in ARRAYS)
    rows = np.array(told["of_rows"], np.str_)
    learned = Readings(rows, vectors, states, signs, csr_array(np.zeros((len(rows), 0), np.float32)))
    scale = Scale(Standard(*standards[:2]), Standard(*standards[2:]), float(told["spread"]))
    members = tuple(
        Member(tuple(Part(**part) for part in parts), pull[row], pull_grams[row])
        for row, parts in enumerate(told["members"])
    )
    return Regression(members, scale, learned, tuple(told["prompts"]), float(told["mean"]))


def _prompt(told: Mapping[str, Any]) -> Prompt:
    bounds = {**told["bounds"], "common": tuple(told["bounds"]["common"])}
    baselines = {name: Baseline(tuple(own["powers"]), _marks(own["marks"])) for name, own in told["baselines"].items()}
    made = {"margins": tuple(told["margins"]), "marks": _marks(told["marks"]), "bounds": Bounds(**bounds)}
    return Prompt(**{**told, **made, "baselines": baselines})


def _marks(told: Mapping[str, Any]) -> Marks:
    return Marks(tuple(told["levels"]), told["centre"], told["stretch"])
