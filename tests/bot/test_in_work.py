"""What was in work when a process ended is known to the next, and how often; what was handled is forgotten."""

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from bot.in_work import InWork


def left(store: Path) -> list[tuple[int, int]]:
    in_work = InWork(store)
    return [(update, in_work.ends(update)) for update in in_work.left()]


NEVER_LEFT: list[AbstractContextManager[None]] = []


def end_within(store: Path, *updates: int) -> None:
    """A process that ends while it handles these updates: nothing is tidied up."""
    in_work = InWork(store)
    in_work.left()
    for update in updates:
        NEVER_LEFT.append(in_work.noted(update))
        NEVER_LEFT[-1].__enter__()


def test_what_a_process_ended_of_is_counted_the_least_suspect_first(tmp_path: Path) -> None:
    store = tmp_path / "tutor.db"
    end_within(store, 3, 5)
    assert left(store) == [(3, 1), (5, 1)]
    end_within(store, 3)
    assert left(store) == [(5, 1), (3, 2)]


def test_what_was_not_taken_up_again_is_not_counted_again(tmp_path: Path) -> None:
    store = tmp_path / "tutor.db"
    end_within(store, 3)
    for _ in range(5):
        assert left(store) == [(3, 1)]


def test_what_was_handled_is_forgotten_whatever_came_of_it(tmp_path: Path) -> None:
    store = tmp_path / "tutor.db"
    end_within(store, 3)
    in_work = InWork(store)
    assert in_work.left() == [3]
    with pytest.raises(ZeroDivisionError), in_work.noted(3):
        raise ZeroDivisionError
    assert in_work.ends(3) == 0
    assert left(store) == []
    end_within(store, 3)
    assert left(store) == [(3, 1)]


def test_a_half_written_count_begins_anew_and_what_is_no_update_is_left_alone(tmp_path: Path) -> None:
    store = tmp_path / "tutor.db"
    InWork(store).left()
    (tmp_path / "tutor.db.in-work" / "7").write_text("")
    (tmp_path / "tutor.db.in-work" / "notes").write_text("mine")
    assert left(store) == [(7, 0)]


def test_where_nothing_can_be_noted_updates_are_handled_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "tutor.db.in-work").write_text("a file in the place of the folder")
    in_work = InWork(tmp_path / "tutor.db")
    assert in_work.left() == []
    assert "is not known" in caplog.text
    with in_work.noted(3):
        pass
