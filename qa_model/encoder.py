"""The encoder: texts in, unit vectors out. One thread at a time may use it (a fast tokenizer is not shared safely)."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, BatchEncoding, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from qa_model.base import (
    TOKENIZER_FILES,
    EncoderSpec,
    ModelError,
    Pooling,
    check_folder,
    read_spec,
    sha256,
    weight_files,
    write_spec,
)

Vectors = npt.NDArray[np.float32]
Kind = Literal["query", "passage"]
Ids = npt.NDArray[np.int32]
Progress = Callable[[Iterable[list[int]], str, int], Iterable[list[int]]]

transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text, not of its prefix or the tokenizer's marks: ids (tokens,), unit vectors (tokens, dim)."""

    ids: Ids
    vectors: Vectors

    @classmethod
    def none(cls, dim: int) -> "Tokens":
        """Return the tokens of a text that has none."""
        return cls(np.zeros(0, np.int32), np.zeros((0, dim), np.float32))


def pool(hidden: Tensor, mask: Tensor, pooling: Pooling, *, unit: bool = True) -> Tensor:
    """Return vectors (texts, dim), of unit length if asked, of states (texts, tokens, dim), mask (texts, tokens)."""
    hidden = hidden.float()
    if pooling == "cls":
        pooled = hidden[:, 0]
    elif pooling == "last":
        last = mask.shape[1] - 1 - mask.flip(1).argmax(1)  # wherever the padding stands
        pooled = hidden[torch.arange(len(hidden), device=hidden.device), last]
    else:
        weights = mask.unsqueeze(-1).float()
        pooled = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1.0)
    return nn.functional.normalize(pooled, dim=-1) if unit else pooled


def has_bf16(device: torch.device) -> bool:
    """Say whether the device multiplies in bfloat16 natively: elsewhere it is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def batches(texts: Sequence[str], size: int, progress: Progress | None = None) -> Iterable[list[int]]:
    """Return the numbers of the texts in batches, those of like length together, to pad little."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found = [order[i : i + size] for i in range(0, len(order), size)]
    return found if progress is None else progress(found, "embedding", len(found))


class Encoder:
    """A pretrained transformer with its tokenizer and its record of how texts become vectors."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, spec: EncoderSpec, hash: str
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.spec = spec
        self.hash = hash  # of weights, tokenizer and record: the same hash gives the same vectors
        self.dim = int(model.config.hidden_size)  # the length of a vector
        if tokenizer.pad_token is None:
            # Any token will do, the mask hides it.
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
        tokenizer.padding_side = "right"

    @classmethod
    def load(cls, folder: Path, *, training: bool = False, device: str | None = None) -> "Encoder":
        """Load an encoder from a model folder, in bfloat16 where the device has it, in float32 for training.

        Raises ModelError if the folder is no model that can be loaded.
        """
        check_folder(folder)
        spec = read_spec(folder)
        place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        dtype = torch.bfloat16 if has_bf16(place) and not training else torch.float32
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            model = AutoModel.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=dtype
            )
        except Exception as error:  # the library raises whatever the damaged part raises
            raise ModelError(f"{folder}: cannot be loaded ({type(error).__name__}: {error})") from error
        return cls(model.to(place).eval(), tokenizer, spec, _hash(folder, spec))

    def tokenize(self, texts: Sequence[str], kind: Kind, *, max_tokens: int | None = None) -> BatchEncoding:
        """Return padded ids and mask, (texts, tokens), on the model's device; the prefix of `kind` goes before."""
        prefix = self.spec.query_prefix if kind == "query" else self.spec.passage_prefix
        limit = min(max_tokens or self.spec.max_tokens, self.spec.max_tokens)
        batch = self.tokenizer(
            [prefix + text for text in texts],
            padding=True,
            truncation=True,
            max_length=limit,
            return_special_tokens_mask=True,
            return_tensors="pt",
        )
        placed: BatchEncoding = batch.to(self.model.device)
        return placed

    def forward(self, batch: BatchEncoding) -> Tensor:
        """Return unit vectors (texts, dim) in float32; gradients flow unless inference mode is on."""
        return pool(self.hidden(batch), batch["attention_mask"], self.spec.pooling)

    def encode(
        self, texts: Sequence[str], kind: Kind, *, batch_size: int = 32, progress: Progress | None = None
    ) -> Vectors:
        """Return the unit vectors of the texts, (texts, dim); texts of like length share a batch, to pad little."""
        return self.encode_tokens(texts, kind, batch_size=batch_size, progress=progress)[0]

    def encode_tokens(
        self, texts: Sequence[str], kind: Kind, *, batch_size: int = 32, progress: Progress | None = None
    ) -> tuple[Vectors, list[Tokens]]:
        """Return the unit vectors of the texts, (texts, dim), and each text's tokens."""
        vectors = np.zeros((len(texts), self.dim), np.float32)
        tokens = [Tokens.none(self.dim)] * len(texts)
        with torch.inference_mode():
            for rows in batches(texts, batch_size, progress):
                batch = self.tokenize([texts[i] for i in rows], kind)
                if not batch["input_ids"].shape[1]:
                    continue  # texts without a token, of a tokenizer without marks, say nothing
                hidden = self.hidden(batch)
                vectors[rows] = pool(hidden, batch["attention_mask"], self.spec.pooling).cpu().numpy()
                words = nn.functional.normalize(hidden.float(), dim=-1).cpu().numpy()
                kept = self._own(batch, kind)
                ids = batch["input_ids"].cpu().numpy().astype(np.int32)
                for i, row in enumerate(rows):
                    tokens[row] = Tokens(ids[i][kept[i]], words[i][kept[i]])
        return vectors, tokens

    def _own(self, batch: BatchEncoding, kind: Kind) -> npt.NDArray[np.bool_]:
        """Return which tokens, (texts, tokens), are of the text itself: no padding, no mark, nothing of the prefix."""
        own: npt.NDArray[np.bool_] = (
            (batch["attention_mask"].bool() & ~batch["special_tokens_mask"].bool()).cpu().numpy()
        )
        prefix = self.spec.query_prefix if kind == "query" else self.spec.passage_prefix
        if prefix and batch.encodings:  # which a tokenizer without offsets does not give
            own &= np.array([[end > len(prefix) for _, end in encoding.offsets] for encoding in batch.encodings])
        return own

    def hidden(self, batch: BatchEncoding) -> Tensor:
        """Return the last hidden states, (texts, tokens, dim)."""
        states: Tensor = self.model(**{n: batch[n] for n in ("input_ids", "attention_mask")}).last_hidden_state
        return states

    def known_share(self, text: str) -> float:
        """Return the share of the text's tokens that the tokenizer knows, 1.0 for a text without tokens."""
        ids = self.tokenizer(text, add_special_tokens=False, truncation=True, max_length=self.spec.max_tokens).input_ids
        unknown = self.tokenizer.unk_token_id
        return 1.0 - sum(i == unknown for i in ids) / len(ids) if ids else 1.0

    def save(self, folder: Path, state: dict[str, Any] | None = None) -> None:
        """Write model, tokenizer and record, so that `load` and `SentenceTransformer` read them."""
        self.model.save_pretrained(folder, state_dict=state)
        self.tokenizer.save_pretrained(folder)
        write_spec(folder, self.spec, self.dim)


def _hash(folder: Path, spec: EncoderSpec) -> str:
    files = [*weight_files(folder), *(f for name in TOKENIZER_FILES if (f := folder / name).is_file())]
    parts = [repr(spec), *(sha256(file) for file in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
