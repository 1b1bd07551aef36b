"""A course's own policy and threshold where it has enough questions; the shipped ones where it has not."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from calibrations import JUDGED, MANY, both, judged, labelled, run
from hypothesis import given
from hypothesis import strategies as st
from simulated import CANDIDATES, asked

from data.budgets import MIN_LABELLED
from qa_model.fusion import Policy, shipped_threshold
from training.calibration import BUDGETS, fit, judge, lower_bound
from training.policies import (
    NEVER,
    Calibrated,
    _Judged,
    _thresholds,
    calibrate,
)

SHIPPED = Policy()


@pytest.fixture(scope="module")
def measured() -> Calibrated:
    return run(MANY, young=MIN_LABELLED - 1)


def test_a_course_with_enough_questions_gets_numbers_of_its_own(measured: Calibrated) -> None:
    own = [measured.policies.of(course) for course in "ab"]
    assert len({*own, SHIPPED}) == 3
    assert [measured.record["courses"][course]["measured"] for course in "ab"] == [True, True]
    assert measured.policies.default == SHIPPED


def test_a_course_under_a_hundred_labelled_questions_keeps_the_shipped_numbers(measured: Calibrated) -> None:
    questions = [*MANY, *asked(MIN_LABELLED - 1, course="young", only=("lexical",))]
    found = run(questions, 0.1)
    assert found.policies.of("young") == replace(SHIPPED, answer_at=shipped_threshold(0.1))
    assert found.record["courses"]["young"] == {
        "labelled": MIN_LABELLED - 1,
        "max_error": 0.1,
        "threshold": shipped_threshold(0.1),
        "measured": False,
        "coverage": None,
        "error": None,
        "upper": None,
        "costs": [],
    }
    assert found.unseen[: len(MANY)] == measured.unseen  # and teaches nothing to the others
    assert found.unseen[-1] == SHIPPED


def test_a_hundred_are_enough() -> None:
    assert MIN_LABELLED == 100
    assert run(asked(MIN_LABELLED, course="a")).record["courses"]["a"]["measured"] is True


def test_each_course_has_its_own_budget() -> None:
    found = calibrate(MANY, labelled(MANY), {"a": 0.2, "b": 0.03, "c": 0.01})
    told = found.record["courses"]
    assert [(course, told[course]["max_error"]) for course in told] == [("a", 0.2), ("b", 0.03), ("c", 0.01)]
    assert [c["max_error"] for c in told["b"]["costs"]] == sorted([*BUDGETS, 0.03])
    assert found.policies.of("a").answer_at < found.policies.of("b").answer_at
    assert found.policies.of("c").answer_at == shipped_threshold(0.01)


def test_each_question_is_told_by_a_policy_that_did_not_see_its_fold(measured: Calibrated) -> None:
    assert len(measured.unseen) == len(MANY)
    by_fold = {(one.question.course, one.fold): policy for one, policy in zip(MANY, measured.unseen, strict=True)}
    assert len({*by_fold.values()}) == len(by_fold) == 10
    turned = [replace(one, right=np.roll(one.right, 1)) if one.fold == 0 else one for one in MANY]
    again = {(one.question.course, one.fold): policy for one, policy in zip(MANY, run(turned).unseen, strict=True)}
    assert {key for key, policy in by_fold.items() if again[key] == policy} == {("a", 0), ("b", 0)}


def test_the_error_that_is_told_is_what_the_threshold_lets_through(measured: Calibrated) -> None:
    for course in "ab":
        told = measured.record["courses"][course]
        assert 0 < told["error"] <= told["upper"]
        assert lower_bound(round(told["error"] * 200), 200) <= told["max_error"]
        assert told["coverage"] > 0.3


def test_a_fitted_course_keeps_its_budget_on_new_questions(measured: Calibrated) -> None:
    new = asked(4000, course="a", seed=9, none=0.1)
    confidence, right, _ = judge(new, measured.policies.of("a"))
    answered = confidence >= measured.policies.of("a").answer_at
    assert (~right[answered]).mean() <= 0.05
    assert answered.mean() > 0.3


def test_calibrating_twice_gives_the_same(measured: Calibrated) -> None:
    assert run(MANY, young=MIN_LABELLED - 1) == measured


def test_a_stricter_budget_costs_coverage(measured: Calibrated) -> None:
    for course in "ab":
        told = measured.record["courses"][course]
        costs = told["costs"]
        assert [c["max_error"] for c in costs] == sorted(BUDGETS)
        assert [c["coverage"] for c in costs] == sorted(c["coverage"] for c in costs)
        assert costs[0]["coverage"] < costs[-1]["coverage"]
        assert told["coverage"] == next(c["coverage"] for c in costs if c["max_error"] == 0.05)


@given(JUDGED, st.sampled_from([*BUDGETS, 0.03, 0.5]))
def test_a_stricter_budget_never_has_the_lower_threshold(
    rows: list[tuple[str, float, bool, float]], budget: float
) -> None:
    courses, confidence, right, weight = zip(*rows, strict=True)
    every = _Judged(courses, np.array(confidence), np.array(right, bool), np.array(weight))
    found = _thresholds(every, "a", budget)
    assert [*found] == sorted({*BUDGETS, budget})
    assert [*found.values()] == sorted(found.values(), reverse=True)
    for max_error, level in found.items():
        assert level == NEVER or 0 <= level <= 1
        assert not every.of("a").breaks(level, max_error)


def test_courses_share_a_threshold_that_none_of_them_speaks_against() -> None:
    easy = judged("easy", np.linspace(1, 0, 400), np.linspace(1, 0, 400) > 0.4)
    few = judged("few", [0.9, 0.8], [True, True])
    every = both(easy, few)
    assert _thresholds(every, "few", 0.05) == _thresholds(every, "easy", 0.05)


def test_a_course_that_shows_the_shared_threshold_to_break_its_budget_gets_its_own() -> None:
    easy = judged("easy", np.linspace(1, 0, 2000), np.linspace(1, 0, 2000) > 0.4)
    levels = np.linspace(1, 0, 300)
    every = both(easy, judged("hard", levels, levels > 0.7))
    shared, own = (_thresholds(every, course, 0.05)[0.05] for course in ("easy", "hard"))
    assert shared < 0.6 < 0.68 < own < 0.72


def test_a_course_where_no_threshold_keeps_the_budget_never_answers() -> None:
    easy = judged("easy", np.linspace(1, 0, 2000), np.linspace(1, 0, 2000) > 0.4)
    hopeless = judged("hopeless", np.linspace(1, 0.9, 60), np.arange(60) % 2 == 0)
    assert _thresholds(both(easy, hopeless), "hopeless", 0.05)[0.05] == NEVER
    assert SHIPPED.probabilities(*_certain()) < NEVER


def _certain() -> tuple[Any, Any, Any]:
    (one,) = asked(1, found=1.0)
    signals = replace(one.sensed.signals, text=10.0 * one.right, wording=10.0 * one.right, late=10.0 * one.right)
    scores = SHIPPED.scores(signals)
    return signals, scores, np.array([scores.argmax()])


def test_where_nothing_is_shown_to_keep_the_budget_the_safest_threshold_serves_and_none_below_the_shipped() -> None:
    high, low = (judged("a", [level, 0.1], [True, False]) for level in (0.9, 0.3))
    assert _thresholds(high, "a", 0.05)[0.05] == 0.9  # one right answer bears out nothing
    assert _thresholds(low, "a", 0.05)[0.05] == shipped_threshold(0.05)
    nobody = judged("a", [], [])
    assert _thresholds(nobody, "a", 0.05) == {budget: shipped_threshold(budget) for budget in BUDGETS}


def test_doubts_count_only_where_the_first_is_doubted_and_not_as_unanswerable() -> None:
    plain = asked(200, course="a", none=0.1)
    nothing = np.zeros(CANDIDATES, bool)
    doubts = [
        replace(one, wrong=nothing, right=nothing, weight=0.3, question=replace(one.question, expected_ids=()))
        for one in asked(50, course="a", seed=3)
    ]
    without, unknown = run(plain), run([*plain, *doubts])
    assert unknown.policies == without.policies
    assert unknown.record | {"questions": 200} == without.record
    bad = [replace(one, wrong=~nothing) for one in doubts]
    probabilities = [judge(plain, found.policies.of("a"))[0].mean() for found in (without, run([*plain, *bad]))]
    assert probabilities[1] < probabilities[0]
    assert len(run([*plain, *bad]).unseen) == 250


def test_a_course_with_doubts_alone_is_not_measured() -> None:
    nothing = np.zeros(CANDIDATES, bool)
    doubts = [replace(one, wrong=~nothing, right=nothing) for one in asked(150, course="a")]
    found = calibrate(doubts, {"a": 150}, {"a": 0.05})
    assert found.record["courses"]["a"]["measured"] is False
    assert found.policies.of("a").slopes == SHIPPED.slopes


def test_what_is_not_trusted_takes_no_part_and_is_told_all_the_same(measured: Calibrated) -> None:
    extra = [replace(one, weight=0.0) for one in asked(100, course="a", seed=5, only=("lexical",))]
    courses = labelled(MANY) | Counter(young=MIN_LABELLED - 1)
    found = calibrate([*MANY, *extra], courses, dict.fromkeys(courses, 0.05))
    assert (found.record, found.policies) == (measured.record, measured.policies)
    assert len(found.unseen) == len(MANY) + 100
    assert SHIPPED not in found.unseen


@pytest.mark.parametrize("n", [0, 1, 3])
def test_hardly_any_questions_give_a_whole_record(n: int) -> None:
    found = calibrate(asked(n, course="a"), {"a": MIN_LABELLED}, {"a": 0.05})
    assert found.record["questions"] == n
    assert found.record["courses"]["a"]["threshold"] >= shipped_threshold(0.05)
    json.dumps(found.record, allow_nan=False)


def test_one_fold_alone_is_judged_by_the_shipped_policy() -> None:
    questions = [replace(one, fold=2) for one in asked(150, course="a")]
    assert {*run(questions).unseen} == {SHIPPED}


def test_a_course_learns_from_the_others_as_far_as_it_knows_little_itself() -> None:
    lexical = [*asked(400, course="a", only=("lexical",)), *asked(30, course="b", seed=1, only=("lexical",))]
    found = calibrate(lexical, {"a": 400, "b": MIN_LABELLED}, {"a": 0.05, "b": 0.05})
    alone = fit(lexical[400:], SHIPPED)
    assert found.policies.of("b").weights[3] > alone.weights[3]
