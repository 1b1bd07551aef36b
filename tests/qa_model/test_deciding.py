"""What was found in the courses becomes one answer: the surest first, and sure only where a policy says so."""

import numpy as np
import pytest

from data.records import Entry
from qa_model.answerer import Sensed, decide
from qa_model.fusion import Policies, Policy, Signals

# The probability is the logistic of 10 times the score, less 5; the score is the likeness to the text.
PLAIN = Policy((1.0, 0.0, 0.0, 0.0), -5.0, (10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), answer_at=0.9, suggest_at=0.2)
EAGER = Policy((1.0, 0.0, 0.0, 0.0), -5.0, (10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), answer_at=0.3, suggest_at=0.1)
POLICIES = Policies(PLAIN, {"eager": EAGER})


def probability(text: float) -> float:
    return float(1 / (1 + np.exp(5 - 10 * text)))


def sensed(course: str, *texts: float, complete: bool = True) -> Sensed:
    known = tuple(Entry(course, f"{text}", "Q?", "A.") for text in texts)
    text, nothing = np.array(texts, dtype=np.float32), np.zeros(len(texts), dtype=np.float32)
    return Sensed(
        course, known, Signals(text, nothing, nothing, 0.0, np.full(len(texts), np.nan, np.float32)), complete
    )


def test_where_nothing_was_found_it_abstains() -> None:
    answer = decide([], POLICIES, model="0007")
    assert (answer.decision, answer.confidence, answer.candidates, answer.model) == ("abstain", 0.0, (), "0007")


def test_the_surest_of_all_courses_come_first_and_only_so_many() -> None:
    answer = decide([sensed("a", 0.3, 0.8, 0.6), sensed("b", 0.7, 0.1)], POLICIES, 4, "0007")
    assert [(c.entry.course, c.entry.id) for c in answer.candidates] == [
        ("a", "0.8"),
        ("b", "0.7"),
        ("a", "0.6"),
        ("a", "0.3"),
    ]
    assert [c.score for c in answer.candidates] == pytest.approx([0.8, 0.7, 0.6, 0.3])
    assert [c.probability for c in answer.candidates] == pytest.approx([probability(x) for x in (0.8, 0.7, 0.6, 0.3)])
    assert (answer.decision, answer.confidence, answer.model) == ("answer", answer.candidates[0].probability, "0007")
    five = decide([sensed("a", 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)], POLICIES)
    assert [c.entry.id for c in five.candidates] == ["0.9", "0.8", "0.7", "0.6", "0.5"]


def test_of_those_as_sure_the_higher_score_comes_first() -> None:
    flat = Policy((1.0, 0.0, 0.0, 0.0), 0.0, (0.0,) * 7)
    answer = decide([sensed("a", 0.4), sensed("b", 0.6)], Policies(flat))
    assert [c.entry.course for c in answer.candidates] == ["b", "a"]
    assert answer.confidence == 0.5


@pytest.mark.parametrize(
    ("course", "text", "decision"),
    [
        ("a", 0.8, "answer"),
        ("a", 0.6, "suggest"),
        ("a", 0.3, "abstain"),
        ("eager", 0.6, "answer"),
        ("eager", 0.3, "suggest"),
    ],
)
def test_the_policy_of_the_best_ones_course_decides(course: str, text: float, decision: str) -> None:
    others = [sensed("b", 0.05), sensed("eager", 0.01)]
    assert decide([*others, sensed(course, text)], POLICIES).decision == decision


@pytest.mark.parametrize(("text", "decision"), [(0.9, "suggest"), (0.6, "suggest"), (0.2, "abstain")])
def test_beside_vectors_that_are_not_there_yet_nothing_is_sure(text: float, decision: str) -> None:
    answer = decide([sensed("a", text), sensed("b", 0.1, complete=False)], POLICIES)
    assert (answer.decision, answer.confidence) == (decision, pytest.approx(probability(text), rel=1e-5))
