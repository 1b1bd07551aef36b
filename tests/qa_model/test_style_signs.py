"""What is counted in a text."""

import numpy as np
import pytest

from qa_model.style_signs import style_signs

TEXT = "The cat sat. The dog, which was old, ran away!\n\nWhy? Nobody knows."


def test_counts_are_those_of_the_text() -> None:
    told = style_signs(TEXT)
    assert np.expm1(told.words) == pytest.approx(13)
    assert np.expm1(told.sentence_length) == pytest.approx(13 / 4)
    assert np.expm1(told.paragraphs) == pytest.approx(2)
    assert told.diversity == pytest.approx(12 / np.sqrt(13))
    assert told.once == pytest.approx(11 / 13)


def test_longer_words_and_sentences_are_told_apart() -> None:
    plain = style_signs("We like it. It is good.")
    rich = style_signs("Considerable enthusiasm characterised practically everybody participating yesterday.")
    assert rich.word_variety > plain.word_variety
    assert rich.long_words > plain.long_words == 0
    assert rich.sentence_length > plain.sentence_length


def test_chinese_sentences_are_counted() -> None:
    told = style_signs("栈是后进先出的。队列是先进先出的。")
    assert np.expm1(told.words) == pytest.approx(2 * np.expm1(told.sentence_length))


@pytest.mark.parametrize("text", ["", " \n", "?!", "—"])
def test_a_text_without_words_has_finite_signs(text: str) -> None:
    told = style_signs(text)
    assert np.isfinite([getattr(told, name) for name in told.__dataclass_fields__]).all()
    assert told.words == 0
