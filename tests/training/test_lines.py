"""Measures as lines on a terminal."""

import pytest

from training.lines import budget_lines, interval_lines, metric_lines, shown, table
from training.policies import NEVER


@pytest.mark.parametrize(("value", "expected"), [(None, "-"), (0.12345, "0.123"), (1.0, "1.000"), (7, "7"), ("x", "x")])
def test_a_value_is_shown_as_what_it_is(value: float | str | None, expected: str) -> None:
    assert shown(value) == expected


def test_each_held_out_set_has_a_line_before_and_after() -> None:
    before = {
        "new_wordings": {"n": 3, "answerable": 2, "hit@1": 0.5, "auroc": None},
        "unseen_answers": {"n": 0, "hit@1": None},
    }
    after = {
        "new_wordings": {"n": 3, "answerable": 2, "hit@1": 1.0, "auroc": 0.75},
        "unseen_answers": {"n": 0, "hit@1": None},
    }
    assert metric_lines({"before": before, "after": after}) == [
        "new wordings (3, 2 with an answer): hit@1 0.500 -> 1.000, auroc - -> 0.750",
        "unseen answers (0): hit@1 - -> -",
    ]


def test_a_table_has_its_columns_in_line() -> None:
    rows = [{"signals": "a", "hit@1": 0.5, "n": 10}, {"signals": "longer name", "hit@1": None, "n": 1234567}]
    assert table(rows) == [
        "signals      hit@1        n",
        "a            0.500       10",
        "longer name      -  1234567",
    ]
    assert len({len(line) for line in table(rows)}) == 1


def test_a_table_of_nothing_is_empty() -> None:
    assert table([]) == []


def test_an_interval_stands_with_its_signs_and_none_is_left_out() -> None:
    told = interval_lines({"new_wordings": {"hit@1": [-0.01, 0.02], "hit@5": None}, "unseen_answers": {"hit@1": None}})
    assert told == ["new wordings, 95 % interval of the difference: hit@1 -0.010 to +0.020"]


COSTS = [{"max_error": 0.01, "coverage": 0.3}, {"max_error": 0.1, "coverage": 0.75}]
MEASURED = {"labelled": 300, "max_error": 0.05, "measured": True, "coverage": 0.61, "error": 0.021, "upper": 0.044}


def budget_line(**told: object) -> str:
    (line,) = budget_lines({"calibration": {"courses": {"a": {**MEASURED, "costs": COSTS, **told}}}})
    return line


def test_a_measured_course_tells_its_error_and_what_other_budgets_cost() -> None:
    assert budget_line(threshold=0.83) == (
        "a: answers from 0.83 on for a budget of 5 %: 61 % answered, 2.1 % of that wrong (95 % bound 4.4 %); "
        "answered with other budgets: 30 % at 1 %, 75 % at 10 %"
    )


def test_a_course_that_never_answers_says_why() -> None:
    line = budget_line(threshold=NEVER, coverage=0.0, error=0.0)
    assert line.startswith("a: never answers for a budget of 5 %: no threshold keeps it here; ")


def test_a_course_that_is_not_measured_promises_nothing() -> None:
    line = budget_line(threshold=0.2, max_error=0.6, labelled=7, measured=False)
    assert line == (
        "a: answers from 0.20 on, the shipped threshold for a budget of 60 %; "
        "not yet measured here (7 labelled questions, it takes 100)"
    )
