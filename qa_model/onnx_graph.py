"""The graph of a BERT-like encoder for ONNX Runtime, written from its configuration; weights stay in model.safetensors.

Nothing is exported or stored: the graph is a few kilobytes, made at each start, and its weights are those of the
model's own file, mapped into memory. Texts go in without padding, one after the other; only attention sees them side by
side.
Written as bytes of Protocol Buffers (https://protobuf.dev/programming-guides/encoding), by the numbers of onnx.proto3.
"""

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qa_model.states import middle

Weights = Mapping[str, npt.NDArray[np.float32]]

OPSET, MICROSOFT_OPSET, IR_VERSION = 20, 1, 10
MICROSOFT = "com.microsoft"  # the domain of ONNX Runtime's own operators
FLOAT, INT32, INT64 = 1, 6, 7  # TensorProto.DataType
WORDS = "embeddings.word_embeddings.weight"
_PLACES = "embeddings.places"
# Packed tokens (n,), a table of texts (b, t) that says where in them each token stands, and the way back.
_INPUTS = {"ids": (INT64, "n"), "positions": (INT64, "n"), "pad": (INT64, "bt"), "lengths": (INT32, "b")}
_INPUTS["unpad"] = (INT64, "n")


class NotWritable(Exception):
    """A model of a kind whose graph is not known here."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the graph of a model depends on."""

    layers: int
    heads: int
    dim: int
    epsilon: float
    first_position: int  # RoBERTa counts on from its padding token

    @classmethod
    def read(cls, folder: Path) -> "Shape":
        """Read a model's configuration. Raises NotWritable if it is not BERT-like."""
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kind, sort = config.get("model_type"), config.get("position_embedding_type") or "absolute"
        if kind not in ("bert", "roberta", "xlm-roberta"):
            raise NotWritable(f"a model of type {kind} is not BERT-like")
        if config.get("hidden_act") != "gelu" or sort != "absolute" or config.get("is_decoder"):
            raise NotWritable("a BERT-like model of an unusual form")
        first = 0 if kind == "bert" else config.get("pad_token_id", 1) + 1
        sizes = (config["num_hidden_layers"], config["num_attention_heads"], config["hidden_size"])
        return cls(*sizes, config["layer_norm_eps"], first)


def read_weights(folder: Path) -> Weights:
    """Map the weights into memory, by their names in BertModel. Raises NotWritable if they are not all float32."""
    found: dict[str, npt.NDArray[np.float32]] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        data = np.memmap(path, np.uint8, "c", 8 + length)
        for name, told in header.items():
            if name != "__metadata__" and told["dtype"] == "F32":
                start, end = told["data_offsets"]
                found[name] = data[start:end].view(np.float32).reshape(told["shape"])
    whole = next((name for name in found if name.endswith(WORDS)), None)
    if whole is None:
        raise NotWritable("its weights are not in float32")
    before = whole.removesuffix(WORDS)
    weights = {name.removeprefix(before): value for name, value in found.items()}
    kinds = weights["embeddings.token_type_embeddings.weight"][0]
    return weights | {_PLACES: weights["embeddings.position_embeddings.weight"] + kinds}


