"""The encoder: texts in, unit vectors out. One thread at a time may use it (a fast tokenizer is not shared safely).

Torch and transformers are loaded only where they are needed: to train, and to serve where ONNX Runtime does not.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from qa_model.backends import chosen
from qa_model.base import EncoderSpec, check_folder, encoder_hash, read_spec, write_spec
from qa_model.states import Backend, Ids, States, Tokens, Vectors

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import BatchEncoding, PreTrainedModel, PreTrainedTokenizerBase

    from qa_model.torch_backend import TorchBackend

__all__ = ["Encoder", "Ids", "Kind", "Progress", "Tokens", "Vectors", "batches"]

Kind = Literal["query", "passage"]
Progress = Callable[[Iterable[list[int]], str, int], Iterable[list[int]]]


def batches(texts: Sequence[str], size: int, progress: Progress | None = None) -> Iterable[list[int]]:
    """Return the numbers of the texts in batches, those of like length together, to pad little."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found = [order[i : i + size] for i in range(0, len(order), size)]
    return found if progress is None else progress(found, "embedding", len(found))


class Encoder:
    """A pretrained transformer with its tokenizer and its record of how texts become vectors."""

    def __init__(self, folder: Path, backend: Backend, spec: EncoderSpec, hash: str) -> None:
        self.backend = backend
        self.spec = spec
        self.hash = hash  # of weights, tokenizer and record: the same hash gives the same vectors
        self.dim = backend.dim  # the length of a vector
        self._folder = folder
        self._torch: TorchBackend | None = None

    @classmethod
    def load(cls, folder: Path, *, training: bool = False, device: str | None = None) -> "Encoder":
        """Load an encoder from a model folder: in torch and float32 for training, else with what serves fastest here.

        Raises ModelError if the folder is no model that can be loaded.
        """
        check_folder(folder)
        spec = read_spec(folder)
        hash = encoder_hash(folder, spec)
        if not training and device is None:
            return cls(folder, chosen(folder, spec, hash), spec, hash)
        from qa_model.torch_backend import TorchBackend

        return cls(folder, TorchBackend.load(folder, spec, training=training, device=device), spec, hash)

    @property
    def torch(self) -> "TorchBackend":
        """The encoder in torch, which is loaded now if something else serves."""
        from qa_model.torch_backend import TorchBackend

        if isinstance(self.backend, TorchBackend):
            return self.backend
        if self._torch is None:
            self._torch = TorchBackend.load(self._folder, self.spec)
        return self._torch

    @property
    def model(self) -> "PreTrainedModel":
        """The transformer in torch."""
        return self.torch.model

    @model.setter
    def model(self, model: "PreTrainedModel") -> None:
        self.torch.model = model

    @property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        """The tokenizer of transformers."""
        return self.torch.tokenizer

    def tokenize(self, texts: Sequence[str], kind: Kind, *, max_tokens: int | None = None) -> "BatchEncoding":
        """Return padded ids and mask, (texts, tokens), on the model's device; the prefix of `kind` goes before."""
        return self.torch.tokenize(texts, self._prefix(kind), max_tokens)

    def forward(self, batch: "BatchEncoding") -> "Tensor":
        """Return unit vectors (texts, dim) in float32; gradients flow unless inference mode is on."""
        from qa_model.torch_backend import pool

        return pool(self.hidden(batch), batch["attention_mask"], self.spec.pooling)

    def hidden(self, batch: "BatchEncoding") -> "Tensor":
        """Return the last hidden states, (texts, tokens, dim), in torch."""
        return self.torch.hidden(batch)

    def encode(
        self, texts: Sequence[str], kind: Kind, *, batch_size: int = 32, progress: Progress | None = None
    ) -> Vectors:
        """Return the unit vectors of the texts, (texts, dim); texts of like length share a batch, to pad little."""
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for rows, states in self._read(texts, kind, batch_size, progress):
            vectors[rows] = states.pooled(self.spec.pooling)
        return vectors

    def encode_tokens(
        self, texts: Sequence[str], kind: Kind, *, batch_size: int = 32, progress: Progress | None = None
    ) -> tuple[Vectors, list[Tokens]]:
        """Return the unit vectors of the texts, (texts, dim), and each text's tokens."""
        return self._encode_tokens(texts, kind, batch_size, progress, inner=False)[:2]

    def encode_inner(
        self, texts: Sequence[str], kind: Kind, *, batch_size: int = 32
    ) -> tuple[Vectors, list[Tokens], Vectors]:
        """Return what `encode_tokens` does, and the mean of each text's inner states, (texts, 2 dim)."""
        return self._encode_tokens(texts, kind, batch_size, None, inner=True)

    def _encode_tokens(
        self, texts: Sequence[str], kind: Kind, size: int, progress: Progress | None, *, inner: bool
    ) -> tuple[Vectors, list[Tokens], Vectors]:
        widths = (self.dim, 2 * self.dim if inner else 0)
        vectors, means = (np.zeros((len(texts), width), np.float32) for width in widths)
        tokens = [Tokens.none(self.dim)] * len(texts)
        for rows, states in self._read(texts, kind, size, progress, inner=inner):
            vectors[rows] = states.pooled(self.spec.pooling)
            if inner:
                means[rows] = states.inner_means()
            for row, own in zip(rows, states.tokens(), strict=True):
                tokens[row] = own
        return vectors, tokens, means

    def _read(
        self, texts: Sequence[str], kind: Kind, size: int, progress: Progress | None, *, inner: bool = False
    ) -> Iterator[tuple[list[int], States]]:
        """Yield the states of the texts batch by batch, with the numbers of the texts."""
        for rows in batches(texts, size, progress):
            yield rows, self.backend.states([texts[i] for i in rows], self._prefix(kind), inner=inner)

    def pieces(self, text: str) -> list[int]:
        """Return the tokens of a whole text, without prefix and marks."""
        return self.backend.pieces(text)

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return self.backend.vocabulary

    def known_share(self, text: str) -> float:
        """Return the share of the text's tokens that the tokenizer knows, 1.0 for a text without tokens."""
        ids = self.pieces(text)[: self.spec.max_tokens]
        return 1.0 - ids.count(self.backend.unknown) / len(ids) if ids else 1.0  # type: ignore[arg-type]

    def save(self, folder: Path, state: dict[str, Any] | None = None) -> None:
        """Write model, tokenizer and record, so that `load` and `SentenceTransformer` read them."""
        self.model.save_pretrained(folder, state_dict=state)
        self.tokenizer.save_pretrained(folder)
        write_spec(folder, self.spec, self.dim)

    def _prefix(self, kind: Kind) -> str:
        return self.spec.query_prefix if kind == "query" else self.spec.passage_prefix
