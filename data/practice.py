"""Practice: which question a person should answer next, and what became of those they answered.

Spaced repetition by FSRS (Ye, Su and Cao, A Stochastic Shortest Path Algorithm for Optimizing Spaced Repetition
Scheduling, KDD 2022), one card for each person and entry.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from fsrs import Card, Rating, Scheduler
from sqlite_utils import Database

from data.entries import entries, entry_of, today
from data.errors import TutorError
from data.records import Entry, iso, now

Verdict = Literal["right", "partly", "not yet"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

MIN_WORDS, MAX_WORDS = 4, 120  # of an answer that can be given by heart on a phone
_RATINGS = {"right": Rating.Good, "partly": Rating.Hard, "not yet": Rating.Again}
_MISSED: Mapping[Verdict, int] = {"right": 0, "partly": 1, "not yet": 2}  # how weak it makes what it was said of
# One short step: what was told by heart need not be told again within the hour. No fuzz: a due date can be explained.
_SCHEDULER = Scheduler(
    learning_steps=[timedelta(minutes=10)], relearning_steps=[timedelta(minutes=10)], enable_fuzzing=False
)
_CODE = re.compile(r"```.*?(?:```|\Z)|^(?: {4}|\t).*$", re.DOTALL | re.MULTILINE)
_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"[\u3400-\u9fff]{1,2}|[^\W\u3400-\u9fff]+")  # two Chinese characters are about a word


@dataclass(frozen=True, slots=True)
class Review:
    """An answer that a person gave to an entry's question: what was judged, and what they say of it themselves."""

    id: int
    entry: int
    verdict: Verdict
    own: Verdict | None
    due_at: str


def is_quizzable(entry: Entry) -> bool:
    """Say whether an entry suits a quiz: its answer is neither a word nor a page, not code, and does not expire.

    What expires is a date or a rule of this term, which nobody needs to know by heart.
    """
    prose = _ADDRESS.sub(" ", _CODE.sub(" ", entry.answer))
    mostly_code = len(prose.strip()) * 2 < len(entry.answer.strip())
    return not entry.expires_on and not mostly_code and MIN_WORDS <= len(_WORD.findall(prose)) <= MAX_WORDS


def quizzable(db: Database, course: str | None, lang: str = "") -> list[Entry]:
    """Return the live entries of a course, or of all, that suit and that no teacher took out.

    In the person's language and in none if there are any in it, else in every language.
    """
    out = {row["entry"] for row in db.query("select entry from not_quizzed")}
    suiting = [entry for entry in entries(db, course) if entry.key not in out and is_quizzable(entry)]
    spoken = re.split("[-_]", lang.lower())[0]
    if not any(spoken and entry.lang == spoken for entry in suiting):
        return suiting
    return [entry for entry in suiting if entry.lang in (spoken, "")]


def allow(db: Database, entry: int, allowed: bool) -> None:
    """Take an entry out of every quiz, or put it back."""
    sql = "delete from not_quizzed where entry = ?" if allowed else "insert or ignore into not_quizzed values (?)"
    db.execute(sql, [entry])


def draw(db: Database, person: str, course: str | None, lang: str = "") -> Entry | None:
    """Return what to ask next, None if nothing is due and nothing is new: first what is due, then what is new.

    In each, weak topics come first.
    """
    cards = {row["entry"]: row["due_at"] for row in db.query("select * from cards where person = ?", [person])}
    weak, at = weakness(db, person), now()
    known = quizzable(db, course, lang)
    sections: Counter[tuple[str, str]] = Counter()
    for entry in known:
        sections[entry.course, entry.section] += weak[entry.key]

    def order(entry: Entry) -> tuple[bool, int, int, str, int]:
        of_section = sections[entry.course, entry.section] if entry.section else 0
        return (entry.key not in cards, -weak[entry.key], -of_section, cards.get(entry.key, ""), entry.key)

    found = (entry for entry in known if cards.get(entry.key, "") <= at)
    return min(found, key=order, default=None)


def put_off(db: Database, person: str, entry: int) -> None:
    """Ask a person no more about an entry for a day, because they passed over it."""
    at = datetime.now(UTC)
    new = Card(card_id=entry, due=at).to_json()
    sql = """insert into cards (person, entry, state, due_at, reviewed_at) values (?, ?, ?, ?, ?)
             on conflict (person, entry) do update set due_at = excluded.due_at"""
    db.execute(sql, [person, entry, new, iso(at + timedelta(days=1)), iso(at)])


def next_due(db: Database, person: str, course: str | None) -> str | None:
    """Return when the next card falls due of those that can be asked, None if there is none."""
    keys = {entry.key for entry in quizzable(db, course)}
    rows = db.query("select entry, due_at from cards where person = ? order by due_at", [person])
    return next((row["due_at"] for row in rows if row["entry"] in keys), None)


def count_due(db: Database, person: str, course: str | None, at: datetime) -> int:
    """Return how many of a person's cards are due at this time, of entries that can be asked."""
    keys = {entry.key for entry in quizzable(db, course)}
    rows = db.query("select entry from cards where person = ? and due_at <= ?", [person, iso(at)])
    return sum(row["entry"] in keys for row in rows)


