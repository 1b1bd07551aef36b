"""The encoder gives one unit vector for a text, whatever shares its batch, and saves what others can load."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from torch.nn.functional import normalize

from qa_model.base import DEFAULT_BASE, EncoderSpec, ModelError, Pooling, resolve
from qa_model.encoder import Encoder, Vectors
from qa_model.torch_backend import TorchBackend, pool

TEXTS = ["babel q0", "dedor question?", "x", "fifin gogam huhax kajol lekur", "", "12 mi no"]
POOLINGS: list[Pooling] = ["mean", "cls", "last"]


def cosines(one: Vectors, other: Vectors) -> Vectors:
    both: Vectors = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    return both


def like(one: Vectors, other: Vectors) -> bool:
    return bool((cosines(one, other) > 0.999).all())


@pytest.fixture(scope="module", params=["bert", "gpt"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return Encoder.load(request.getfixturevalue(request.param))


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_pooling_agrees_with_a_hand_computation(pooling: Pooling, left: bool) -> None:
    real = torch.tensor([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0]])  # (tokens, dim)
    padding = torch.full((2, 2), 9.0)
    hidden = torch.cat([padding, real] if left else [real, padding]).unsqueeze(0)
    mask = torch.tensor([[0, 0, 1, 1, 1] if left else [1, 1, 1, 0, 0]])
    first = padding[0] if left else real[0]  # the first place: with CLS pooling, padding belongs on the right
    expected = {"mean": real.mean(0), "cls": first, "last": real[2]}[pooling]
    assert torch.allclose(pool(hidden, mask, pooling), normalize(expected, dim=0).unsqueeze(0))


def test_pooling_of_a_row_without_tokens_is_finite() -> None:
    for pooling in POOLINGS:
        assert torch.isfinite(pool(torch.zeros(1, 3, 4), torch.zeros(1, 3, dtype=torch.long), pooling)).all()


def test_vectors_are_of_unit_length_and_of_the_model_width(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS[:4], "query")
    assert vectors.shape == (4, tiny.DIM) == (4, encoder.dim)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_neither_order_nor_company_changes_a_vector(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.encode([text], "query") for text in TEXTS[:4]])
    together = encoder.encode([*TEXTS[:4], "a much longer text that makes the others wait " * 3], "query")[:4]
    turned = encoder.encode(TEXTS[:4][::-1], "query", batch_size=3)[::-1]
    assert like(alone, together)
    assert like(alone, turned)


def test_the_tokenizer_pads_on_the_right_even_if_its_record_says_left(bert: Path) -> None:
    loaded = Encoder.load(bert)
    loaded.tokenizer.padding_side = "left"
    again = TorchBackend(loaded.model, loaded.tokenizer, loaded.spec)
    assert again.tokenize(["x", "a b c"])["attention_mask"][0].tolist() == [1, 1, 1, 0, 0]


def test_a_tokenizer_without_pad_token_gets_one_that_no_vector_shows(gpt: Path) -> None:
    encoder = Encoder.load(gpt)
    assert encoder.tokenizer.pad_token == encoder.tokenizer.eos_token
    assert like(encoder.encode(["ba", "ba de fi go"], "query")[:1], encoder.encode(["ba"], "query"))


def test_a_tokenizer_with_neither_pad_nor_end_pads_all_the_same(gpt: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(gpt, folder)
    config = folder / "tokenizer_config.json"
    config.write_text(config.read_text(encoding="utf-8").replace('"eos_token"', '"unused"'), encoding="utf-8")
    encoder = Encoder.load(folder)
    assert like(encoder.encode(["ba", "ba de fi go"], "query")[:1], Encoder.load(gpt).encode(["ba"], "query"))


def test_texts_and_no_texts_give_rows(encoder: Encoder) -> None:
    assert encoder.encode([], "query").shape == (0, tiny.DIM)
    assert np.isfinite(encoder.encode(["", " ", "\0", "🙂"], "query")).all()


def test_the_prefix_of_the_kind_goes_before_the_text(bert: Path, tmp_path: Path) -> None:
    prefixed = Encoder.load(tiny.bert(tmp_path / "p", EncoderSpec("mean", "query: ", "passage: ")))
    plain = Encoder.load(bert)
    assert like(prefixed.encode(["ba"], "query"), plain.encode(["query: ba"], "query"))
    assert like(prefixed.encode(["ba"], "passage"), plain.encode(["passage: ba"], "passage"))
    assert not like(prefixed.encode(["ba"], "query"), prefixed.encode(["ba"], "passage"))


def test_a_long_text_is_cut_at_the_limit(encoder: Encoder) -> None:
    long = "ba de fi " * 400
    assert encoder.tokenize([long], "query")["input_ids"].shape == (1, tiny.MAX_POSITIONS)
    assert encoder.tokenize([long], "query", max_tokens=10)["input_ids"].shape == (1, 10)
    assert encoder.tokenize([long], "query", max_tokens=500)["input_ids"].shape == (1, tiny.MAX_POSITIONS)
    assert np.isfinite(encoder.encode([long], "query")).all()


def test_progress_sees_every_batch(bert: Path) -> None:
    seen: list[tuple[str, int]] = []

    def progress(parts, label, total):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        seen.append((label, total))
        return parts

    Encoder.load(bert).encode(TEXTS, "query", batch_size=4, progress=progress)
    assert seen == [("embedding", 2)]


def test_the_known_share_tells_what_the_tokenizer_can_read(bert: Path) -> None:
    encoder = Encoder.load(bert)
    assert encoder.known_share("babel q0") == 1.0
    assert encoder.known_share("什么") == 0.0
    assert encoder.known_share("ba 什") == 0.5
    assert encoder.known_share("") == 1.0


def test_the_hash_tells_encoders_apart(bert: Path, gpt: Path, tmp_path: Path) -> None:
    prefixed = tiny.bert(tmp_path / "p", EncoderSpec("mean", "query: "))
    hashes = [Encoder.load(folder).hash for folder in (bert, bert, gpt, prefixed)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


@pytest.mark.parametrize("damaged", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_damaged_file_is_a_model_error(bert: Path, tmp_path: Path, damaged: str) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(bert, folder)
    (folder / damaged).write_bytes(b"{ no")
    with pytest.raises(ModelError, match=str(folder)):
        Encoder.load(folder)


def test_a_bigger_config_than_weights_is_a_model_error(bert: Path, tmp_path: Path) -> None:
    folder = tmp_path / "wrong"
    shutil.copytree(bert, folder)
    config = (folder / "config.json").read_text(encoding="utf-8")
    (folder / "config.json").write_text(config.replace('"hidden_size": 32', '"hidden_size": 64'), encoding="utf-8")
    with pytest.raises(ModelError):
        Encoder.load(folder)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("write", [tiny.bert, tiny.gpt])
def test_sentence_transformers_loads_a_saved_encoder_with_the_same_vectors(
    tmp_path: Path, pooling: Pooling, write: object
) -> None:
    assert callable(write)
    spec = EncoderSpec(pooling, "query: ", "passage: ", 20)
    encoder = Encoder.load(write(tmp_path / "base", spec), training=True)
    saved = tmp_path / "saved"
    saved.mkdir()
    encoder.save(saved)
    assert Encoder.load(saved, training=True).spec == spec
    same_in_both(Encoder.load(saved), saved)


def test_sentence_transformers_loads_the_saved_default_base(tmp_path: Path) -> None:
    encoder = Encoder.load(resolve(DEFAULT_BASE), training=True)
    encoder.save(tmp_path)
    same_in_both(tiny.default_encoder(), tmp_path)
    assert like(Encoder.load(tmp_path).encode(TEXTS, "query"), tiny.default_encoder().encode(TEXTS, "query"))


def same_in_both(encoder: Encoder, folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    other = SentenceTransformer(str(folder), device="cpu")
    texts = ["babel q0", "Dedor question?", "fifin gogam huhax kajol lekur " * 20]
    for kind, prompt in (("query", "query"), ("passage", "document")):
        theirs = other.encode(texts, prompt_name=prompt, convert_to_numpy=True)
        assert like(encoder.encode(texts, kind), theirs)  # type: ignore[arg-type]
        assert np.allclose(np.linalg.norm(theirs, axis=1), 1, atol=1e-3)


def test_bfloat16_for_serving_and_float32_for_training_agree(bert: Path) -> None:
    training = Encoder.load(bert, training=True)
    assert training.model.dtype == torch.float32
    assert like(training.encode(TEXTS, "query"), Encoder.load(bert).encode(TEXTS, "query"))


def test_token_vectors_are_those_of_the_words_alone_and_of_unit_length(encoder: Encoder) -> None:
    vectors, tokens = encoder.encode_tokens(["ba de", "fi"], "query")
    assert like(vectors, encoder.encode(["ba de", "fi"], "query"))
    words = [encoder.tokenizer.tokenize(text) for text in ("ba de", "fi")]
    assert [encoder.tokenizer.convert_ids_to_tokens(own.ids.tolist()) for own in tokens] == words
    assert all(own.ids.dtype == np.int32 and own.vectors.shape == (len(own.ids), tiny.DIM) for own in tokens)
    lengths = np.linalg.norm(np.concatenate([own.vectors for own in tokens]), axis=1)
    assert lengths == pytest.approx(np.ones(len(lengths)), abs=1e-4)


def test_a_text_without_words_has_no_tokens(encoder: Encoder) -> None:
    (tokens,) = encoder.encode_tokens([""], "query")[1]
    assert (tokens.ids.shape, tokens.vectors.shape) == ((0,), (0, tiny.DIM))


@pytest.mark.parametrize("write", [tiny.bert, tiny.gpt])
def test_the_prefix_is_not_among_the_tokens_of_a_text(tmp_path: Path, write: object) -> None:
    assert callable(write)
    plain = Encoder.load(write(tmp_path / "plain", EncoderSpec("mean")))
    prefixed = Encoder.load(write(tmp_path / "prefixed", EncoderSpec("mean", "query: ", "passage: ")))
    texts = ["ba de?", "fi", "", "query: ba"]
    for kind, prefix in (("query", "query: "), ("passage", "passage: ")):
        vectors, tokens = prefixed.encode_tokens(texts, kind)  # type: ignore[arg-type]
        whole = plain.encode_tokens([prefix + text for text in texts], kind)[1]  # type: ignore[arg-type]
        assert like(vectors, plain.encode([prefix + text for text in texts], kind))  # type: ignore[arg-type]
        for text, own, with_prefix in zip(texts, tokens, whole, strict=True):
            said = prefixed.tokenizer.decode(own.ids.tolist()).replace(" ", "").replace("Ġ", "")
            assert said == text.replace(" ", "")
            assert len(own.ids) == 0 or like(own.vectors, with_prefix.vectors[-len(own.ids) :])
