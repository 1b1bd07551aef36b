"""What a class did in the last days, counted for its teachers; nothing in it names or quotes anybody."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlite_utils import Database

TOPICS = 8


@dataclass(frozen=True, slots=True)
class Day:
    """The questions of a day (ISO, UTC) by decision, and the reactions of students to what was shown."""

    on: str
    answer: int = 0
    suggest: int = 0
    abstain: int = 0
    helped: int = 0
    reactions: int = 0

    @property
    def questions(self) -> int:
        """All questions of the day."""
        return self.answer + self.suggest + self.abstain


@dataclass(frozen=True, slots=True)
class Figures:
    """A course over some days: `topics` with how often they were asked, questions by hour, versions with their day."""

    course: str
    days: tuple[Day, ...]
    topics: tuple[tuple[str, int], ...]
    hours: tuple[int, ...]
    versions: tuple[tuple[str, str], ...]

    @property
    def questions(self) -> int:
        """All questions of these days."""
        return sum(day.questions for day in self.days)


_ASKED = """from questions q left join shown s on s.question = q.id and s.position = 0
            left join entries e on e.key = s.entry
            where q.decision is not null and ifnull(q.course, e.course) = ? and q.asked_at >= ?"""


def figures(db: Database, course: str, days: int) -> Figures:
    """Count the last days, today among them. What was asked of all courses counts where the best entry is from."""
    today = datetime.now(UTC).date()
    dates = [(today - timedelta(days=n)).isoformat() for n in range(days - 1, -1, -1)]
    first = [course, dates[0]]
    decided = Counter(
        {(r["day"], r["decision"]): r["n"] for r in db.query(_by("q.decision", "substr(q.asked_at, 1, 10)"), first)}
    )
    sql = f"""select substr(f.given_at, 1, 10) as day, f.vote in ('up', 'chosen') as helped, count(*) as n
              from feedback f join (select q.id {_ASKED}) a on a.id = f.question
              where f.role = 'student' and f.vote <> 'correction' group by day, helped"""
    voted = Counter({(row["day"], bool(row["helped"])): row["n"] for row in db.query(sql, first)})
    hours = Counter({int(r["hour"]): r["n"] for r in db.query(_counted("substr(q.asked_at, 12, 2)", "hour"), first)})
    topic = "iif(e.section = '', e.question, e.section)"
    topics = db.query(f"{_counted(topic, 'topic', 'e.key is not null')} order by n desc, topic limit {TOPICS}", first)
    return Figures(
        course,
        tuple(_day(on, decided, voted) for on in dates),
        tuple((row["topic"], row["n"]) for row in topics),
        tuple(hours[hour] for hour in range(24)),
        tuple(_versions(db, dates)),
    )


def _by(column: str, day: str) -> str:
    return f"select {column}, {day} as day, count(*) as n {_ASKED} group by {column}, day"


def _counted(expression: str, name: str, condition: str = "true") -> str:
    return f"select {expression} as {name}, count(*) as n {_ASKED} and {condition} group by {name}"


def _day(on: str, decided: Counter[tuple[str, str]], voted: Counter[tuple[str, bool]]) -> Day:
    by_decision = {name: decided[on, name] for name in ("answer", "suggest", "abstain")}
    return Day(on, **by_decision, helped=voted[on, True], reactions=voted[on, True] + voted[on, False])


def _versions(db: Database, dates: list[str]) -> Iterable[tuple[str, str]]:
    """Yield the day and the name of each version that came to serve."""
    sql = """select version, substr(at, 1, 10) as day from model_versions
             where kind = 'answers' and event in ('published', 'rolled back') and at >= ? order by id"""
    for row in db.query(sql, [dates[0]]):
        yield row["day"], row["version"]
