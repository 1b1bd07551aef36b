"""Questions with made-up signals: what they found in a course of a few entries, without an encoder."""

from collections.abc import Sequence

import numpy as np

from data.records import Entry, LabelledQuestion
from qa_model.answerer import Sensed
from qa_model.fusion import Signals
from training.calibration import FOLDS, Asked

CANDIDATES = 6


def asked(
    n: int,
    *,
    seed: int = 0,
    course: str = "course",
    found: float = 0.8,
    none: float = 0.0,
    only: Sequence[str] = ("text", "wording", "late", "lexical"),
    weight: float = 1.0,
) -> list[Asked]:
    """Return n questions, of which a share `none` is answered by nothing.

    The entry that answers a question stands out in the signals `only`, in a share `found` of the questions by much
    and else hardly. Each question has its own fold in turn.
    """
    rng = np.random.default_rng(seed)
    return [_one(rng, i, course, found, rng.random() >= none, only, weight) for i in range(n)]


def entries(course: str = "course") -> tuple[Entry, ...]:
    """Return the entries of the course."""
    return tuple(Entry(course, str(i), f"question {i}", "answer", key=i + 1) for i in range(CANDIDATES))


def _one(
    rng: np.random.Generator, i: int, course: str, found: float, answerable: bool, only: Sequence[str], weight: float
) -> Asked:
    place = int(rng.integers(CANDIDATES))
    right = np.arange(CANDIDATES) == place
    gain = float(rng.uniform(0.15, 0.45) if rng.random() < found else rng.uniform(0, 0.1))

    def signal(name: str) -> np.ndarray:
        values = rng.uniform(0.2, 0.45, CANDIDATES)
        return (values + gain * right * (answerable and name in only)).astype(np.float32)

    text, wording, late, lexical = (signal(name) for name in ("text", "wording", "late", "lexical"))
    signals = Signals(text, wording, 10 * lexical, 10.0, late)
    question = LabelledQuestion(f"{course} {i}", course, (str(place),) if answerable else ())
    return Asked(question, Sensed(course, entries(course), signals, True), right & answerable, weight, i % FOLDS)
