"""Measures as lines on a terminal."""

import pytest

from training.lines import interval_lines, metric_lines, shown, table


@pytest.mark.parametrize(("value", "expected"), [(None, "-"), (0.12345, "0.123"), (1.0, "1.000"), (7, "7"), ("x", "x")])
def test_a_value_is_shown_as_what_it_is(value: float | str | None, expected: str) -> None:
    assert shown(value) == expected


def test_each_held_out_set_has_a_line_before_and_after() -> None:
    before = {"new_wordings": {"n": 3, "hit@1": 0.5, "auroc": None}, "unseen_answers": {"n": 0, "hit@1": None}}
    after = {"new_wordings": {"n": 3, "hit@1": 1.0, "auroc": 0.75}, "unseen_answers": {"n": 0, "hit@1": None}}
    assert metric_lines({"before": before, "after": after}) == [
        "new wordings (3): hit@1 0.500 -> 1.000, auroc - -> 0.750",
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
