"""Daily reminders to practise: at the hour that a person named, in the time they said is theirs.

Nobody tells a bot where a person is: without an offset it takes the hour as UTC, and says so. An offset stays as it is
when clocks change in spring and autumn.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlite_utils import Database

from data import people, practice

_HOUR = re.compile(r"([01]?\d|2[0-3])[:：.]([0-5]\d)(?:\s*(?:UTC|GMT)?\s*([+−-]\s?\d{1,2})(?:[:：]?([0-5]\d))?)?", re.I)
MIN_OFFSET, MAX_OFFSET = -720, 840  # minutes from UTC: the places of the Earth lie between


@dataclass(frozen=True, slots=True)
class Reminder:
    """When a person wants to be reminded: `at` as HH:MM in a time that is so many minutes ahead of UTC."""

    at: str
    utc_offset_min: int

    @property
    def zone(self) -> str:
        """Return the name of the time, as UTC+2 or UTC+5:30."""
        hours, minutes = divmod(abs(self.utc_offset_min), 60)
        sign = "-" if self.utc_offset_min < 0 else "+"
        return f"UTC{sign}{hours}{f':{minutes:02}' if minutes else ''}" if self.utc_offset_min else "UTC"

    def local(self, at: datetime) -> datetime:
        """Return a time as that person's clock shows it."""
        return at.astimezone(UTC) + timedelta(minutes=self.utc_offset_min)


@dataclass(frozen=True, slots=True)
class Due:
    """A person to be reminded now, of so many cards; `day` is theirs. No cards: there is nothing to say."""

    person: str
    lang: str
    day: str
    cards: int


def read_hour(text: str, utc_offset_min: int = 0) -> Reminder | None:
    """Read `18:00`, in the time known so far, or `18:00 +2`; None if it is no hour or no place has that time."""
    found = _HOUR.fullmatch(text.strip())
    if found is None:
        return None
    if found[3]:
        hours = int(found[3].replace("−", "-").replace(" ", ""))
        minutes = int(found[4] or 0)
        utc_offset_min = hours * 60 + (-minutes if found[3].startswith(("-", "−")) else minutes)
    if not MIN_OFFSET <= utc_offset_min <= MAX_OFFSET:
        return None
    return Reminder(f"{int(found[1]):02}:{found[2]}", utc_offset_min)


def reminder_of(db: Database, person: str) -> Reminder | None:
    """Return when a person is reminded, None if never."""
    rows = list(db.query("select at, utc_offset_min from reminders where person = ?", [person]))
    return Reminder(**rows[0]) if rows else None


def set_reminder(db: Database, person: str, reminder: Reminder | None, at: datetime | None = None) -> None:
    """Set when to remind a person, from the next time that the hour strikes; None: never."""
    if reminder is None:
        db.execute("delete from reminders where person = ?", [person])
        return
    here = reminder.local(at or datetime.now(UTC))
    over = f"{here:%H:%M}" >= reminder.at
    done_on = f"{here if over else here - timedelta(days=1):%Y-%m-%d}"
    row = [person, reminder.at, reminder.utc_offset_min, done_on]
    db.execute("insert or replace into reminders values (?, ?, ?, ?)", row)


def take_due(db: Database, at: datetime) -> list[Due]:
    """Return whom to remind at this time, each person once a day, and note that it was done.

    An hour that struck while nothing ran is made up for on the same day; later ones of days gone by are not.
    """
    found = []
    for row in list(db.query("select * from reminders order by person")):
        here = Reminder(row["at"], row["utc_offset_min"]).local(at)
        day = f"{here:%Y-%m-%d}"
        if row["done_on"] >= day or f"{here:%H:%M}" < row["at"]:
            continue
        db.execute("update reminders set done_on = ? where person = ?", [day, row["person"]])
        course = people.course_of(db, row["person"])
        cards = practice.count_due(db, row["person"], course.id if course else None, at)
        found.append(Due(row["person"], people.language(db, row["person"]), day, cards))
    return found
