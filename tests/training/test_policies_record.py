"""What a calibration counts as unanswerable, and what it tells of itself: reliability and error against coverage."""

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from calibrations import JUDGED, MANY, judged, run
from hypothesis import given
from simulated import asked

from data.budgets import MIN_LABELLED
from training.calibration import Asked, left_out
from training.policies import (
    BINS,
    CURVE_POINTS,
    MIN_UNANSWERABLE,
    Calibrated,
    _balanced,
    _curve,
    _Judged,
    _reliability,
)


@pytest.fixture(scope="module")
def measured() -> Calibrated:
    return run(MANY, young=MIN_LABELLED - 1)


def test_what_nothing_answers_has_the_share_of_the_log() -> None:
    questions = [*asked(60, none=0.0), *asked(40, seed=1, none=1.0)]
    every = [*questions, *left_out(questions)]
    balanced = _balanced(every, {"course": 160})  # 40 of 160 labelled ones: a quarter, whatever part is asked here
    mass = _mass(balanced)
    assert mass["answerable"] == pytest.approx(60)
    assert mass["none"] / (mass["none"] + mass["answerable"]) == pytest.approx(0.25)
    assert "made" not in mass  # the log knows of enough


def test_where_the_log_knows_of_none_the_made_ones_fill_up() -> None:
    questions = asked(60)
    mass = _mass(_balanced([*questions, *left_out(questions)], {"course": 200}))
    assert mass["made"] / sum(mass.values()) == pytest.approx(MIN_UNANSWERABLE)
    some = [*questions, *asked(2, seed=1, none=1.0)]
    mass = _mass(_balanced([*some, *left_out(some)], {"course": 100}))
    assert (mass["none"] + mass["made"]) / sum(mass.values()) == pytest.approx(MIN_UNANSWERABLE)
    assert mass["none"] == pytest.approx(60 * 0.02 / 0.98)


def test_the_share_holds_where_answers_are_little_trusted() -> None:
    questions = [*asked(60, weight=0.3), *asked(40, seed=1, none=1.0)]
    mass = _mass(_balanced(questions, {"course": 160}))
    assert mass["none"] / (mass["none"] + mass["answerable"]) == pytest.approx(0.25)


def test_a_log_of_nothing_but_unanswerable_questions_is_not_believed_whole() -> None:
    questions = asked(150, none=1.0)
    balanced = _balanced(questions, {"course": 150})
    assert len(balanced) == 150 and all(np.isfinite(one.weight) and one.weight > 0 for one in balanced)
    assert run(questions).policies.of("course").answer_at > 0.5


def _mass(balanced: Sequence[Asked]) -> dict[str, float]:
    mass: Counter[str] = Counter()
    for one in balanced:
        mass["made" if one.made else "answerable" if one.question.expected_ids else "none"] += one.weight  # type: ignore[assignment]
    return dict(mass)


def test_the_share_of_unanswerable_questions_is_told(measured: Calibrated) -> None:
    share = np.mean([not one.question.expected_ids for one in MANY])
    assert measured.record["unanswerable_share"] == pytest.approx(share, abs=0.02)
    assert run(asked(200)).record["unanswerable_share"] == pytest.approx(MIN_UNANSWERABLE)


def test_the_reliability_of_the_measured_questions_is_told(measured: Calibrated) -> None:
    bins = measured.record["reliability"]
    every = [*MANY, *left_out(MANY)]
    assert sum(b["n"] for b in bins) in (len(MANY), len(every))  # the made ones where they were needed
    assert all(0 <= b[key] <= 1 for b in bins for key in ("confidence", "right"))
    assert 0 <= measured.record["ece"] < 0.06


def test_a_perfect_calibration_has_no_error_of_calibration() -> None:
    confidence = np.repeat((np.arange(BINS) + 0.5) / BINS, 20)
    right = np.concatenate([np.arange(20) < 2 * i + 1 for i in range(BINS)])
    told = _reliability(judged("a", list(confidence), list(right)))
    assert told["ece"] == pytest.approx(0)
    assert [b["n"] for b in told["reliability"]] == [20] * BINS
    assert [b["right"] for b in told["reliability"]] == pytest.approx([b["confidence"] for b in told["reliability"]])


def test_the_error_of_calibration_is_the_mean_distance() -> None:
    told = _reliability(judged("a", [1.0] * 10 + [0.0] * 10, [True] * 8 + [False] * 2 + [False] * 10))
    assert told["ece"] == pytest.approx(0.5 * 0.2)
    assert told["reliability"] == [
        {"confidence": 0.0, "right": 0.0, "n": 10},
        {"confidence": 1.0, "right": pytest.approx(0.8), "n": 10},
    ]


def test_the_curve_goes_from_the_surest_to_all(measured: Calibrated) -> None:
    curve = measured.record["curve"]
    assert len(curve) == CURVE_POINTS
    assert [p["coverage"] for p in curve] == sorted(p["coverage"] for p in curve)
    assert [p["threshold"] for p in curve] == sorted((p["threshold"] for p in curve), reverse=True)
    assert curve[0]["coverage"] < 0.05 and curve[-1]["coverage"] == 1.0
    assert all(0 <= p["error"] <= 1 for p in curve)


@given(JUDGED)
def test_every_share_lies_between_0_and_1(rows: list[tuple[str, float, bool, float]]) -> None:
    courses, confidence, right, weight = zip(*rows, strict=True)
    every = _Judged(courses, np.array(confidence), np.array(right, bool), np.array(weight) * 0.1)
    shares = [b[key] for b in _reliability(every)["reliability"] for key in ("confidence", "right")]
    shares += [p[key] for p in _curve(every) for key in ("coverage", "error")]
    assert all(0 <= share <= 1 for share in shares)


def test_the_record_is_plain_json(measured: Calibrated) -> None:
    assert json.loads(json.dumps(measured.record, allow_nan=False)) == measured.record
