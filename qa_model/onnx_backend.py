"""A BERT-like encoder in ONNX Runtime: it needs neither torch nor transformers, so that it also starts quickly."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Encoding, Tokenizer

from qa_model.base import EncoderSpec
from qa_model.onnx_graph import NotWritable, Shape, read_weights, write_graph
from qa_model.states import States

Lengths = npt.NDArray[np.int_]


class OnnxBackend:
    """A session over a model folder, with the tokenizer of `tokenizer.json`."""

    name = "onnx"

    def __init__(self, folder: Path, spec: EncoderSpec) -> None:
        """Map the weights and start the session.

        Raises NotWritable if the model is not of a kind that is known here, any error of ONNX Runtime if it fails.
        """
        shape = Shape.read(folder)
        self._first, self.dim = shape.first_position, shape.dim
        self._tokenizer = _tokenizer(folder, spec)
        self.vocabulary = self._tokenizer.get_vocab_size()
        self.unknown = _unknown(folder, self._tokenizer)
        weights = read_weights(folder)
        graph, names, self._outputs = write_graph(shape, weights)
        # A session reads its weights in place, from what is mapped: they must stay for as long as it does.
        self._values = [onnxruntime.OrtValue.ortvalue_from_numpy(weights[name]) for name in names]
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what fails is raised
        options.intra_op_num_threads = threads()
        # The other threads have work to do: with spinning a lone question is 1 ms sooner, and 60 a second are too many.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.dynamic_block_base", "4")  # who is late does not hold up the other
        options.add_external_initializers(names, self._values)
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def states(self, texts: Sequence[str], prefix: str = "", *, inner: bool = False) -> States:
        """Return the states of the texts' tokens, without padding but in attention; with inner ones if asked."""
        encoded = self._tokenizer.encode_batch([prefix + text for text in texts])
        lengths = np.array([len(one.ids) for one in encoded])
        if not lengths.sum():
            return States.none(len(texts), self.dim)
        ids = np.concatenate([one.ids for one in encoded]).astype(np.int64)
        wanted = self._outputs if inner else self._outputs[:1]
        given = {"ids": ids, **_places(lengths[lengths > 0], self._first)}
        hidden, *deeper = self._session.run(wanted, given)
        own = np.concatenate([_own(one, len(prefix)) for one in encoded])
        return States(ids.astype(np.int32), hidden, own, lengths, np.concatenate(deeper, 1) if inner else None)

    def pieces(self, text: str) -> list[int]:
        """Return the tokens of a whole text, without marks."""
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        return [i for part in (encoded, *encoded.overflowing) for i in part.ids]


def threads() -> int:
    """Return on how many threads a question is computed: OMP_NUM_THREADS, which torch heeds too, else all cores."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdigit() and int(told) else len(os.sched_getaffinity(0))


def _tokenizer(folder: Path, spec: EncoderSpec) -> Tokenizer:
    if not (folder / "tokenizer.json").is_file():
        raise NotWritable("it has no tokenizer.json")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(spec.max_tokens)
    return tokenizer


def _unknown(folder: Path, tokenizer: Tokenizer) -> int | None:
    path = folder / "tokenizer_config.json"
    told = json.loads(path.read_text(encoding="utf-8")).get("unk_token") if path.is_file() else None
    name = told.get("content") if isinstance(told, dict) else told
    found: int | None = tokenizer.token_to_id(name) if isinstance(name, str) else None
    return found


def _own(encoded: Encoding, prefix: int) -> npt.NDArray[np.bool_]:
    """Return which tokens are of the text itself: no mark, nothing of the prefix, which has so many characters."""
    own: npt.NDArray[np.bool_] = np.array(encoded.special_tokens_mask) == 0
    if prefix:
        own &= np.array([end for _, end in encoded.offsets]) > prefix
    return own


def _places(lengths: Lengths, first: int) -> dict[str, npt.NDArray[np.signedinteger]]:
    """Return where tokens that lie one text after the other stand: in their text, in a table of texts, and back."""
    starts = np.cumsum(lengths) - lengths
    columns = np.arange(lengths.max())  # (b, t), as the table
    there = columns < lengths[:, None]
    return {
        "positions": (np.broadcast_to(columns, there.shape)[there] + first).astype(np.int64),
        "pad": np.where(there, starts[:, None] + columns, 0).astype(np.int64),
        "lengths": lengths.astype(np.int32),
        "unpad": np.flatnonzero(there).astype(np.int64),
    }