def write_graph(shape: Shape, weights: Weights) -> tuple[bytes, list[str], list[str]]:
    """Return the model in ONNX, and the names of the weights that it takes from outside and of what it gives.

    It gives the last states, those before the first layer and those of the layer at `middle`, (n, dim) each.
    Raises NotWritable if a weight is missing.
    """
    graph = _Graph()
    graph.node("Gather", [graph.weight(WORDS), "ids"], "words")
    graph.node("Gather", [graph.weight(_PLACES), "positions"], "places")
    graph.node("Add", ["words", "places"], "embedded")
    norm = [graph.weight(f"embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
    states = [graph.node("LayerNormalization", ["embedded", *norm], "layer", epsilon=shape.epsilon)]
    for i in range(shape.layers):
        states.append(_layer(graph, f"encoder.layer.{i}", states[-1], shape))
    missing = [name for name in graph.weights if name not in weights]
    if missing:
        raise NotWritable(f"its weights have no {missing[0]}")
    if weights[WORDS].shape[1] != shape.dim:
        raise NotWritable("its weights are not those of its configuration")
    outputs = [states[i] for i in (-1, 0, middle(shape.layers))]
    return graph.model(weights, dict.fromkeys(outputs), shape.dim), graph.weights, outputs


def _layer(graph: "_Graph", name: str, hidden: str, shape: Shape) -> str:
    """Add one layer of BERT (Devlin et al., 2019) after `hidden`; return the name of what it gives."""

    def linear(part: str, source: str) -> str:
        own = [graph.weight(f"{name}.{part}.{kind}") for kind in ("weight", "bias")]
        return graph.node("Gemm", [source, *own], f"{name}.{part}", transB=1)

    def normed(part: str, kept: str, added: str) -> str:
        own = [graph.weight(f"{name}.{part}.LayerNorm.{kind}") for kind in ("weight", "bias")]
        out = f"{name}.{part}.normed"
        return graph.node("SkipLayerNormalization", [kept, added, *own], out, MICROSOFT, epsilon=shape.epsilon)

    sides = [linear(f"attention.self.{side}", hidden) for side in ("query", "key", "value")]
    padded = [graph.node("Gather", [side, "pad"], f"{side}.padded") for side in sides]
    mixed = f"{name}.mixed"
    graph.node("MultiHeadAttention", [*padded, "", "lengths"], mixed, MICROSOFT, num_heads=shape.heads)
    graph.node("Reshape", [mixed, graph.rows(shape.dim)], f"{mixed}.flat")
    graph.node("Gather", [f"{mixed}.flat", "unpad"], f"{mixed}.packed")
    seen = normed("attention.output", hidden, linear("attention.output.dense", f"{mixed}.packed"))
    inner = graph.node("Gelu", [linear("intermediate.dense", seen)], f"{name}.inner")
    return normed("output", seen, linear("output.dense", inner))


@dataclass(slots=True)
class _Graph:
    """A graph that grows node by node."""

    nodes: list[bytes] = field(default_factory=list)
    weights: list[str] = field(default_factory=list)

    def weight(self, name: str) -> str:
        self.weights.append(name)
        return name

    def rows(self, dim: int) -> str:
        """Return the name of the constant by which states lie one under the other, (-1, dim)."""
        out = f"rows.{len(self.nodes)}"
        value = _bytes(1, _ints([2])) + _number(2, INT64) + _bytes(9, struct.pack("<2q", -1, dim))
        attribute = _text(1, "value") + _bytes(5, value) + _number(20, 4)
        self.nodes.append(_text(2, out) + _text(4, "Constant") + _bytes(5, attribute))
        return out

    def node(self, kind: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: float) -> str:
        parts = [_text(1, name) for name in inputs] + [_text(2, output), _text(4, kind), _text(7, domain)]
        self.nodes.append(b"".join(parts + [_bytes(5, _attribute(*told)) for told in attributes.items()]))
        return output

    def model(self, weights: Weights, outputs: Iterable[str], dim: int) -> bytes:
        """Return ModelProto."""
        parts = [_bytes(1, node) for node in self.nodes] + [_text(2, "encoder")]
        parts += [_bytes(5, _outside(name, weights[name].shape)) for name in self.weights]
        parts += [_bytes(11, _value(name, kind, list(axes))) for name, (kind, axes) in _INPUTS.items()]
        graph = b"".join(parts + [_bytes(12, _value(output, FLOAT, ["n", dim])) for output in outputs])
        opsets = [_number(2, OPSET), _text(1, MICROSOFT) + _number(2, MICROSOFT_OPSET)]
        return _number(1, IR_VERSION) + _bytes(7, graph) + b"".join(_bytes(8, opset) for opset in opsets)


def _outside(name: str, dims: Sequence[int]) -> bytes:
    """Return the TensorProto of a weight whose values are given to the session from outside."""
    location = _bytes(13, _text(1, "location") + _text(2, "model.safetensors"))
    return _bytes(1, _ints(dims)) + _number(2, FLOAT) + _text(8, name) + location + _number(14, 1)


def _value(name: str, kind: int, axes: Sequence[str | int]) -> bytes:
    """Return ValueInfoProto: name, type of numbers, and axes by name or length."""
    dims = [_text(2, axis) if isinstance(axis, str) else _number(1, axis) for axis in axes]
    shape = b"".join(_bytes(1, dim) for dim in dims)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, 2)
    return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)


def _ints(values: Sequence[int]) -> bytes:
    return b"".join(map(_varint, values))


def _number(place: int, value: int) -> bytes:
    return _varint(place << 3) + _varint(value)


def _text(place: int, value: str) -> bytes:
    return _bytes(place, value.encode())


def _bytes(place: int, value: bytes) -> bytes:
    return _varint(place << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Return a number that is not negative, seven bits a byte, the lowest first."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
