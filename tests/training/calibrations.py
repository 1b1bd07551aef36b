"""Calibrations on questions with made-up signals, and judged questions made up outright."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from simulated import asked

from training.calibration import Asked
from training.policies import Calibrated, _Judged, calibrate

MANY = [*asked(200, course="a", none=0.1), *asked(200, course="b", seed=1, none=0.1)]
# Few different probabilities, so that ties are common; two courses, and weights as reactions have them.
JUDGED = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 12).map(lambda n: n / 12),
        st.sampled_from([True, True, True, False]),
        st.sampled_from([0.3, 1.0]),
    ),
    min_size=1,
    max_size=200,
)


def labelled(questions: Sequence[Asked]) -> Counter[str]:
    """Count the labelled questions of each course."""
    return Counter(one.question.course for one in questions if one.wrong is None)


def run(questions: Sequence[Asked], max_error: float = 0.05, **known: int) -> Calibrated:
    """Calibrate with the same budget everywhere; `known`: further courses with their labelled questions."""
    counts = labelled(questions) | Counter(known)
    return calibrate(questions, counts, dict.fromkeys(counts, max_error))


def judged(course: str, confidence: Sequence[float], right: Sequence[bool]) -> _Judged:
    """Return judged questions of one course, all of weight 1."""
    n = len(confidence)
    return _Judged((course,) * n, np.array(confidence, float), np.array(right, bool), np.ones(n))


def both(one: _Judged, other: _Judged) -> _Judged:
    """Return the judged questions of both."""
    arrays = ((getattr(one, name), getattr(other, name)) for name in ("confidence", "right", "weight"))
    return _Judged(one.courses + other.courses, *map(np.concatenate, arrays))
