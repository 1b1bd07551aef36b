"""The error budget of a course: the share of its answers that may be wrong. Kept in the store's settings."""

from sqlite_utils import Database

from data.entries import find_course, touch
from data.errors import TutorError

DEFAULT_MAX_ERROR = 0.05
_KEY = "max_error"
_ALL = ""  # the scope of what holds for every course


def set_budget(db: Database, course: str | None, max_error: float) -> None:
    """Set the budget of a course, or (None) of every course that has none of its own; running readers notice.

    Raises TutorError if it does not lie between 0 and 1, or there is no such course.
    """
    if not 0 < max_error < 1:
        raise TutorError(f"max error {max_error:g}: must lie between 0 and 1; 0.05 means one wrong answer in twenty")
    scope = find_course(db, course).id if course is not None else _ALL
    sql = """insert into settings (scope, key, value) values (?, ?, ?) on conflict (scope, key) do update
             set value = excluded.value where value <> excluded.value returning scope"""
    if list(db.query(sql, [scope, _KEY, repr(float(max_error))])):
        touch(db)


def budget(db: Database, course: str) -> float:
    """Return the budget in force: the course's own, else that of every course, else the default."""
    sql = "select value from settings where key = ? and scope in (?, ?) order by scope desc limit 1"  # '' comes last
    return next((float(row["value"]) for row in db.query(sql, [_KEY, course, _ALL])), DEFAULT_MAX_ERROR)
