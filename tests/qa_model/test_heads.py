"""What heads share: vectors of texts of any length, and weights in a bundle's folder."""

from pathlib import Path

import numpy as np
import pytest
import torch

from qa_model.base import ModelError
from qa_model.encoder import Encoder
from qa_model.heads import WEIGHTS, encode, load_weights, read, save_weights

SHORT = ["babel q0", "dedor", "gogam q1 ?"]


def test_a_short_text_has_the_vector_that_the_encoder_gives_it(encoder: Encoder) -> None:
    assert np.allclose(encode(encoder, SHORT), encoder.encode(SHORT, "query"), atol=2e-2)


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_nothing_of_a_long_text_goes_unread(request: pytest.FixtureRequest, kind: str) -> None:
    own = Encoder.load(request.getfixturevalue(kind))
    start = "ba de fi go " * 100
    one, other = encode(own, [f"{start} hu ka", f"{start} vo zu"])
    assert float(np.linalg.norm(one)) == pytest.approx(1, abs=1e-3)
    assert not np.allclose(one, other, atol=1e-4)


def test_the_vector_of_a_text_does_not_depend_on_its_batch(encoder: Encoder) -> None:
    texts = [*SHORT, "ba de fi go " * 300]
    together, alone = encode(encoder, texts), [encode(encoder, [text])[0] for text in texts]
    assert np.allclose(together, alone, atol=2e-2)


def test_in_training_some_windows_of_each_text_are_drawn_and_gradients_flow(bert: Path) -> None:
    encoder = Encoder.load(bert, training=True)
    texts = ["ba de fi go " * 100 + "zu vo " * 100, "babel"]
    torch.manual_seed(0)
    drawn = [read(encoder, texts, most=1) for _ in range(3)]
    assert not all(torch.allclose(drawn[0][0], other[0]) for other in drawn[1:])
    assert torch.allclose(drawn[0][1], drawn[1][1], atol=1e-5)
    drawn[0].sum().backward()  # type: ignore[no-untyped-call]
    assert any(weight.grad is not None and bool(weight.grad.any()) for weight in encoder.model.parameters())


def test_a_vector_as_pooled_keeps_its_length(encoder: Encoder) -> None:
    pooled, unit = encode(encoder, SHORT, unit=False), encode(encoder, SHORT)
    lengths = np.linalg.norm(pooled, axis=1, keepdims=True)
    assert not np.allclose(lengths, 1, atol=0.1)
    assert np.allclose(pooled / lengths, unit, atol=2e-2)


def test_an_empty_text_has_a_vector(gpt: Path) -> None:
    assert np.isfinite(encode(Encoder.load(gpt), ["", "a"])).all()
    assert encode(Encoder.load(gpt), [""]).shape == (1, 32)


def test_weights_come_back_as_they_were_and_what_is_missing_is_named(tmp_path: Path) -> None:
    weights = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3), "bias": np.zeros(2, np.float32)}
    save_weights(tmp_path, weights)
    found = load_weights(tmp_path, ["weight", "bias"])
    assert all(np.array_equal(found[name], value) for name, value in weights.items())
    with pytest.raises(ModelError, match="has no cuts"):
        load_weights(tmp_path, ["cuts"])
    (tmp_path / WEIGHTS).write_bytes(b"{}")
    with pytest.raises(ModelError, match="cannot be read"):
        load_weights(tmp_path, ["weight"])
