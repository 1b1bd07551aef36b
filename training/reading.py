"""How texts are read in training: each is tokenised once, and goes once through the layers that stay as they are.

What these lower layers give for a text is kept, so that an epoch runs the layers above alone, forward and back.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from qa_model.encoder import Encoder, Kind
from qa_model.torch_backend import pool
from training.speed import Work

MAX_TOKENS = 128  # of a text that training reads
STILL = 2 / 3  # of the layers, from below, and the embeddings: as good on a course FAQ, at a third of the work
MAX_KEPT = 2**28  # numbers that are kept of all texts: 1 GiB
BUILT_AS_BERT = ("bert", "camembert", "roberta", "xlm-roberta")  # embeddings, then layers, and nothing more


class Reader:
    """Reads texts of one kind with an encoder in training, whose lower layers stay as they are.

    `freeze` False trains all; so does a model that is not built as BERT is. `work` counts what is learned from.
    """

    def __init__(self, encoder: Encoder, kind: Kind, work: Work, *, freeze: bool = True) -> None:
        self._encoder, self._kind, self._work = encoder, kind, work
        self._model = cast(Any, encoder.model)  # itself, whatever wraps it later; it has what models have as BERT has
        self._ids: dict[str, Tensor] = {}
        self._kept: dict[str, Tensor] = {}
        self._room = MAX_KEPT
        self._parts: tuple[nn.ModuleList, nn.ModuleList] | None = None
        self._trained = self._model.num_parameters(exclude_embeddings=True)
        if freeze and self._model.config.model_type in BUILT_AS_BERT:
            layers = list(self._model.encoder.layer)
            lowest = round(len(layers) * STILL)
            lower, upper = nn.ModuleList(layers[:lowest]), nn.ModuleList(layers[lowest:])
            for still in (self._model.embeddings, lower):
                still.requires_grad_(False)
            self._parts, self._trained = (lower, upper), sum(w.numel() for w in upper.parameters())

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Return unit vectors (texts, dim) in float32; gradients flow unless inference mode is on."""
        self._tokenize(texts)
        mask = self._mask(texts)
        if torch.is_grad_enabled():
            self._count(mask)
        if self._parts is None:
            ids = self._padded([self._ids[text] for text in texts])
            states = self._encoder.model(input_ids=ids, attention_mask=mask).last_hidden_state
        else:
            hidden = self._padded(self._below(texts))
            with self._only(_Given(), self._parts[1]):
                states = self._encoder.model(inputs_embeds=hidden, attention_mask=mask).last_hidden_state
        return pool(states, mask, self._encoder.spec.pooling)

    def lengths(self, texts: Sequence[str]) -> dict[str, int]:
        """Return how many tokens of each text are read."""
        self._tokenize(texts)
        return {text: len(self._ids[text]) for text in texts}

    def _below(self, texts: Sequence[str]) -> list[Tensor]:
        """Return for each text what the lower layers give, (tokens, dim), kept from before as far as there is room."""
        missing = list(dict.fromkeys(text for text in texts if text not in self._kept))
        found = dict(zip(missing, self._lower(missing), strict=True)) if missing else {}
        for text, states in found.items():
            if states.numel() <= self._room:
                self._kept[text] = states
                self._room -= states.numel()
        return [found[text] if text in found else self._kept[text] for text in texts]

    @torch.no_grad()
    def _lower(self, texts: Sequence[str]) -> list[Tensor]:
        """Read texts with the lower layers, without dropout: with it, what is kept would lack the same all along."""
        assert self._parts is not None
        lower, embeddings, mask = self._parts[0], self._model.embeddings, self._mask(texts)
        for still in (embeddings, lower):
            still.train(False)
        with self._only(embeddings, lower):
            ids = self._padded([self._ids[text] for text in texts])
            states = self._model(input_ids=ids, attention_mask=mask).last_hidden_state
        return [own[: len(self._ids[text])].float().cpu().clone() for text, own in zip(texts, states, strict=True)]

    @contextmanager
    def _only(self, embeddings: nn.Module, layers: nn.ModuleList) -> Iterator[None]:
        """Let the model be these parts alone; its parameters are the same ones for whoever else knows them."""
        model, whole = self._model, (self._model.embeddings, self._model.encoder.layer)
        model.embeddings, model.encoder.layer = embeddings, layers
        try:
            yield
        finally:
            model.embeddings, model.encoder.layer = whole

    def _tokenize(self, texts: Sequence[str]) -> None:
        """Tokenise what was not seen before."""
        spec, new = self._encoder.spec, [text for text in dict.fromkeys(texts) if text not in self._ids]
        if new:
            prefix = spec.query_prefix if self._kind == "query" else spec.passage_prefix
            limit = min(MAX_TOKENS, spec.max_tokens)
            found = self._encoder.tokenizer([prefix + text for text in new], truncation=True, max_length=limit)
            self._ids |= {text: torch.tensor(ids) for text, ids in zip(new, found.input_ids, strict=True)}

    def _mask(self, texts: Sequence[str]) -> Tensor:
        """Return which places, (texts, tokens), hold a token."""
        lengths = torch.tensor([len(self._ids[text]) for text in texts])
        mask = torch.arange(int(lengths.max())).unsqueeze(0) < lengths.unsqueeze(1)
        return mask.long().to(self._model.device)

    def _padded(self, rows: list[Tensor]) -> Tensor:
        return pad_sequence(rows, batch_first=True).to(self._model.device)

    def _count(self, mask: Tensor) -> None:
        tokens = int(mask.sum())
        self._work.tokens += tokens
        self._work.places += mask.numel()
        self._work.flops += 6.0 * self._trained * tokens


class _Given(nn.Module):
    """Stands for the embeddings: what is given has been embedded."""

    def forward(self, inputs_embeds: Tensor, **_: object) -> Tensor:
        """Return what is given."""
        return inputs_embeds
