"""Late interaction over packed passages is that over the vectors themselves, but for what packing loses."""

import numpy as np
import pytest

from qa_model.late import Held, Packed, highest
from qa_model.states import unit


def test_the_highest_cosine_of_each_token_is_found_in_each_passage() -> None:
    rng = np.random.default_rng(0)
    passages = [unit(rng.standard_normal((n, 32)).astype(np.float32)) for n in (1, 7, 120)]
    tokens = unit(rng.standard_normal((5, 32)).astype(np.float32))
    found = highest(tokens, [Packed.of(own) for own in passages])
    assert found.shape == (5, 3)
    assert found == pytest.approx(np.stack([(tokens @ own.T).max(1) for own in passages], axis=1), abs=0.02)


def test_what_was_written_is_read_back() -> None:
    packed = Packed.of(unit(np.random.default_rng(1).standard_normal((9, 16)).astype(np.float32)))
    again = Packed.read(packed.written())
    assert again.codes.tolist() == packed.codes.tolist()
    assert again.whole() == pytest.approx(packed.whole(), rel=1e-6)


def test_what_was_used_longest_ago_is_let_go() -> None:
    own, held = Packed.of(np.ones((1, 2), np.float32)), Held(4)
    held.keep("e", {"a": own, "b": own})
    held.keep("e", {"a": own})
    held.keep("e", {"c": own})
    assert [held.get("e", text) is not None for text in "abc"] == [True, False, True]
    assert held.get("another", "a") is None
