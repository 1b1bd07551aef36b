"""What is said of a text beside the well-scored ones of its prompt is counted, and tells them from the others."""

import numpy as np
import pytest
from scored import KEYS, scored
from tiny import bert

from data.scored import Work
from qa_model.encoder import Encoder
from qa_model.scorer import NEW, Scorer
from qa_model.standing import Standing, main_terms, measures
from training.scores import fit_scorer


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    """A scorer of two prompts whose good texts name the words of the reference."""
    works = scored(("p1", "p2"), each=60)
    return fit_scorer(Encoder.load(bert(tmp_path_factory.mktemp("tiny"))), works).scorer


def test_a_prompt_that_was_not_learned_has_no_standing(scorer: Scorer) -> None:
    assert Standing.of(scorer, "p9") is None
    assert Standing.of(scorer, NEW) is None


def test_a_text_like_the_reference_has_strengths_and_one_unlike_it_gaps(scorer: Scorer) -> None:
    standing = Standing.of(scorer, "p1")
    assert standing is not None
    good, bad = Work("p1", f"{' '.join(KEYS['p1'])} bel dor fin gam"), Work("p1", "hax jol kur say")
    told = scorer.score([good, bad])
    strengths, gaps = standing.findings(good.text, told[0].signs)
    assert strengths and not gaps
    assert all(one.low <= one.value <= one.high for one in strengths)
    strengths, gaps = standing.findings(bad.text, told[1].signs)
    assert "words" in {one.sign for one in gaps}
    assert all(not one.low <= one.value <= one.high for one in gaps)
    assert len(gaps) <= 2 and len(strengths) <= 2


def test_signs_that_say_the_same_are_told_once(scorer: Scorer) -> None:
    standing = Standing.of(scorer, "p1")
    assert standing is not None
    assert "words" in standing.ranges and "sentence_length" not in standing.ranges  # each text is one sentence


def test_main_terms_are_words_of_the_reference_that_good_texts_name_in_any_form() -> None:
    reference = "Gradients shrink while layers multiply; normalisation helps. Zebras do not."
    good = ["the gradient shrinks and layer normalisation helps"] * 3 + ["layers help"]
    assert main_terms(reference, "Why do layers help?", good) == ("gradien", "shri", "normalisati")
    assert main_terms("Only two words", "", ["only two words"]) == ()
    assert main_terms("学习率太大会发散", "", ["学习率太大"]) == ("学习", "习率", "率太", "太大")


def test_measures_are_whole_numbers_of_what_a_reader_can_count() -> None:
    signs = np.zeros((1, 100), np.float32)
    told = measures(["学习率。太大了！"], signs, ("学习", "发散"), cjk=True)
    assert (told["characters"][0], told["sentence_characters"][0], told["terms"][0]) == (6, 3, 1)
