"""How far reactions are to be trusted: by kind, by how many people gave them, and no more from one than from others."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

# A teacher's word counts whole; what students click counts less (learning to rank from clicks is biased by position).
# Above 0 it speaks for an entry, below against it.
TRUST = {"correction": 1.0, "chosen": 0.5, "up": 0.3, "down": -0.3, "none": -0.3}
DAILY_VOTES = 10  # of a student, that count whole
Person = tuple[str, str | None]  # role and pseudonym
Voices = dict[Person, float]  # what each person says of one entry: above 0 for it, below 0 against it


def united(weights: Iterable[float]) -> float:
    """Return the probability that one of several people is right, each with their own (noisy-or: Pearl, 1988)."""
    return reduce(lambda one, other: one + other * (1 - one), weights, 0.0)


def shares(votes: Iterable[Mapping[str, Any]]) -> dict[tuple[str | None, str], float]:
    """Return how much each of a student's votes of a day (UTC) counts, by student and day: 1, or less in a burst.

    n votes count min(1, DAILY_VOTES / n) each, so that a student's day never counts more than DAILY_VOTES votes.
    Those whose student is not known count as one student's. A teacher's votes are not counted here.
    """
    given = Counter((v["person"], v["given_at"][:10]) for v in votes if v["role"] == "student")
    return {of: min(1.0, DAILY_VOTES / n) for of, n in given.items()}


def last_word(before: float, now: float) -> float:
    """Return what counts of two votes of one person on the same: the last, or the stronger when both say the same."""
    return now if before * now <= 0 else max(before, now, key=abs)


def teachers(said: Voices) -> Voices:
    """Return what teachers say."""
    return {person: trust for person, trust in said.items() if person[0] == "teacher"}


def judge(voices: Mapping[int, Voices]) -> tuple[dict[int, float], dict[int, float]]:
    """Return which entries are right and which are wrong for a wording, by the trust in that; both may be empty.

    An entry is right when more is said for it than against it; where a teacher spoke, students are not counted.
    """
    right, wrong = {}, {}
    for key, said in voices.items():
        counted = (teachers(said) or said).values()
        above = united(trust for trust in counted if trust > 0)
        below = united(-trust for trust in counted if trust < 0)
        if above > below:
            right[key] = above
        elif below:
            wrong[key] = below
    return right, wrong
