"""How often a course may be wrong: its own word, else that for all, else one in twenty."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.budgets import DEFAULT_MAX_ERROR, Change, changed, in_force, kept, set_budget
from data.entries import add_course, revision
from data.errors import TutorError
from data.store import Store


@pytest.fixture(autouse=True)
def courses(store: Store) -> None:
    """Two courses."""
    store.write(add_course, "c")
    store.write(add_course, "d")


def keep(store: Store, course: str | None, max_error: float | None) -> None:
    store.write(set_budget, Change(course, max_error))


def budget(store: Store, course: str) -> float:
    return in_force(store.read(kept), course)


def test_a_course_that_said_nothing_has_the_default(store: Store) -> None:
    assert budget(store, "c") == budget(store, "unheard-of") == DEFAULT_MAX_ERROR == 0.05
    assert store.read(kept) == {}


def test_a_courses_own_budget_wins_over_that_for_all_in_any_order(store: Store) -> None:
    keep(store, "c", 0.01)
    keep(store, None, 0.1)
    assert (budget(store, "c"), budget(store, "d")) == (0.01, 0.1)
    keep(store, "c", 0.2)
    assert (budget(store, "c"), budget(store, "d")) == (0.2, 0.1)
    assert store.read(kept) == {"c": 0.2, None: 0.1}


def test_a_budget_goes_back_to_that_of_all_and_that_of_all_to_the_default(store: Store) -> None:
    keep(store, "c", 0.01)
    keep(store, None, 0.1)
    keep(store, "c", None)
    assert budget(store, "c") == 0.1
    keep(store, None, None)
    assert budget(store, "c") == DEFAULT_MAX_ERROR
    keep(store, "c", None)  # nothing to take back
    assert store.read(kept) == {}


def test_running_readers_notice_a_change_and_nothing_else(store: Store) -> None:
    seen = [store.read(revision)]
    for max_error in (0.01, 0.01, None, None):
        keep(store, "c", max_error)
        seen.append(store.read(revision))
    assert seen[0] != seen[1] == seen[2] != seen[3] == seen[4]


@pytest.mark.parametrize("course", ["c", None])
@pytest.mark.parametrize("max_error", [0.2, None])
def test_what_a_change_would_come_to_is_what_it_comes_to(
    store: Store, course: str | None, max_error: float | None
) -> None:
    keep(store, "c", 0.01)
    keep(store, None, 0.1)
    change = Change(course, max_error)
    foreseen = changed(store.read(kept), change)
    store.write(set_budget, change)
    assert store.read(kept) == foreseen


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_budget_is_read_back_as_it_was_set(store: Store, max_error: float) -> None:
    keep(store, "c", max_error)
    assert budget(store, "c") == max_error


@pytest.mark.parametrize("max_error", [0.0, 1.0, -0.1, 5.0, float("nan"), float("inf")])
def test_a_budget_that_is_no_share_is_refused(store: Store, max_error: float) -> None:
    with pytest.raises(TutorError, match="must lie between 0 and 1"):
        keep(store, "c", max_error)
    assert store.read(kept) == {}


@pytest.mark.parametrize("max_error", [0.1, None])
def test_a_budget_of_a_course_that_is_not_there_is_refused(store: Store, max_error: float | None) -> None:
    with pytest.raises(TutorError, match="no course 'x'; there are: c, d"):
        keep(store, "x", max_error)
