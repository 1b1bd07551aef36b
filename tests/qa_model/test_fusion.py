"""One score orders the candidates, a probability says how sure, and thresholds decide."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_model.fusion import (
    BARE,
    DAMPING,
    RANKING,
    SHIPPED_AT,
    SIGNS,
    WORDING_DISCOUNT,
    WORDING_SHARE,
    Policies,
    Policy,
    Signals,
    shipped_threshold,
)

POLICY = Policy()
NAN = float("nan")
COSINES = st.floats(-1, 1, width=32)
BM25 = st.floats(0, 100, width=32)
LATE = st.one_of(COSINES, st.just(NAN))
SLOPES = st.tuples(*[st.floats(-20, 20)] * len(SIGNS))
ROWS = st.lists(st.tuples(COSINES, COSINES, BM25, LATE), min_size=1, max_size=8)
Rows = list[tuple[float, float, float, float]]


def signals(
    text: list[float], wording: list[float], lexical: list[float], most: float = 10.0, late: list[float] | None = None
) -> Signals:
    computed = np.array(late, np.float32) if late else np.full(len(text), np.nan, np.float32)
    return Signals(*(np.array(values, np.float32) for values in (text, wording, lexical)), most, computed)


def of_rows(rows: Rows, most: float = 10.0) -> Signals:
    text, wording, lexical, late = map(list, zip(*rows, strict=True))
    return signals(text, wording, lexical, most, late)


def judged(given: Signals, policy: Policy = POLICY) -> tuple[list[int], list[float]]:
    scores = policy.scores(given)
    best = np.argsort(-scores, kind="stable")
    return best.tolist(), policy.probabilities(given, scores, best).tolist()


def signs(given: Signals, policy: Policy = POLICY) -> dict[str, list[float]]:
    """Return what the probability is read from by its name, in the order of the entries."""
    found = given.signs(policy.scores(given), np.arange(len(given.text)))
    return dict(zip(SIGNS, found.T.tolist(), strict=True))


def weighing(**weights: float) -> Policy:
    return Policy(tuple(weights.get(name, 0.0) for name in RANKING))


def sloping(bias: float, **slopes: float) -> Policy:
    return replace(
        weighing(text=1.0), bias=bias, slopes=tuple(slopes.get(name.replace(" ", "_"), 0.0) for name in SIGNS)
    )


def test_the_score_is_the_weighted_sum_of_all_sides() -> None:
    policy = weighing(text=0.1, wording=0.2, late=0.3, lexical=0.4)
    (score,) = policy.scores(signals([0.4], [0.5], [5], late=[0.6]))
    assert score == pytest.approx(0.1 * 0.4 + 0.2 * 0.5 + 0.3 * 0.6 + 0.4 * 0.5**DAMPING)


def test_late_interaction_takes_its_part_where_it_was_computed() -> None:
    policy = weighing(text=0.75, late=0.25)
    scores = policy.scores(signals([0.4, 0.4], [0, 0], [0, 0], late=[0.8, NAN]))
    assert scores == pytest.approx([0.75 * 0.4 + 0.25 * 0.8, 0.4])


def test_a_wording_less_alike_than_the_text_takes_nothing_away() -> None:
    lower, same = (POLICY.scores(signals([0.5], [w], [0]))[0] for w in (-0.3, 0.5))
    assert lower == same


def test_a_known_wording_much_like_the_question_lifts_late_interaction_with_the_text() -> None:
    late = RANKING.index("late")
    ranking = signals([0.3, 0.3], [0.9, 0.5], [0, 0], late=[0.4, 0.4]).ranking()[:, late]
    assert ranking == pytest.approx([0.4 + WORDING_SHARE * (0.9 - WORDING_DISCOUNT - 0.4), 0.4])


def test_without_a_vector_the_words_alone_decide() -> None:
    scores = POLICY.scores(signals([0, 0, 0], [0, 0, 0], [1, 8, 0], most=8))
    counted = POLICY.weights[-1] + BARE * sum(POLICY.weights[:-1])  # by less than where they stand beside a vector
    assert 0 < BARE <= 1
    assert scores == pytest.approx([counted / 8 * (1 / 8) ** DAMPING, counted, 0])


def test_words_count_against_the_best_entry_and_less_where_the_course_knows_few_of_them() -> None:
    ranking = signals([0.5, 0.5], [0, 0], [8, 4], most=8).ranking()[:, RANKING.index("lexical")]
    assert ranking == pytest.approx([1, 0.5 * 0.5**DAMPING])
    damped = signals([0.5, 0.5], [0, 0], [8, 4], most=80).ranking()[:, RANKING.index("lexical")]
    assert damped == pytest.approx([0.1**DAMPING, 0.5 * 0.05**DAMPING])


def test_the_coverage_is_the_part_of_the_words_that_an_entry_has() -> None:
    assert signals([0] * 4, [0] * 4, [0, 5, 10, 12]).coverage() == pytest.approx([0, 0.5, 1, 1])
    assert signals([0], [0], [0], most=0).coverage() == pytest.approx([0])


def test_the_margin_is_to_the_best_of_all_others() -> None:
    own = signs(signals([0.9, 0.2, 0.5], [0, 0, 0], [0, 0, 0]), weighing(text=1.0))
    assert own["margin"] == pytest.approx([0.4, -0.7, -0.4])


def test_each_side_has_its_own_margin() -> None:
    own = signs(signals([0.9, 0.5], [0, 0], [2, 10], late=[0.3, 0.7]), weighing(text=1.0))
    assert own["margin"] == pytest.approx([0.4, -0.4])
    assert own["late margin"] == pytest.approx([-0.4, 0.4])
    assert own["lexical margin"] == pytest.approx([0.2 * 0.2**DAMPING - 1, 1 - 0.2 * 0.2**DAMPING])


def test_of_entries_that_tie_none_has_a_margin() -> None:
    own = signs(signals([0.7, 0.7, 0.2], [0, 0, 0], [4, 4, 4]), weighing(text=1.0))
    assert own["margin"] == pytest.approx([0, 0, -0.5])
    assert own["late margin"][:2] == own["lexical margin"][:2] == pytest.approx([0, 0])


def test_an_entry_alone_has_its_own_height_as_margin() -> None:
    own = signs(signals([0.7], [0.4], [5], late=[0.6]), weighing(text=1.0))
    assert own["score"] == own["margin"] == pytest.approx([0.7])
    assert own["late margin"] == pytest.approx([0.6])
    assert own["lexical margin"] == pytest.approx([0.5**DAMPING])
    assert own["agreement"] == [1.0]


def test_agreement_is_the_share_of_the_sides_whose_first_an_entry_is() -> None:
    own = signs(signals([0.9, 0.5, 0.1], [0.2, 0.95, 0], [2, 10, 10], late=[0.8, 0.4, 0.8]))
    assert own["agreement"] == pytest.approx([2 / 4, 2 / 4, 2 / 4])  # text, late; wording, lexical; lexical, late
    own = signs(signals([0.9, 0.5], [0.9, 0.5], [9, 1], late=[0.8, 0.4]))
    assert own["agreement"] == [1, 0]


def test_with_neither_vector_nor_word_in_common_no_side_agrees() -> None:
    assert signs(signals([0, 0], [0, 0], [0, 0]))["agreement"] == [0, 0]
    assert signs(signals([0, 0], [0, 0], [9, 3]))["agreement"] == [1, 0]


def test_words_that_stand_in_for_a_vector_have_no_margin_in_late_interaction() -> None:
    own = signs(signals([0, 0], [0, 0], [10, 4]))
    assert own["late margin"] == [0, 0]
    assert own["lexical margin"][0] > 0.5


def test_the_likeness_to_a_known_wording_is_that_of_the_words_where_there_is_no_vector() -> None:
    own = signs(signals([0.9, 0], [0.3, 0], [0, 10]))
    assert own["wording"] == pytest.approx([0.3, 1])


def test_signs_come_in_the_order_asked_for() -> None:
    found = of_rows([(0.9, 0.1, 3, 0.2), (0.4, 0.5, 6, 0.6), (0.1, 0.2, 9, NAN)])
    scores = POLICY.scores(found)
    every = found.signs(scores, np.arange(3))
    assert np.array_equal(found.signs(scores, np.array([2, 0])), every[[2, 0]])


def test_signals_of_some_entries_are_theirs() -> None:
    taken = of_rows([(0.9, 0.1, 3, 0.2), (0.4, 0.5, 6, 0.6), (0.1, 0.2, 9, 0.3)], most=7).take(np.array([2, 0]))
    for own, expected in zip(
        (taken.text, taken.wording, taken.lexical, taken.late),
        ([0.1, 0.9], [0.2, 0.1], [9, 3], [0.3, 0.2]),
        strict=True,
    ):
        assert own == pytest.approx(expected)
    assert taken.most == 7


def test_the_probability_is_logistic_in_the_signs() -> None:
    policy = sloping(-1.0, score=2.0, margin=3.0, coverage=0.5, wording=0.25, agreement=0.125)
    given = signals([0.6, 0.4], [0.6, 0.4], [5, 2])
    probabilities = policy.probabilities(given, policy.scores(given), np.array([0, 1]))
    logits = [-1 + 2 * 0.6 + 3 * 0.2 + 0.5 * 0.5 + 0.25 * 0.6 + 0.125, -1 + 2 * 0.4 - 3 * 0.2 + 0.5 * 0.2 + 0.25 * 0.4]
    assert probabilities == pytest.approx([1 / (1 + np.exp(-logit)) for logit in logits])


@given(ROWS, st.floats(0, 500), SLOPES, st.floats(-1000, 1000))
def test_probabilities_stay_between_0_and_1(rows: Rows, most: float, slopes: tuple[float, ...], bias: float) -> None:
    given = of_rows(rows, most)
    scores = POLICY.scores(given)
    assert np.isfinite(scores).all() and (scores >= -1).all() and (scores <= 1.001).all()
    for policy in (POLICY, Policy(bias=bias, slopes=slopes)):
        best, probabilities = judged(given, policy)
        assert sorted(best) == list(range(len(rows)))
        assert all(0 <= p <= 1 for p in probabilities)


@given(ROWS, st.floats(0, 500))
def test_signs_are_finite_and_only_the_first_has_a_margin_above_0(rows: Rows, most: float) -> None:
    own = signs(of_rows(rows, most))
    assert np.isfinite(list(own.values())).all()
    if len(rows) > 1:
        for name in ("margin", "late margin", "lexical margin"):
            assert sum(margin > 0 for margin in own[name]) <= 1
            assert max(own[name]) >= 0
    assert all(0 <= part <= 1 for name in ("coverage", "agreement") for part in own[name])


@given(ROWS, st.floats(0, 500), st.randoms(use_true_random=False))
def test_neither_scores_nor_probabilities_depend_on_the_order_of_the_entries(
    rows: Rows, most: float, random: Random
) -> None:
    turned = list(range(len(rows)))
    random.shuffle(turned)
    one, other = of_rows(rows, most), of_rows([rows[i] for i in turned], most)
    every = np.arange(len(rows))
    ours = POLICY.probabilities(one, POLICY.scores(one), every)
    theirs = POLICY.probabilities(other, POLICY.scores(other), every)
    assert theirs == pytest.approx(ours[turned])


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
    [(0.0, "abstain"), (0.1499, "abstain"), (0.15, "suggest"), (0.7499, "suggest"), (0.75, "answer"), (1.0, "answer")],
)
def test_thresholds_decide(confidence: float, decision: str) -> None:
    assert Policy(answer_at=0.75, suggest_at=0.15).decide(confidence) == decision


@pytest.mark.parametrize(
    "numbers", [{"weights": ()}, {"weights": (1.0,) * 5}, {"slopes": (1.0,) * 6}, {"slopes": (1.0,) * 8}]
)
def test_a_policy_with_numbers_too_few_or_too_many_is_refused(numbers: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match="a policy has 4 weights and 7 slopes"):
        Policy(**numbers)  # type: ignore[arg-type]


def test_the_shipped_numbers_fit_together() -> None:
    assert sum(POLICY.weights) == pytest.approx(1)
    assert min(POLICY.weights) >= 0
    assert 0 < POLICY.suggest_at < POLICY.answer_at <= 1
    assert shipped_threshold(0.05) == pytest.approx(POLICY.answer_at)  # the default budget


def test_each_course_has_its_own_policy_or_the_default() -> None:
    own = Policy(answer_at=0.9)
    policies = Policies(POLICY, {"ml": own})
    assert policies.of("ml") is own
    assert policies.of("other") is POLICY
    assert Policies().of("ml") == Policy()


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_smaller_budget_never_lowers_the_shipped_threshold(one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert 0 < shipped_threshold(large) <= shipped_threshold(small) < 1


def test_the_shipped_threshold_is_read_between_the_measured_budgets() -> None:
    assert [shipped_threshold(budget) for budget, _ in SHIPPED_AT] == [threshold for _, threshold in SHIPPED_AT]
    (low, high), (less, more) = zip(*SHIPPED_AT[1:3], strict=True)
    assert shipped_threshold((low + high) / 2) == pytest.approx((less + more) / 2)
    assert shipped_threshold(0.0) == SHIPPED_AT[0][1]
    assert shipped_threshold(1.0) == SHIPPED_AT[-1][1]


def test_words_that_weigh_less_than_one_count_as_those_that_weigh_more() -> None:
    given = signals([0.5, 0.5], [0, 0], [0.5, 0.25], most=0.5)
    assert given.coverage().tolist() == [1.0, 0.5]
    assert given.ranking()[:, 3].tolist() == pytest.approx([1.0, 0.5 * 0.5**DAMPING])


def test_among_many_the_first_has_its_margin_to_the_second() -> None:
    texts = [n / 1000 for n in Random(0).sample(range(1, 1000), 300)]
    margins = signs(signals(texts, [0.0] * 300, [0.0] * 300), weighing(text=1.0))["margin"]
    *_, second, first = sorted(texts)
    assert margins == pytest.approx([text - (second if text == first else first) for text in texts], abs=1e-6)
