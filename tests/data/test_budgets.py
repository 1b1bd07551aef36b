"""How often a course may be wrong: its own word, else that for all, else one in twenty."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.budgets import DEFAULT_MAX_ERROR, budget, set_budget
from data.entries import add_course, revision
from data.errors import TutorError
from data.store import Store


@pytest.fixture(autouse=True)
def courses(store: Store) -> None:
    """Two courses."""
    store.write(add_course, "c")
    store.write(add_course, "d")


def test_a_course_that_said_nothing_has_the_default(store: Store) -> None:
    assert store.read(budget, "c") == store.read(budget, "unheard-of") == DEFAULT_MAX_ERROR == 0.05


def test_a_courses_own_budget_wins_over_that_for_all_in_any_order(store: Store) -> None:
    store.write(set_budget, "c", 0.01)
    store.write(set_budget, None, 0.1)
    assert (store.read(budget, "c"), store.read(budget, "d")) == (0.01, 0.1)
    store.write(set_budget, "c", 0.2)
    assert (store.read(budget, "c"), store.read(budget, "d")) == (0.2, 0.1)


def test_running_readers_notice_a_change_and_nothing_else(store: Store) -> None:
    before = store.read(revision)
    store.write(set_budget, "c", 0.01)
    after = store.read(revision)
    store.write(set_budget, "c", 0.01)
    assert before != after == store.read(revision)


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_budget_is_read_back_as_it_was_set(store: Store, max_error: float) -> None:
    store.write(set_budget, "c", max_error)
    assert store.read(budget, "c") == max_error


@pytest.mark.parametrize("max_error", [0.0, 1.0, -0.1, 5.0, float("nan"), float("inf")])
def test_a_budget_that_is_no_share_is_refused(store: Store, max_error: float) -> None:
    with pytest.raises(TutorError, match="must lie between 0 and 1"):
        store.write(set_budget, "c", max_error)
    assert store.read(budget, "c") == DEFAULT_MAX_ERROR


def test_a_budget_of_a_course_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(TutorError, match="no course 'x'; there are: c, d"):
        store.write(set_budget, "x", 0.1)
