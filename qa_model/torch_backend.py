"""An encoder in torch and transformers: what trains, and what serves where nothing else is faster or fits."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, BatchEncoding, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from qa_model.base import EncoderSpec, ModelError, Pooling
from qa_model.states import States, middle

transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


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


class TorchBackend:
    """A pretrained transformer with its tokenizer."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, spec: EncoderSpec) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.spec = spec
        self.dim = int(model.config.hidden_size)
        if tokenizer.pad_token is None:
            # Any token will do, the mask hides it.
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
        tokenizer.padding_side = "right"

    @classmethod
    def load(
        cls, folder: Path, spec: EncoderSpec, *, training: bool = False, device: str | None = None
    ) -> "TorchBackend":
        """Load a model folder, in bfloat16 where the device has it, in float32 for training.

        Raises ModelError if the folder is no model that can be loaded.
        """
        place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        dtype = torch.bfloat16 if has_bf16(place) and not training else torch.float32
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            model = AutoModel.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=dtype
            )
        except Exception as error:  # the library raises whatever the damaged part raises
            raise ModelError(f"{folder}: cannot be loaded ({type(error).__name__}: {error})") from error
        return cls(model.to(place).eval(), tokenizer, spec)

    @property
    def name(self) -> str:
        """What serves, as people read it."""
        return "torch bf16" if self.model.dtype == torch.bfloat16 else "torch"

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return len(self.tokenizer)

    @property
    def unknown(self) -> int | None:
        """The token of what the tokenizer does not know, None if it knows everything."""
        unknown: int | None = self.tokenizer.unk_token_id
        return unknown

    def tokenize(self, texts: Sequence[str], prefix: str = "", limit: int | None = None) -> BatchEncoding:
        """Return padded ids and mask, (texts, tokens), on the model's device; the prefix goes before each text."""
        batch = self.tokenizer(
            [prefix + text for text in texts],
            padding=True,
            truncation=True,
            max_length=min(limit or self.spec.max_tokens, self.spec.max_tokens),
            return_special_tokens_mask=True,
            return_tensors="pt",
        )
        placed: BatchEncoding = batch.to(self.model.device)
        return placed

    def hidden(self, batch: BatchEncoding) -> Tensor:
        """Return the last hidden states, (texts, tokens, dim)."""
        return self._layers(batch)[0]

    def _layers(self, batch: BatchEncoding, *, inner: bool = False) -> list[Tensor]:
        """Return the last hidden states, and the inner ones if asked, (texts, tokens, dim) each."""
        told = self.model(**{n: batch[n] for n in ("input_ids", "attention_mask")}, output_hidden_states=inner)
        own = [told.hidden_states[i] for i in (0, middle(len(told.hidden_states) - 1))] if inner else []
        return [told.last_hidden_state, *own]

    def states(self, texts: Sequence[str], prefix: str = "", *, inner: bool = False) -> States:
        """Return the states of the texts' tokens, without padding; with inner ones if asked."""
        batch = self.tokenize(texts, prefix)
        mask = batch["attention_mask"].bool()
        if not mask.shape[1]:  # texts without a token, of a tokenizer without marks
            return States.none(len(texts), self.dim)
        with torch.inference_mode():
            hidden, *deeper = (states[mask].float().cpu().numpy() for states in self._layers(batch, inner=inner))
        own = ~batch["special_tokens_mask"].bool().cpu().numpy()
        if prefix and batch.encodings:  # which a tokenizer without offsets does not give
            own &= np.array([[end > len(prefix) for _, end in encoding.offsets] for encoding in batch.encodings])
        packed = mask.cpu().numpy()
        ids = batch["input_ids"].cpu().numpy()[packed].astype(np.int32)
        return States(ids, hidden, own[packed], packed.sum(1), np.concatenate(deeper, 1) if inner else None)

    def pieces(self, text: str) -> list[int]:
        """Return the tokens of a whole text, without marks."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False, verbose=False).input_ids
        return ids
