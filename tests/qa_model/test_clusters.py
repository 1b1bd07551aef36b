"""Questions that ask the same come together, what most people asked comes first."""

import numpy as np
import pytest
from tiny import default_encoder

from data.queue import Waiting
from data.records import Entry
from qa_model.answerer import Answerer, assemble
from qa_model.clusters import clusters, common, question_vectors
from qa_model.vectors import VectorCache

ENTRIES = (
    Entry("c", "lr", "Which learning rate should I start with?", "2e-5"),
    Entry("c", "due", "When is the homework due?", "On Friday."),
    Entry("c", "gpu", "Where can I get a GPU?", "In the lab."),
)
EXAM = ("Is the exam open book?", "is the exam an open book exam", "Will the exam be open book")
ROOM = ("Which room is the lecture in?", "In which room is the lecture?")


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    """The real base over three entries."""
    return assemble(ENTRIES, default_encoder(), VectorCache(None))


def asked(*texts: str, confidence: float = 0.1, escalated: bool = False, first: int = 1) -> list[Waiting]:
    return [
        Waiting(i, text, text, "c", f"person {i}", "", confidence, escalated) for i, text in enumerate(texts, first)
    ]


def grouped(answerer: Answerer, waiting: list[Waiting]) -> list[list[str]]:
    vectors = question_vectors(answerer, [one.text for one in waiting])
    return [[one.text for one in group] for group in clusters(waiting, vectors, common(answerer, "c"))]


def test_wordings_of_one_question_are_one_cluster_and_what_most_asked_is_first(answerer: Answerer) -> None:
    found = grouped(answerer, asked(ROOM[0], *EXAM, ROOM[1], "Who won the match?"))
    assert [set(group) for group in found] == [set(EXAM), set(ROOM), {"Who won the match?"}]


def test_the_same_words_are_one_whatever_their_case(answerer: Answerer) -> None:
    assert grouped(answerer, asked("exam?", "Exam? ", "EXAM?")) == [["exam?", "Exam? ", "EXAM?"]]


def test_the_most_typical_wording_comes_first(answerer: Answerer) -> None:
    (found,) = grouped(answerer, asked(EXAM[1], EXAM[0], EXAM[2], EXAM[2].lower(), EXAM[2].upper()))
    assert found[:3] == [EXAM[2], EXAM[2].lower(), EXAM[2].upper()]


def test_one_person_who_asks_again_counts_once(answerer: Answerer) -> None:
    again = [Waiting(i, text, text, "c", "ann", "", 0.1, False) for i, text in enumerate(EXAM, 10)]
    assert set(grouped(answerer, [*again, *asked(*ROOM)])[0]) == set(ROOM)


def test_of_as_many_the_one_that_the_tutor_was_least_sure_of_is_first(answerer: Answerer) -> None:
    surer, less = asked(EXAM[0], confidence=0.5), asked(ROOM[0], confidence=0.2, first=2)
    assert grouped(answerer, surer + less) == [[ROOM[0]], [EXAM[0]]]
    to_a_teacher = asked(EXAM[0], confidence=0.5, escalated=True)
    assert grouped(answerer, to_a_teacher + less) == [[EXAM[0]], [ROOM[0]]]


def test_what_the_tokenizer_does_not_know_is_told_apart_by_its_words(answerer: Answerer) -> None:
    bound, other = ("考试可以开卷吗", "考试可以开卷吗？"), "教室在几楼"
    assert not question_vectors(answerer, ["🜁🜂🜃"]).any()
    vectors = np.zeros((3, 384), np.float32)
    found = clusters(asked(*bound, other), vectors, 0.1)
    assert [len(group) for group in found] == [2, 1]


def test_a_course_without_entries_has_nothing_in_common(answerer: Answerer) -> None:
    assert common(answerer, "other") == 0
    assert 0 < common(answerer, "c") < 0.5


def test_nothing_waits(answerer: Answerer) -> None:
    assert clusters([], np.zeros((0, 384), np.float32), 0.1) == []
