"""Texts are read whole, alone and beside their reference, and always in the same way."""

import numpy as np
import pytest
import scored
import tiny

from data.scored import Work
from qa_model.encoder import Encoder
from qa_model.readings import SIGNS, Reader, grams, token_weights


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder.load(tiny.bert(tmp_path_factory.mktemp("models") / "bert"))


def test_a_text_has_the_same_readings_alone_and_among_others(encoder: Encoder) -> None:
    works = [own.work for own in scored.scored(("p1", "p2"), 5)]
    together = Reader(encoder).read(works)
    alone = Reader(encoder).read(works[7:8])
    assert together.signs.shape == (10, len(SIGNS))
    np.testing.assert_allclose(together.take(np.array([7])).signs, alone.signs, atol=2e-2)
    np.testing.assert_allclose(together.vectors[7:8], alone.vectors, atol=2e-2)
    np.testing.assert_allclose(together.take(np.array([7])).states, alone.states, atol=3e-2)
    assert (together.grams[7:8] != alone.grams).nnz == 0


def test_the_end_of_a_long_text_counts(encoder: Encoder) -> None:
    long = "bel dor fin gam " * 120
    told = Reader(encoder).read([Work("p", long), Work("p", f"{long}{'kur jol zu ' * 20}")])
    assert float(told.vectors[0] @ told.vectors[1]) < 0.999
    assert np.abs(told.states[0] - told.states[1]).max() > 0.01


def test_what_names_the_reference_is_nearer_to_it(encoder: Encoder) -> None:
    reference = "ba de fi go"
    works = [Work("p", text, scored.ASKED, reference) for text in ("ba de fi go", "ba de bel dor", "bel dor kur jol")]
    told = Reader(encoder).read(works)
    for name in ("cosine", "terms", "tokens", "borne_out", "covered"):
        assert np.all(np.diff(told.sign(name)) < 0), name


def test_without_reference_nothing_is_said_of_it(encoder: Encoder) -> None:
    told = Reader(encoder).read([Work("p", "ba de fi"), Work("p", "", reference="ba de")])
    assert np.all(told.sign("cosine") == 0)
    assert np.isfinite(told.signs).all()


def test_rare_tokens_weigh_more(encoder: Encoder) -> None:
    weights = token_weights(encoder, ["ba de", "ba fi", "ba go"])
    ba, de, zu = encoder.tokenizer.convert_tokens_to_ids(["ba", "de", "zu"])
    assert weights[ba] < weights[de] < weights[zu]


def test_grams_are_unit_rows_and_like_texts_share_them() -> None:
    told = grams(["the cat sat", "the cat sits", "quick brown foxes", ""])
    alike = (told @ told.T).toarray()
    np.testing.assert_allclose(np.diag(alike), [1, 1, 1, 0], atol=1e-5)
    assert alike[0, 1] > 0.4 > alike[0, 2]
