"""What heads share: a vector for a text however long it is, and weights kept beside the encoder in a bundle.

File of a bundle: `head/weights.safetensors`.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn
from transformers import BatchEncoding

from qa_model.base import ModelError
from qa_model.bundle import BASE, Serving, find_serving, read_record
from qa_model.encoder import Encoder, Progress, Vectors, batches
from qa_model.torch_backend import pool

WEIGHTS = Path("head") / "weights.safetensors"  # in a folder of its own: beside the encoder's it would be read as its
STRIDE = 5  # windows of a long text overlap by the fifth part
TOGETHER = 64  # windows that are read at once


def read(encoder: Encoder, texts: Sequence[str], *, unit: bool = True, most: int | None = None) -> Tensor:
    """Return a vector for each text, (texts, dim): the mean over its windows; gradients flow.

    A text that is longer than the encoder reads at once is read in windows that overlap; none of it is cut off. `most`:
    so many windows of each text at most, drawn at random: for training, where all of a long text would not fit into
    memory. `unit`: of unit length, else as the encoder pools it.
    """
    batch, owners = _windows(encoder, texts)
    if most is not None:
        batch, owners = _drawn(batch, owners, most)
    if not batch["input_ids"].shape[1]:
        return torch.zeros(len(texts), encoder.dim, device=owners.device)
    parts = [_rows(batch, slice(i, i + TOGETHER)) for i in range(0, len(owners), TOGETHER)]
    pooling = encoder.spec.pooling
    vectors = torch.cat([pool(encoder.hidden(part), part["attention_mask"], pooling, unit=unit) for part in parts])
    summed = torch.zeros(len(texts), encoder.dim, device=owners.device).index_add(0, owners, vectors)
    mean = summed / owners.bincount(minlength=len(texts)).unsqueeze(1)
    return nn.functional.normalize(mean, dim=-1) if unit else mean


def encode(
    encoder: Encoder,
    texts: Sequence[str],
    *,
    unit: bool = True,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> Vectors:
    """Return what `read` does for any number of texts, batch by batch, as an array."""
    vectors = np.zeros((len(texts), encoder.dim), np.float32)
    with torch.inference_mode():
        for rows in batches(texts, batch_size, progress):
            vectors[rows] = read(encoder, [texts[i] for i in rows], unit=unit).float().cpu().numpy()
    return vectors


def find_published(models: Path, kind: str, what: str) -> tuple[Serving, dict[str, Any]]:
    """Return the version of a kind such as `labels/NAME` that serves, and the record of its head.

    `what` names such a model to people. Raises ModelError if none is published.
    """
    family, name = kind.split("/")
    serving = find_serving(models, kind)
    if serving.version == BASE:
        refused = "".join(f"; {version} is refused: {reason}" for version, reason in serving.refused)
        advice = f"run `python -m training fit {family} FILE --name {name}`"
        raise ModelError(f"no {what} {name!r} is published{refused}: {advice}")
    return serving, read_record(models, serving.version, kind)["head"]


def save_weights(folder: Path, weights: Mapping[str, Vectors]) -> None:
    """Write the weights of a head into the folder of a bundle."""
    (folder / WEIGHTS).parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(value) for name, value in weights.items()}, folder / WEIGHTS)


def load_weights(folder: Path, names: Iterable[str]) -> dict[str, Vectors]:
    """Return these weights of the head in a bundle's folder. Raises ModelError if they are not all there."""
    try:
        found = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{folder / WEIGHTS}: cannot be read ({error}): fit again") from error
    missing = [name for name in names if name not in found]
    if missing:
        raise ModelError(f"{folder / WEIGHTS}: has no {missing[0]}: fit again")
    return dict(found)


def _windows(encoder: Encoder, texts: Sequence[str]) -> tuple[BatchEncoding, Tensor]:
    """Return the padded windows of the texts, and the text that each window is of, (windows,)."""
    limit = encoder.spec.max_tokens
    batch = encoder.tokenizer(
        [encoder.spec.query_prefix + text for text in texts],
        padding=True,
        truncation=True,
        max_length=limit,
        stride=limit // STRIDE,
        return_overflowing_tokens=True,
        return_tensors="pt",
    ).to(encoder.model.device)
    return batch, batch.pop("overflow_to_sample_mapping")


def _drawn(batch: BatchEncoding, owners: Tensor, most: int) -> tuple[BatchEncoding, Tensor]:
    """Keep `most` windows of each text, drawn at random."""
    if int(owners.bincount().max()) <= most:
        return batch, owners
    order = torch.randperm(len(owners), device=owners.device)
    taken = torch.zeros(int(owners.max()) + 1, dtype=torch.long)
    kept = []
    for row in order.tolist():
        owner = int(owners[row])
        if taken[owner] < most:
            taken[owner] += 1
            kept.append(row)
    rows = torch.tensor(sorted(kept), device=owners.device)
    return _rows(batch, rows), owners[rows]


def _rows(batch: BatchEncoding, rows: Tensor | slice) -> BatchEncoding:
    return BatchEncoding({name: value[rows] for name, value in batch.items()})
