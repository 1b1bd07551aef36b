"""One score orders the candidates, a probability says how sure, and thresholds decide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_model.fusion import Policy, Signals

POLICY = Policy()
COSINES = st.floats(-1, 1, width=32)
BM25 = st.floats(0, 100, width=32)


def signals(
    text: list[float], wording: list[float], lexical: list[float], most: float = 10.0, late: list[float] | None = None
) -> Signals:
    computed = np.array(late, np.float32) if late else np.full(len(text), np.nan, np.float32)
    return Signals(*(np.array(values, np.float32) for values in (text, wording, lexical)), most, computed)


def judged(given: Signals) -> tuple[list[int], list[float]]:
    scores = POLICY.scores(given)
    best = np.argsort(-scores, kind="stable")
    return best.tolist(), POLICY.probabilities(given, scores, best).tolist()


def test_the_score_is_the_weighted_sum_of_both_sides() -> None:
    # dense: .5 * .4 + .5 * max(.4, .8) = .6; lexical: 5 / 5 * sqrt(5 / 10)
    (score,) = Policy(lexical_weight=0.25).scores(signals([0.4], [0.8], [5]))
    assert score == pytest.approx(0.75 * 0.6 + 0.25 * 0.5**0.5)


def test_late_interaction_takes_its_part_where_it_was_computed() -> None:
    policy = Policy(lexical_weight=0.0, late_weight=0.25)
    scores = policy.scores(signals([0.4, 0.4], [0, 0], [0, 0], late=[0.8, float("nan")]))
    assert scores == pytest.approx([0.75 * 0.4 + 0.25 * 0.8, 0.4])


def test_a_wording_less_alike_than_the_text_takes_nothing_away() -> None:
    lower, same = (POLICY.scores(signals([0.5], [w], [0]))[0] for w in (-0.3, 0.5))
    assert lower == same


def test_without_a_vector_the_words_alone_decide() -> None:
    scores = POLICY.scores(signals([0, 0, 0], [0, 0, 0], [1, 8, 0], most=8))
    assert scores == pytest.approx([1 / 8 * (1 / 8) ** 0.5, 1, 0])


def test_the_probability_is_logistic_in_the_four_signs() -> None:
    policy = Policy(lexical_weight=0.0, bias=-1.0, score=2.0, margin=3.0, coverage=0.5, wording=0.25)
    given = signals([0.6, 0.4], [0.6, 0.4], [5, 2])
    probabilities = policy.probabilities(given, policy.scores(given), np.array([0, 1]))
    logits = [-1 + 2 * 0.6 + 3 * 0.2 + 0.5 * 0.5 + 0.25 * 0.6, -1 + 2 * 0.4 - 3 * 0.2 + 0.5 * 0.2 + 0.25 * 0.4]
    assert probabilities == pytest.approx([1 / (1 + np.exp(-logit)) for logit in logits])


@given(st.lists(st.tuples(COSINES, COSINES, BM25), min_size=1, max_size=8), st.floats(0, 500))
def test_probabilities_stay_between_0_and_1(rows: list[tuple[float, float, float]], most: float) -> None:
    given = signals(*map(list, zip(*rows, strict=True)), most=most)  # type: ignore[arg-type]
    scores = POLICY.scores(given)
    _, probabilities = judged(given)
    assert np.isfinite(scores).all() and (scores >= -1).all() and (scores <= 1.001).all()
    assert all(0 <= p <= 1 for p in probabilities)


@given(st.floats(0.0625, 1, width=32), st.floats(0, 1), st.floats(0, 1))
def test_more_margin_gives_more_confidence(top: float, one: float, other: float) -> None:
    near, far = sorted((one, other), reverse=True)
    confidence = [judged(signals([top, top * part], [top, top * part], [0, 0]))[1][0] for part in (near, far)]
    assert confidence[0] <= confidence[1] + 1e-6


def test_nothing_in_common_gives_no_confidence() -> None:
    _, probabilities = judged(signals([0, 0], [0, 0], [0, 0], most=0))
    assert max(probabilities) < POLICY.suggest_at


@pytest.mark.parametrize(
    ("confidence", "decision"),
    [(0.0, "abstain"), (0.1499, "abstain"), (0.15, "suggest"), (0.6499, "suggest"), (0.65, "answer"), (1.0, "answer")],
)
def test_thresholds_decide(confidence: float, decision: str) -> None:
    assert POLICY.decide(confidence) == decision
