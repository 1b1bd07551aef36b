"""Measures agree with a hand computation and with the slow, plain way of counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import Answer, Candidate, Decision, Entry, LabelledQuestion
from training.measures import Outcome, aurc, auroc, coverage_at, measure

CONTRACT = {
    "n",
    "answerable",
    "hit@1",
    "hit@5",
    "mrr@10",
    "auroc",
    "aurc",
    "coverage@0.95",
    "precision",
    "coverage",
    "latency_ms_p50",
    "latency_ms_p95",
}
# Few different confidences, so that ties are common.
JUDGED = st.lists(st.tuples(st.integers(0, 5).map(lambda n: n / 5), st.booleans()), min_size=1, max_size=25)


def outcome(expected: str, shown: str, confidence: float, decision: Decision, latency_ms: float = 1.0) -> Outcome:
    """`expected` and `shown` are ids of one letter, best first."""
    candidates = tuple(Candidate(Entry("c", name, "q", "a"), 0.0, confidence) for name in shown)
    question = LabelledQuestion("q", "c", tuple(expected))
    return Outcome(question, Answer(decision, confidence, candidates), latency_ms)


def arrays(judged: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    confidence, right = zip(*judged, strict=True)
    return np.array(confidence), np.array(right, bool)


def test_measures_agree_with_a_hand_computation() -> None:
    outcomes = [
        outcome("a", "abcde", 0.9, "answer", 1),  # right
        outcome("bx", "abcde", 0.8, "answer", 2),  # second
        outcome("ae", "edcba", 0.7, "suggest", 3),  # right, by the other id
        outcome("z", "abcde", 0.2, "abstain", 4),  # not found
        outcome("", "abcde", 0.6, "suggest", 5),  # nothing answers it
    ]
    measures = measure(outcomes)
    assert measures.keys() == CONTRACT
    assert measures == pytest.approx(
        {
            "n": 5,
            "answerable": 4,
            "hit@1": 2 / 4,
            "hit@5": 3 / 4,
            "mrr@10": (1 + 1 / 2 + 1 + 0) / 4,
            "auroc": (3 + 2) / 6,  # right .9, .7 against .8, .6, .2
            "aurc": (0 + 1 / 2 + 1 / 3 + 2 / 4 + 3 / 5) / 5,
            "coverage@0.95": 1 / 5,
            "precision": 1 / 2,
            "coverage": 2 / 5,
            "latency_ms_p50": 3,
            "latency_ms_p95": 4.8,
        }
    )


def test_an_unanswerable_question_is_never_right() -> None:
    assert not outcome("", "a", 0.9, "answer").right
    assert measure([outcome("", "a", 0.9, "answer")])["precision"] == 0


def test_an_answer_without_candidates_is_a_miss() -> None:
    measures = measure([outcome("a", "", 0.0, "abstain")])
    assert (measures["hit@1"], measures["mrr@10"], measures["coverage"]) == (0, 0, 0)


def test_what_has_nothing_to_count_is_none() -> None:
    measures = measure([])
    assert measures.keys() == CONTRACT
    assert (measures["n"], measures["answerable"], measures["coverage@0.95"]) == (0, 0, 0)
    assert {name for name, value in measures.items() if value is None} == CONTRACT - {
        "n",
        "answerable",
        "coverage@0.95",
    }


@given(JUDGED)
def test_auroc_counts_the_pairs_in_order(judged: list[tuple[float, bool]]) -> None:
    right = [c for c, r in judged if r]
    others = [c for c, r in judged if not r]
    pairs = [(c > o) + (c == o) / 2 for c in right for o in others]
    found = auroc(*arrays(judged))
    assert found is None if not pairs else found == pytest.approx(sum(pairs) / len(pairs))


@given(JUDGED, st.sampled_from([0.5, 0.8, 0.95, 1.0]))
def test_coverage_is_the_best_over_all_thresholds(judged: list[tuple[float, bool]], precision: float) -> None:
    shares = [0.0]
    for threshold in {c for c, _ in judged}:
        answered = [r for c, r in judged if c >= threshold]
        if sum(answered) / len(answered) >= precision:
            shares.append(len(answered) / len(judged))
    assert coverage_at(*arrays(judged), precision) == pytest.approx(max(shares))


@given(JUDGED)
def test_aurc_lies_between_the_perfect_order_and_the_worst(judged: list[tuple[float, bool]]) -> None:
    confidence, right = arrays(judged)
    n = len(right)
    perfect, worst = (aurc(np.arange(n)[::-1], np.sort(right)[::step]) for step in (-1, 1))
    found = aurc(confidence, right)
    assert found is not None and perfect is not None and worst is not None
    assert 0 <= perfect <= found + 1e-12
    assert found <= worst + 1e-12 <= 1 + 1e-12


def test_all_right_has_no_auroc_no_risk_and_full_coverage() -> None:
    confidence, right = np.array([0.1, 0.9]), np.array([True, True])
    assert auroc(confidence, right) is None
    assert aurc(confidence, right) == 0
    assert coverage_at(confidence, right, 0.95) == 1
