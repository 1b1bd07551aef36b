"""What each signal is worth: a row for every choice of signals, the whole last."""

from dataclasses import replace

import numpy as np
import pytest
from simulated import asked

from qa_model.fusion import Policies, Policy
from training.ablation import ALL, MEASURES, ablation, outcomes
from training.calibration import left_out
from training.measures import measure

ROWS = (
    "text alone",
    "known wordings alone",
    "late interaction alone",
    "BM25 alone",
    "without known wordings",
    "without late interaction",
    "without BM25",
    ALL,
)
QUESTIONS = asked(150, only=("late",), none=0.1)


def test_there_is_a_row_for_each_choice_of_signals() -> None:
    rows = ablation(QUESTIONS)
    assert tuple(row["signals"] for row in rows) == ROWS
    assert all(tuple(row) == ("signals", *MEASURES) for row in rows)


def test_the_last_row_is_the_measure_of_the_whole() -> None:
    policies = Policies(courses={"course": Policy(weights=(0.1, 0.2, 0.3, 0.4))})
    whole = measure(outcomes(QUESTIONS, policies))
    assert ablation(QUESTIONS, policies)[-1] == {"signals": ALL, **{key: whole[key] for key in MEASURES}}


def test_a_signal_that_knows_the_answer_is_worth_more_than_the_others() -> None:
    hits = {row["signals"]: row["hit@1"] for row in ablation(QUESTIONS)}
    assert max(hits, key=lambda name: hits[name]) == "late interaction alone"
    assert min(hits["text alone"], hits["BM25 alone"]) < hits["without late interaction"] + 0.1 < hits[ALL]


def test_a_course_is_measured_with_its_own_weights() -> None:
    other = asked(100, course="other", seed=1, only=("lexical",))
    policies = Policies(courses={"other": Policy(weights=(0.0, 0.0, 0.0, 1.0))})
    plain, own = (ablation(other, given)[-1]["hit@1"] for given in (Policies(), policies))
    assert own > plain
    assert ablation(other, policies)[3] == {**ablation(other, policies)[-1], "signals": "BM25 alone"}


def test_each_question_may_have_a_policy_of_its_own() -> None:
    lexical = replace(Policy(), weights=(0.0, 0.0, 0.0, 1.0))
    half = len(QUESTIONS) // 2
    mixed = outcomes(QUESTIONS, [Policy()] * half + [lexical] * (len(QUESTIONS) - half))
    by_one, by_other = (outcomes(QUESTIONS, Policies(policy)) for policy in (Policy(), lexical))
    assert mixed == by_one[:half] + by_other[half:] != by_one


def test_a_question_without_its_answer_is_never_right() -> None:
    assert not any(outcome.right for outcome in outcomes(left_out(QUESTIONS), Policies()))


def test_a_question_that_found_nothing_is_measured_as_not_answered() -> None:
    (one,) = asked(1)
    nothing = replace(one.sensed, entries=(), signals=one.sensed.signals.take(np.zeros(0, int)))
    bare = replace(one, sensed=nothing, right=np.zeros(0, bool))
    (outcome,) = outcomes([bare], Policies())
    assert (outcome.top, outcome.rank, outcome.answer.decision) == (None, None, "abstain")
    assert ablation([bare])[-1]["hit@1"] == 0.0


def test_of_no_questions_nothing_is_known() -> None:
    assert [row["hit@1"] for row in ablation([])] == pytest.approx([None] * len(ROWS))
