"""Cosines read as bytes are off by no more than is said, and read again they are those of float32."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_model.encoder import Vectors
from qa_model.matrix import MANY, PIECE, Asked, Coded, Matrix, leading, starts_of

DIM = 48


def units(rng: np.random.Generator, n: int) -> Vectors:
    vectors = rng.standard_normal((n, DIM), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def made(seed: int, entries: int = 300, *, large: bool, off: float = 0.1) -> Matrix:
    """Return a matrix in which every entry has one to three vectors and some have none."""
    rng = np.random.default_rng(seed)
    grouped = [range(n) for n in rng.integers(1, 4, entries)]
    starts = starts_of(grouped)
    vectors = units(rng, sum(map(len, grouped)))
    vectors[starts[::7]] = 0.0
    discount = np.zeros(len(vectors), np.float32)
    discount[starts] = off
    return Matrix(vectors, starts, discount, large=large)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.1]), st.sampled_from([1, 3, MANY]))
@settings(max_examples=25, deadline=None)
def test_bytes_are_off_by_no_more_than_they_say(seed: int, off: float, questions: int) -> None:
    small, large = (made(seed, large=size, off=off) for size in (False, True))
    asked = Asked.of(units(np.random.default_rng(seed + 1), questions))
    assert small.error == 0 < large.error < 0.1
    assert np.abs(small.highest(asked) - large.highest(asked)).max() <= large.error


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=25, deadline=None)
def test_what_is_read_again_is_as_in_float32(seed: int, large: bool) -> None:
    rng = np.random.default_rng(seed)
    question = units(rng, 1)
    some = np.sort(rng.choice(300, 40, replace=False))
    expected = made(seed, large=False).highest(Asked.of(question))[0]
    assert made(seed, large=large).exact(question[0], some) == pytest.approx(expected[some], abs=1e-6)


def test_bytes_take_about_a_quarter_of_the_memory() -> None:
    vectors = np.random.default_rng(0).standard_normal((1000, 384), dtype=np.float32)
    small, large = (Matrix(vectors, np.arange(1000), np.zeros(1, np.float32), large=size) for size in (False, True))
    assert 0.25 * small.nbytes <= large.nbytes <= 0.26 * small.nbytes


def test_zeros_stay_zeros() -> None:
    assert not Coded.of(np.zeros((2, DIM), np.float32)).whole().any()
    matrix = Matrix(np.zeros((2, DIM), np.float32), np.arange(2), np.full(2, 0.1, np.float32), large=True)
    assert not matrix.highest(Asked.of(units(np.random.default_rng(0), 1))).any()


@pytest.mark.parametrize("n", [5, 3 * PIECE, 40 * PIECE + 3])
@pytest.mark.parametrize("ties", [False, True])
def test_the_highest_are_among_those_that_lead(n: int, ties: bool) -> None:
    values = np.random.default_rng(n).random(n, np.float32)
    values = np.round(values, 2) if ties else values
    found = leading(values, 20)
    assert np.array_equal(found, np.sort(found)) and len(found) >= min(n, 20)
    assert np.array_equal(np.sort(values[found])[-20:], np.sort(values)[-20:])
    assert ties or len(found) <= 20 + 3 * PIECE


def test_where_no_file_can_be_written_the_vectors_stay_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    question = units(np.random.default_rng(3), 1)
    found = made(5, large=True).exact(question[0], np.arange(300))
    assert found == pytest.approx(made(5, large=False).highest(Asked.of(question))[0], abs=1e-6)
    assert "stay in memory" in caplog.text
