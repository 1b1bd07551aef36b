"""Bursts are free, what goes on is spread."""

from bot.pace import Pace


def test_a_burst_is_free_and_then_one_is_let_through_in_each_interval() -> None:
    pace = Pace(per_second=2.0, burst=3)
    assert [pace.reserve(7, 100.0) for _ in range(5)] == [0.0, 0.0, 0.0, 0.5, 1.0]


def test_what_was_not_used_comes_back_with_time() -> None:
    pace = Pace(per_second=1.0, burst=2)
    assert [pace.reserve(7, 0.0), pace.reserve(7, 0.0), pace.reserve(7, 0.0)] == [0.0, 0.0, 1.0]
    assert [pace.reserve(7, 50.0), pace.reserve(7, 50.0), pace.reserve(7, 50.0)] == [0.0, 0.0, 1.0]


def test_each_key_has_its_own_pace_and_idle_ones_take_no_room() -> None:
    pace = Pace(per_second=1.0, burst=1)
    assert all(pace.reserve(key, 0.0) == 0.0 for key in range(1001))
    assert pace.reserve(7, 0.0) == 1.0
    pace.reserve(5000, 100.0)
    assert len(pace._full_at) == 1
