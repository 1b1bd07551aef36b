"""Late interaction over packed passages is that over the vectors themselves, but for what packing loses."""

import numpy as np
import pytest

from qa_model.late import Packed, highest
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
