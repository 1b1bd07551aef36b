"""The index of a course gives each entry's signals, from its vectors where there are some, else from its words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import Entry
from qa_model.block import HEADING_DISCOUNT, Text, texts_of
from qa_model.encoder import Ids, Vectors
from qa_model.index import CourseIndex
from qa_model.lexical import Lexical
from qa_model.windows import windows

A = Entry("c", "a", "alpha?", "first", alternates=("one", "uno"), confirmed=("eins zwei drei",), lang="en")
B = Entry("c", "b", "beta?", "second")
C = Entry("c", "c", "什么？", "三", alternates=("何",), lang="zh")
LONG = Entry("c", "l", "delta?", " ".join(f"word{i}" for i in range(500)), alternates=("vier",))


def unit(*values: float) -> Vectors:
    vector = np.array(values, np.float32)
    return vector / np.float32(np.linalg.norm(vector))


QUESTION = unit(1, 0)
VECTORS: dict[Text, Vectors] = {
    ("passage", "alpha?\nfirst"): unit(3, 4),
    ("query", "alpha?"): unit(0, 1),
    ("query", "one"): unit(4, 3),
    ("query", "eins zwei drei"): unit(1, 0),
    ("passage", "beta?\nsecond"): unit(4, 3),
    ("query", "beta?"): unit(-1, 0),
}


def test_an_entry_is_embedded_as_its_text_and_each_wording() -> None:
    assert texts_of(B) == [("passage", "beta?\nsecond"), ("query", "beta?")]
    assert texts_of(A) == [
        ("passage", "alpha?\nfirst"),
        ("query", "alpha?"),
        ("query", "one"),
        ("query", "uno"),
        ("query", "eins zwei drei"),
    ]


def test_a_long_answer_is_embedded_in_windows_each_with_the_question() -> None:
    texts = texts_of(LONG)
    assert len(texts) > 4
    assert texts[:-2] == [("passage", f"delta?\n{window}") for window in windows(LONG.answer)]
    assert texts[-2:] == [("query", "delta?"), ("query", "vier")]


def test_the_window_most_alike_counts() -> None:
    for at in range(len(windows(LONG.answer))):
        vectors = {text: unit(1, 4) for text in texts_of(LONG)} | VECTORS
        vectors[texts_of(LONG)[at]] = unit(4, 3)
        (signals,) = CourseIndex([A, LONG, B], vectors, 2).signals(["x"], QUESTION[None])
        assert signals.text == pytest.approx([0.6, 0.8, 0.8])
        assert signals.wording[1] == pytest.approx(17**-0.5)


def test_the_passages_of_an_index_are_those_of_each_entry() -> None:
    index = CourseIndex([A, LONG, B], VECTORS, 2)
    assert index.passages == tuple([text for text in texts_of(e) if text[0] == "passage"] for e in (A, LONG, B))


def test_the_best_wording_counts_and_missing_vectors_are_zero() -> None:
    (signals,) = CourseIndex([A, B, C], VECTORS, 2).signals(["beta"], QUESTION[None])
    assert signals.text == pytest.approx([0.6, 0.8, 0])
    # "eins zwei drei"; its own question, which counts less; none
    assert signals.wording == pytest.approx([1, -1 - HEADING_DISCOUNT, 0])
    expected, most = Lexical([A, B, C]).scores("beta")
    assert np.array_equal(signals.lexical, expected)
    assert signals.most == most
    assert int(signals.lexical.argmax()) == 1


def test_every_wording_belongs_to_its_own_entry() -> None:
    entries = [Entry("c", str(i), f"q{i}", "a", alternates=tuple(f"w{i}{j}" for j in range(i + 1))) for i in range(4)]
    rng = np.random.default_rng(0)
    vectors = {text: unit(*rng.normal(size=5)) for entry in entries for text in texts_of(entry)}
    questions = np.stack([unit(*rng.normal(size=5)) for _ in range(3)])
    found = CourseIndex(entries, vectors, 5).signals(["a"] * 3, questions)
    for question, signals in zip(questions, found, strict=True):
        alike = [[float(question @ vectors[text]) for text in texts_of(entry)[1:]] for entry in entries]
        best = [max(own[0] - HEADING_DISCOUNT, *own[1:]) for own in alike]
        assert signals.wording == pytest.approx(best, abs=1e-6)


def test_without_any_vector_the_words_are_left() -> None:
    (signals,) = CourseIndex([A, B, C], {}, 2).signals(["beta"], QUESTION[None])
    assert not signals.text.any() and not signals.wording.any()
    assert signals.lexical[1] > 0


def test_a_known_wording_word_for_word_reaches_everything() -> None:
    (signals,) = CourseIndex([A, B, C], VECTORS, 2).signals(["  EINS zwei  DREI "], QUESTION[None])
    assert (signals.text[0], signals.wording[0], signals.lexical[0]) == (1, 1, pytest.approx(signals.most))
    assert signals.text[1] == pytest.approx(0.8)


def test_a_known_wording_is_found_word_for_word_without_vectors_too() -> None:
    (signals,) = CourseIndex([A, B, C], {}, 2).signals(["eins zwei drei"], np.zeros((1, 2), np.float32))
    assert not signals.text.any()
    assert signals.lexical[0] == pytest.approx(signals.most) and signals.most > 0
    assert not signals.lexical[1:].any()


def test_no_questions_give_no_signals() -> None:
    assert CourseIndex([A, B], VECTORS, 2).signals([], np.zeros((0, 2), np.float32)) == []


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("", [True] * 3), ("en", [True, True, False]), ("zh", [False, True, True]), ("de", [True] * 3)],
)
def test_a_language_keeps_its_entries_and_those_without_one(lang: str, expected: list[bool]) -> None:
    assert CourseIndex([A, B, C], VECTORS, 2).in_language(lang).tolist() == expected


def test_an_index_says_which_languages_it_speaks() -> None:
    index = CourseIndex([A, C], VECTORS, 2)
    assert [index.speaks(lang) for lang in ("en", "zh", "de")] == [True, True, False]


def test_an_index_is_complete_when_every_text_has_its_vector() -> None:
    assert not CourseIndex([A, B], VECTORS, 2).complete
    assert CourseIndex([A, B], {**VECTORS, ("query", "uno"): QUESTION}, 2).complete


def test_most_questions_say_the_script_of_a_course() -> None:
    assert not CourseIndex([A, C], {}, 2).cjk
    assert CourseIndex([A, C, C], {}, 2).cjk


def test_a_course_without_entries_is_refused() -> None:
    with pytest.raises(ValueError, match="without entries"):
        CourseIndex([], {}, 2)


def test_marks_at_the_end_of_a_known_wording_do_not_count() -> None:
    index = CourseIndex([A, B, C], {}, 2)
    for asked in ("eins zwei drei?!", "Eins zwei drei ？", "eins zwei drei..."):
        (signals,) = index.signals([asked], np.zeros((1, 2), np.float32))
        assert signals.lexical[0] == pytest.approx(signals.most)
    (signals,) = index.signals(["eins! zwei drei vier"], np.zeros((1, 2), np.float32))
    assert signals.lexical[0] < signals.most


def test_the_question_itself_is_taken_at_its_word() -> None:
    entry = Entry("c", "d", "How large is a batch?", "16.")
    vectors = {**VECTORS, texts_of(entry)[0]: unit(1, 4)}
    (signals,) = CourseIndex([A, B, entry], vectors, 2).signals([" how large is a BATCH"], QUESTION[None])
    assert (signals.text[2], signals.wording[2], signals.lexical[2]) == (1, 1, pytest.approx(signals.most))
    assert signals.most > 0


def test_a_rare_token_weighs_more_than_one_that_every_entry_has() -> None:
    entries = [Entry("c", str(i), f"q{i}", "a") for i in range(10)]
    # Token 1 is in every entry, 2 in three of them, 3 in one; 4 in none.
    ids = {texts_of(e)[0]: np.array([1, 1, *[2] * (i < 3), *[3] * (i == 0)], np.int32) for i, e in enumerate(entries)}
    index = CourseIndex(entries, {}, 2, ids)
    weights = index.token_weights(np.array([1, 2, 3, 4], np.int32))
    assert weights.dtype == np.float32
    assert weights.sum() == pytest.approx(1)
    assert (np.diff(weights) > 0).all() and weights[0] > 0
    idf = [np.log(1 + (10 - n + 0.5) / (n + 0.5)) for n in (10, 3, 1, 0)]
    assert weights == pytest.approx(np.sqrt(idf) / np.sqrt(idf).sum())


def test_a_token_counts_once_for_an_entry_in_however_many_windows_it_stands() -> None:
    ids: dict[Text, Ids] = {text: np.array([1], np.int32) for text in texts_of(LONG)}
    ids[texts_of(B)[0]] = np.array([2], np.int32)
    weights = CourseIndex([A, LONG, B], {}, 2, ids).token_weights(np.array([1, 2], np.int32))
    assert weights == pytest.approx([0.5, 0.5])


@given(st.lists(st.integers(0, 9), max_size=12), st.lists(st.lists(st.integers(0, 9), max_size=5), max_size=6))
def test_token_weights_are_shares(question: list[int], known: list[list[int]]) -> None:
    entries = [Entry("c", str(i), f"q{i}", "a") for i in range(max(1, len(known)))]
    ids = {texts_of(entry)[0]: np.array(own, np.int32) for entry, own in zip(entries, known, strict=False)}
    weights = CourseIndex(entries, {}, 2, ids).token_weights(np.array(question, np.int32))
    assert weights.shape == (len(question),)
    assert (weights > 0).all()
    assert weights.sum() == pytest.approx(1 if question else 0)


def test_where_no_tokens_are_known_all_weigh_alike() -> None:
    assert CourseIndex([A, B], VECTORS, 2).token_weights(np.array([7, 8], np.int32)) == pytest.approx([0.5, 0.5])


def test_one_junk_word_is_not_taken_at_its_word() -> None:
    junk = Entry("c", "d", "delta?", "fourth", confirmed=("question3",))
    (signals,) = CourseIndex([A, junk], {}, 2).signals(["question3"], np.zeros((1, 2), np.float32))
    assert not signals.lexical.any()
