"""Reactions weigh by kind, add up over people, and one person's day is bounded."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.trust import DAILY_VOTES, TRUST, Voices, judge, last_word, shares, united

WEIGHTS = st.lists(st.floats(0, 1), max_size=30)


def votes(person: str | None, day: str, n: int) -> list[dict[str, object]]:
    return [{"person": person, "role": "student", "given_at": f"{day}T10:00:00.000Z"}] * n


def test_a_correction_counts_whole_and_a_choice_more_than_a_thumb() -> None:
    assert 1 == TRUST["correction"] > TRUST["chosen"] > TRUST["up"] == -TRUST["down"] > 0


@given(WEIGHTS)
def test_more_people_never_count_less_and_never_more_than_one_teacher(weights: list[float]) -> None:
    assert max([0.0, *weights]) <= united(weights) <= min(1.0, sum(weights)) + 1e-9
    assert united([*weights, 1.0]) == 1.0
    grown = [united(weights[:n]) for n in range(len(weights) + 1)]
    assert all(a <= b + 1e-9 for a, b in pairwise(grown))


def test_two_thumbs_count_as_noisy_or() -> None:
    assert united([0.3, 0.3]) == pytest.approx(1 - 0.7 * 0.7)
    assert united([0.3]) == 0.3
    assert united([]) == 0


@given(st.integers(0, 400))
def test_a_persons_day_never_counts_more_than_its_bound(n: int) -> None:
    share = shares(votes("ann", "2026-01-01", n))
    assert n * share.get(("ann", "2026-01-01"), 0) == pytest.approx(min(n, DAILY_VOTES))


def test_days_people_and_teachers_are_counted_apart() -> None:
    teacher = [{"person": None, "role": "teacher", "given_at": "2026-01-01T00:00:00.000Z"}] * 500
    share = shares([*votes("ann", "2026-01-01", 40), *votes("ann", "2026-01-02", 1), *votes("bob", "2026-01-01", 2)])
    assert share == {("ann", "2026-01-01"): DAILY_VOTES / 40, ("ann", "2026-01-02"): 1, ("bob", "2026-01-01"): 1}
    assert shares(teacher) == {}


def test_the_last_word_of_a_person_counts_and_what_says_more_of_the_same() -> None:
    assert last_word(0.0, 0.3) == 0.3
    assert last_word(0.5, 0.3) == last_word(0.3, 0.5) == 0.5
    assert last_word(0.5, -0.3) == -0.3
    assert last_word(-0.3, 0.3) == 0.3


def test_an_entry_is_right_when_more_is_said_for_it_than_against_it() -> None:
    ann, bob, teacher = ("student", "ann"), ("student", "bob"), ("teacher", None)
    voices: dict[int, Voices] = {1: {ann: 0.3}, 2: {ann: -0.3, bob: 0.3}, 3: {ann: -0.3, bob: 0.5}, 4: {ann: -0.3}}
    assert judge(voices) == ({1: 0.3, 3: 0.5}, {2: 0.3, 4: 0.3})
    assert judge({1: {("student", str(i)): -0.3 for i in range(1000)} | {teacher: 1.0}}) == ({1: 1.0}, {})
    assert judge({}) == ({}, {})
