"""The index of a course gives each entry's signals, from its vectors where there are some, else from its words."""

import numpy as np
import pytest

from data.records import Entry
from qa_model.encoder import Vectors
from qa_model.index import CourseIndex, Text, texts_of
from qa_model.lexical import Lexical

A = Entry("c", "a", "alpha?", "first", alternates=("one", "uno"), confirmed=("eins zwei drei",), lang="en")
B = Entry("c", "b", "beta?", "second")
C = Entry("c", "c", "什么？", "三", alternates=("何",), lang="zh")


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
    assert texts_of(A) == [
        ("passage", "alpha?\nfirst"),
        ("query", "alpha?"),
        ("query", "one"),
        ("query", "uno"),
        ("query", "eins zwei drei"),
    ]


def test_the_best_wording_counts_and_missing_vectors_are_zero() -> None:
    (signals,) = CourseIndex([A, B, C], VECTORS, 2).signals(["beta"], QUESTION[None])
    assert signals.text == pytest.approx([0.6, 0.8, 0])
    assert signals.wording == pytest.approx([1, -1, 0])  # "eins zwei drei", the only one, none
    expected, most = Lexical([A, B, C]).scores("beta")
    assert np.array_equal(signals.lexical, expected)
    assert signals.most == most
    assert int(signals.lexical.argmax()) == 1


def test_every_wording_belongs_to_its_own_entry() -> None:
    entries = [Entry("c", str(i), f"q{i}", "a", alternates=tuple(f"w{i}{j}" for j in range(i))) for i in range(4)]
    rng = np.random.default_rng(0)
    vectors = {text: unit(*rng.normal(size=5)) for entry in entries for text in texts_of(entry)}
    questions = np.stack([unit(*rng.normal(size=5)) for _ in range(3)])
    found = CourseIndex(entries, vectors, 5).signals(["a"] * 3, questions)
    for question, signals in zip(questions, found, strict=True):
        best = [max(float(question @ vectors[text]) for text in texts_of(entry)[1:]) for entry in entries]
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


def test_one_junk_word_is_not_taken_at_its_word() -> None:
    junk = Entry("c", "d", "delta?", "fourth", confirmed=("question3",))
    (signals,) = CourseIndex([A, junk], {}, 2).signals(["question3"], np.zeros((1, 2), np.float32))
    assert not signals.lexical.any()
