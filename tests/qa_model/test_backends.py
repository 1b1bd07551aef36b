"""ONNX Runtime gives the vectors of torch, serves where it is faster, and leaves the rest to torch."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tiny
from transformers import BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

from qa_model import backends
from qa_model.backends import Verdict, check, chosen, kept
from qa_model.base import DEFAULT_BASE, EncoderSpec, ModelError, read_spec, resolve
from qa_model.encoder import Encoder
from qa_model.onnx_backend import OnnxBackend
from qa_model.onnx_graph import NotWritable
from qa_model.torch_backend import TorchBackend

TEXTS = ["babel q0", "", "dedor question? fifin", "x", "什么 ba", "gogam huhax kajol lekur " * 40]
HASH = "0123456789abcdef"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is told and nothing is known."""
    monkeypatch.delenv("TUTOR_BACKEND", raising=False)
    monkeypatch.setenv("TUTOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "backends"


def same(folder: Path, texts: list[str], prefix: str = "") -> None:
    """Compare everything that both backends say of the texts."""
    spec = read_spec(folder)
    ours, theirs = OnnxBackend(folder, spec), TorchBackend.load(folder, spec, training=True)
    one, other = ours.states(texts, prefix, inner=True), theirs.states(texts, prefix, inner=True)
    assert one.ids.tolist() == other.ids.tolist()
    assert one.own.tolist() == other.own.tolist()
    assert one.lengths.tolist() == other.lengths.tolist()
    assert np.allclose(one.hidden, other.hidden, atol=2e-4)
    assert np.allclose(one.inner_means(), other.inner_means(), atol=2e-4)
    assert one.inner_means().shape == (len(texts), 2 * ours.dim)
    assert np.allclose(ours.states(texts, prefix).hidden, one.hidden, atol=1e-6)
    assert [ours.pieces(text) for text in texts] == [theirs.pieces(text) for text in texts]
    assert (ours.vocabulary, ours.unknown, ours.dim) == (theirs.vocabulary, theirs.unknown, theirs.dim)


@pytest.mark.parametrize("prefix", ["", "query: "])
def test_both_backends_say_the_same_of_every_token(bert: Path, prefix: str) -> None:
    same(bert, TEXTS, prefix)
    same(bert, [""], prefix)


def test_both_backends_say_the_same_with_the_real_base() -> None:
    same(resolve(DEFAULT_BASE), ["What is a learning rate?", "", "Overfitting " * 300, "naïve Ünïcode 学习率"])


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_a_model_of_roberta_counts_its_positions_on_from_the_padding(bert: Path, tmp_path: Path, layers: int) -> None:
    shutil.copytree(bert, tmp_path / "roberta")
    plain = BertModel.from_pretrained(bert).config
    names = ("vocab_size", "hidden_size", "num_attention_heads", "intermediate_size")
    own = {name: getattr(plain, name) for name in names} | {"num_hidden_layers": layers}
    config = XLMRobertaConfig(**own, max_position_embeddings=300, pad_token_id=0, initializer_range=0.2)
    XLMRobertaModel(config).save_pretrained(tmp_path / "roberta")
    same(tmp_path / "roberta", TEXTS)


def test_the_first_start_measures_and_the_next_finds_the_verdict(bert: Path, cache: Path) -> None:
    spec = read_spec(bert)
    assert kept(bert, HASH) is None
    chosen(bert, spec, HASH)
    verdict = kept(bert, HASH)
    assert verdict is not None
    assert verdict.ms is not None
    assert set(verdict.ms) == {"torch", "onnx"} or "torch bf16" in verdict.ms
    assert (verdict.worst_cosine, verdict.changed) == (pytest.approx(1, abs=1e-4), 0)
    written = next(cache.iterdir()).read_text(encoding="utf-8")
    chosen(bert, spec, HASH)
    assert next(cache.iterdir()).read_text(encoding="utf-8") == written


@pytest.mark.parametrize("name", backends.NAMES)
def test_the_verdict_decides_what_serves(bert: Path, name: str) -> None:
    backends._keep(bert, HASH, Verdict(name))
    assert chosen(bert, read_spec(bert), HASH).name.split()[0] == name


def test_what_is_set_decides_whatever_the_verdict_says(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backends._keep(bert, HASH, Verdict("onnx"))
    monkeypatch.setenv("TUTOR_BACKEND", "torch")
    assert isinstance(chosen(bert, read_spec(bert), HASH), TorchBackend)
    monkeypatch.setenv("TUTOR_BACKEND", "tpu")
    with pytest.raises(ModelError, match="'tpu' is no backend; it is one of torch, onnx"):
        chosen(bert, read_spec(bert), HASH)


@pytest.mark.parametrize("harm", ["{", "[]", json.dumps({"machine": "another", "verdict": {"name": "torch"}})])
def test_a_verdict_that_is_damaged_or_of_another_machine_is_found_anew(bert: Path, cache: Path, harm: str) -> None:
    check(bert, read_spec(bert), HASH)
    next(cache.iterdir()).write_text(harm, encoding="utf-8")
    assert kept(bert, HASH) is None
    chosen(bert, read_spec(bert), HASH)
    assert kept(bert, HASH) is not None


def test_where_no_verdict_can_be_kept_the_model_serves_all_the_same(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TUTOR_CACHE", str(tmp_path / "file"))
    assert chosen(bert, read_spec(bert), HASH).dim == tiny.DIM


def test_what_onnx_cannot_write_stays_on_torch_and_says_why(gpt: Path) -> None:
    verdict = check(gpt, read_spec(gpt), HASH)
    assert (verdict.name, verdict.reason) == ("torch", "a model of type gpt2 is not BERT-like")
    assert isinstance(chosen(gpt, read_spec(gpt), HASH), TorchBackend)


@pytest.mark.parametrize(
    ("told", "reason"), [({"hidden_act": "relu"}, "unusual form"), ({"hidden_size": 64}, "those of its configuration")]
)
def test_another_form_is_refused(bert: Path, tmp_path: Path, told: dict[str, object], reason: str) -> None:
    shutil.copytree(bert, tmp_path / "other")
    path = tmp_path / "other" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | told), encoding="utf-8")
    with pytest.raises(NotWritable, match=reason):
        OnnxBackend(path.parent, read_spec(bert))


def test_weights_of_sixteen_bits_and_missing_layers_are_refused(bert: Path, tmp_path: Path) -> None:
    for folder, change in (("half", BertModel.half), ("short", lambda model: model)):
        shutil.copytree(bert, tmp_path / folder)
        change(BertModel.from_pretrained(bert)).save_pretrained(tmp_path / folder)
    with pytest.raises(NotWritable, match="float32"):
        OnnxBackend(tmp_path / "half", read_spec(bert))
    config = BertConfig.from_pretrained(bert, num_hidden_layers=3)
    config.save_pretrained(tmp_path / "short")
    with pytest.raises(NotWritable, match=r"encoder\.layer\.2"):
        OnnxBackend(tmp_path / "short", read_spec(bert))


def test_a_ranking_counts_as_changed_only_beyond_rounding() -> None:
    expected = np.array([[0.9, 0.8, 0.1], [0.5, 0.5 + 1e-7, 0.1]], np.float32)
    assert backends._changed(expected, expected) == 0
    assert backends._changed(expected, expected[:, [1, 0, 2]]) == 1


def test_an_encoder_that_serves_by_onnx_still_has_its_model_for_training(
    bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUTOR_BACKEND", "onnx")
    encoder = Encoder.load(bert)
    assert encoder.backend.name == "onnx"
    vectors = encoder.forward(encoder.tokenize(["babel q0"], "query")).detach().numpy()
    assert np.allclose(vectors, encoder.encode(["babel q0"], "query"), atol=1e-2)
    assert isinstance(Encoder.load(bert, training=True).backend, TorchBackend)


def test_a_prefix_longer_than_the_text_leaves_no_token(tmp_path: Path) -> None:
    folder = tiny.bert(tmp_path / "p", EncoderSpec("cls", "query: ", "passage: "))
    backend = OnnxBackend(folder, read_spec(folder))
    assert not backend.states(["", " "], "query: ").own.any()


def test_a_course_is_checked_on_a_sample_of_its_own_texts(bert: Path, cache: Path) -> None:
    verdict = backends.check_course(bert, [f"ba {i}" for i in range(450)], [f"de {i}" for i in range(450)])
    assert (verdict.questions, verdict.changed) == (150, 0)
    assert backends.check_course(bert, [], []).questions == len(backends.TEXTS)