def weakness(db: Database, person: str) -> Counter[int]:
    """Return how weak a person is at each entry: missed in the last review, answer voted down, asked about again.

    What they told right in their last review is not weak any more, whatever was before.
    """
    weak: Counter[int] = Counter()
    down = "select entry, count(*) as n from feedback where person = ? and vote = 'down' and role = 'student'"
    for row in db.query(f"{down} group by entry", [person]):
        weak[row["entry"]] += row["n"]
    sql = """select s.entry, count(*) as n from shown s join questions q on q.id = s.question
             left join feedback f on f.question = q.id and f.entry = s.entry and f.vote = 'chosen'
             where q.person = ? and (f.id is not null or s.position = 0 and q.decision = 'answer') group by s.entry"""
    for row in db.query(sql, [person]):
        weak[row["entry"]] += row["n"] - 1
    for key, verdict in last_verdicts(db, person).items():
        weak[key] = weak[key] + _MISSED[verdict] if _MISSED[verdict] else 0
    return +weak


def weak_entries(db: Database, person: str, course: str | None) -> list[int]:
    """Return the keys of the live entries of a course, or of all, that a person is weak at, the weakest first."""
    weak = weakness(db, person)
    live = {entry.key for entry in entries(db, course)}
    return [key for key, _ in sorted(weak.items(), key=lambda item: (-item[1], item[0])) if key in live]


def last_verdicts(db: Database, person: str) -> dict[int, Verdict]:
    """Return for each entry that a person answered how the last time went, by their own word if they gave it."""
    sql = "select entry, ifnull(own, verdict) as verdict from reviews where person = ? order by id"
    return {row["entry"]: row["verdict"] for row in db.query(sql, [person])}


def review(
    db: Database, person: str, entry: int, given: str, verdict: Verdict, score: float, ref: str | None
) -> Review:
    """Record an answer and when to ask again; the same event `ref` is recorded once, the first time."""
    known = list(db.query("select id from reviews where ref = ?", [ref]))
    if known:
        return _review(db, person, known[0]["id"])
    rows = list(db.query("select state from cards where person = ? and entry = ?", [person, entry]))
    before, at = (rows[0]["state"] if rows else None), now()
    sql = """insert into reviews (person, entry, given, verdict, score, before, reviewed_at, ref)
             values (?, ?, ?, ?, ?, ?, ?, ?) returning id"""
    number = next(iter(db.query(sql, [person, entry, given, verdict, score, before, at, ref])))["id"]
    _schedule(db, person, entry, before, verdict, at)
    return _review(db, person, number)


def overrule(db: Database, person: str, number: int, verdict: Verdict) -> Review:
    """Let a person say themselves how their answer was: that decides when it is asked again.

    Raises TutorError if the review is not theirs, or the entry was answered again since.
    """
    sql = """select * from reviews r where id = ? and person = ?
             and not exists (select 1 from reviews where person = r.person and entry = r.entry and id > r.id)"""
    rows = list(db.query(sql, [number, person]))
    if not rows:
        raise TutorError("this answer is not this person's, or not their last one to that question")
    db.execute("update reviews set own = ? where id = ?", [verdict, number])
    _schedule(db, person, rows[0]["entry"], rows[0]["before"], verdict, rows[0]["reviewed_at"])
    return _review(db, person, number)


def reviewed_entry(db: Database, person: str, number: int) -> Entry | None:
    """Return the entry of a person's review, None if it is not theirs or the entry is gone."""
    rows = list(db.query("select entry from reviews where id = ? and person = ?", [number, person]))
    return entry_of(db, rows[0]["entry"]) if rows else None


def askable(db: Database, key: int) -> Entry | None:
    """Return the entry if it may still be asked: neither retired nor expired, nor taken out of the quiz."""
    entry = entry_of(db, key)
    if entry is None or any(True for _ in db.query("select 1 from not_quizzed where entry = ?", [key])):
        return None
    return None if entry.expires_on and entry.expires_on < today() else entry


def about(db: Database, person: str) -> dict[str, list[dict[str, Any]]]:
    """Return what is kept of a person's practice, for them to see."""
    parts = {
        "cards": "select e.course, e.id as entry, c.state, c.due_at, c.reviewed_at from cards c",
        "answers": "select e.course, e.id as entry, c.given, c.verdict, c.score, c.own, c.reviewed_at from reviews c",
    }
    join = "join entries e on e.key = c.entry where c.person = ? order by c.reviewed_at"
    found = {name: list(db.query(f"{sql} {join}", [person])) for name, sql in parts.items()}
    found["reminders"] = list(db.query("select at, utc_offset_min from reminders where person = ?", [person]))
    return found


def drop_older(db: Database, limits: Mapping[str, str]) -> int:
    """Delete answers and cards from before their course's limit; return how many. `limits` by course."""
    gone = 0
    for course, before in limits.items():
        for table in ("reviews", "cards"):
            sql = f"""delete from {table} where reviewed_at < ? and entry in (select key from entries where course = ?)
                      returning entry"""
            gone += len(list(db.query(sql, [before, course])))
    return gone


def _schedule(db: Database, person: str, entry: int, before: str | None, verdict: Verdict, at: str) -> None:
    card = Card.from_json(before) if before else Card(card_id=entry, due=datetime.fromisoformat(at))
    # The scheduler wants its times in UTC by this very name.
    after, _ = _SCHEDULER.review_card(card, _RATINGS[verdict], datetime.fromisoformat(at).astimezone(UTC))
    row = [person, entry, after.to_json(), iso(after.due), at]
    db.execute("insert or replace into cards values (?, ?, ?, ?, ?)", row)


def _review(db: Database, person: str, number: int) -> Review:
    sql = """select r.id, r.entry, r.verdict, r.own, c.due_at from reviews r
             join cards c on c.person = r.person and c.entry = r.entry where r.id = ? and r.person = ?"""
    return Review(**next(iter(db.query(sql, [number, person]))))
