"""The error budget of a course: the share of its answers that may be wrong. Kept in the store's settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlite_utils import Database

from data import settings
from data.entries import find_course, touch
from data.errors import TutorError

DEFAULT_MAX_ERROR = 0.05
MIN_LABELLED = 100  # labelled questions from which a course is measured; below, its budget is only aimed at
_KEY = "max_error"


@dataclass(frozen=True, slots=True)
class Change:
    """A budget for a course, or (None) for every course without its own; `max_error` None goes back to the default."""

    course: str | None
    max_error: float | None


def set_budget(db: Database, change: Change) -> None:
    """Keep a budget, or forget it; running readers notice. Raises what `check` raises."""
    check(db, change)
    if change.max_error is None:
        altered = settings.remove(db, _KEY, change.course)
    else:
        altered = settings.put(db, _KEY, repr(float(change.max_error)), change.course)
    if altered:
        touch(db)


def check(db: Database, change: Change) -> None:
    """Raise TutorError if the budget does not lie between 0 and 1, or there is no such course."""
    if change.max_error is not None and not 0 < change.max_error < 1:
        raise TutorError(f"max error {change.max_error:g}: must lie between 0 and 1; 0.05 means one answer in twenty")
    if change.course is not None:
        find_course(db, change.course)


def kept(db: Database) -> dict[str | None, float]:
    """Return the budgets that were set, by course; None: that of every course without its own."""
    return {course: float(value) for course, value in settings.by_course(db, _KEY).items()}


def changed(budgets: Mapping[str | None, float], change: Change) -> dict[str | None, float]:
    """Return the budgets as they would be after the change."""
    rest = {course: own for course, own in budgets.items() if course != change.course}
    return rest if change.max_error is None else {**rest, change.course: change.max_error}


def in_force(budgets: Mapping[str | None, float], course: str) -> float:
    """Return a course's budget: its own, else that of every course, else the default."""
    return settings.in_force(budgets, course, DEFAULT_MAX_ERROR)
