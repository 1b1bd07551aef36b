"""A newer model serves only if it is better on new wordings, breaks nothing that counts and is worse at nothing."""

import pytest
from answered import answers, outcomes

from training.comparison import Answers, compared
from training.verdict import TOLERANCE, verdict

UNSEEN_WORSE = [0] * 9 + [9]  # MRR@10 .91 instead of 1
UNSEEN_HARDLY_WORSE = [0] * 99 + [1]


@pytest.mark.parametrize(
    ("before", "after", "better", "reason"),
    [
        (
            answers([0, 1], [1]),
            answers([0, 0], [1]),
            True,
            "no worse, and perhaps better: MRR@10 0.750 -> 1.000 on 2 new wordings (+0.2500, 95 % interval +0.0000 to",
        ),
        (answers([0, 1], [1]), answers([0, 1], [0]), False, "not better: MRR@10 0.750 -> 0.750"),
        (answers([0, 1], [1]), answers([1, 1], [0]), False, "not better"),
        (answers([1], [0] * 10), answers([0], UNSEEN_WORSE), False, "worse on answers it never saw"),
        (answers([1], [0] * 100), answers([0], UNSEEN_HARDLY_WORSE), True, "no worse"),
        (answers([1]), answers([0]), True, "no worse, and perhaps better: MRR@10 0.500 -> 1.000 on 1 new wordings"),
        (answers([], [1]), answers([], [0]), False, "no wordings could be held out"),
        (answers([]), answers([]), False, "no wordings could be held out"),
        (answers([1], [0], [0, 0]), answers([0], [0], [1, 0]), False, "breaks protected questions (1), 'question 0'"),
        (answers([1], [0], [1, 0]), answers([0], [0], [2, 0]), True, "no worse"),  # was wrong before
        (answers([], [0], [0]), answers([], [0], [1]), False, "breaks protected questions"),
    ],
)
def test_the_verdict_says_why(before: Answers, after: Answers, better: bool, reason: str) -> None:
    found = verdict(compared(before, after))
    assert found.better is better
    assert found.reason.startswith(reason)


def test_a_model_that_is_sure_of_what_is_wrong_is_not_better() -> None:
    half = [0, 0, 1, 1]
    before = Answers(outcomes([0, 0, 2, 2], [0.9, 0.8, 0.2, 0.1]), ())
    sure_of_wrong = Answers(outcomes(half, [0.2, 0.1, 0.9, 0.8]), ())
    found = verdict(compared(before, sure_of_wrong))
    assert not found.better
    assert found.reason.startswith("worse at knowing what it does not know (AURC 0.208 -> 0.792)")
    assert verdict(compared(before, Answers(outcomes(half, [0.9, 0.8, 0.2, 0.1]), ()))).better
    assert 0 < TOLERANCE < 0.1


def test_a_gain_is_told_with_its_interval_and_called_better_only_where_chance_does_not_explain_it() -> None:
    clear = verdict(compared(answers([1] * 40, [0]), answers([0] * 40, [0])))
    assert clear.reason == (
        "better: MRR@10 0.500 -> 1.000 on 40 new wordings (+0.5000, 95 % interval +0.5000 to +0.5000), "
        "1.000 -> 1.000 on unseen answers"
    )
    slight = verdict(compared(answers([0] * 60 + [8]), answers([0] * 60 + [7])))
    assert slight.better
    assert slight.reason.startswith(
        "no worse, and perhaps better: MRR@10 0.985 -> 0.986 on 61 new wordings (+0.0002, 95 % "
    )
    assert "interval +0.0000 to +0.0007" in slight.reason
