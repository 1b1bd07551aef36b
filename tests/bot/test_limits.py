"""Ten messages at once, then twenty a minute, for each person alone."""

from hypothesis import given
from hypothesis import strategies as st

from bot.limits import BURST, INTERVAL_S, Limits
from bot.pace import MANY


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_burst_passes_and_then_one_each_interval() -> None:
    clock = Clock()
    limits = Limits(clock)
    assert [limits.take(7) for _ in range(BURST)] == [0.0] * BURST
    assert limits.take(7) == INTERVAL_S
    clock.now_s += 1
    assert limits.take(7) == INTERVAL_S - 1
    clock.now_s += INTERVAL_S - 1
    assert limits.take(7) == 0.0
    assert limits.take(7) == INTERVAL_S


def test_twenty_a_minute_are_answered_whatever_the_flood() -> None:
    clock = Clock()
    limits = Limits(clock)
    answered = 0
    for _ in range(600):
        answered += limits.take(7) == 0.0
        clock.now_s += 0.1
    assert answered == BURST + 60 / INTERVAL_S - 1


def test_waiting_fills_the_bucket_and_never_more_than_that() -> None:
    clock = Clock()
    limits = Limits(clock)
    for _ in range(3):
        assert [limits.take(7) for _ in range(BURST + 1)] == [0.0] * BURST + [INTERVAL_S]
        clock.now_s += 10_000


def test_nobody_waits_for_another() -> None:
    limits = Limits(Clock())
    while limits.take(7) == 0.0:
        pass
    assert limits.take(8) == 0.0


def test_a_person_is_told_once_until_the_bucket_was_full_again() -> None:
    clock = Clock()
    limits = Limits(clock)
    for _ in range(2):
        while limits.take(7) == 0.0:
            pass
        assert [limits.tell(7) for _ in range(3)] == [True, False, False]
        assert limits.tell(8)
        limits.take(8)
        clock.now_s += INTERVAL_S * BURST
        limits.take(8)


def test_persons_whose_bucket_is_full_are_forgotten() -> None:
    clock = Clock()
    limits = Limits(clock)
    for person in range(MANY + 1):
        limits.take(person)
    clock.now_s += INTERVAL_S
    limits.take(-1)
    assert len(limits._pace._full_at) == 1


@given(gaps_s=st.lists(st.floats(0, 20), min_size=1, max_size=80))
def test_no_window_holds_more_than_a_burst_and_its_share(gaps_s: list[float]) -> None:
    clock = Clock()
    limits = Limits(clock)
    passed: list[float] = []
    for gap_s in gaps_s:
        clock.now_s += gap_s
        wait_s = limits.take(7)
        assert 0 <= wait_s <= INTERVAL_S + 1e-6
        if wait_s == 0.0:
            passed.append(clock.now_s)
    for i, begin in enumerate(passed):
        for j in range(i, len(passed)):
            assert j - i + 1 <= BURST + (passed[j] - begin) / INTERVAL_S + 1e-6
