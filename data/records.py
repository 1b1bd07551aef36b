"""The records that cross folder boundaries."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

OOS = "oos"  # the label of a text that is out of scope
Decision = Literal["answer", "suggest", "abstain"]
Vote = Literal["up", "down", "chosen", "none", "correction"]
Role = Literal["student", "teacher"]


def now() -> str:
    """Return the time as `iso` writes it."""
    return iso(datetime.now(UTC))


def iso(at: datetime) -> str:
    """Return a time in UTC as ISO 8601 with milliseconds, as it is kept and compared everywhere."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Entry:
    """One approved question and answer of a course.

    `(course, id)` is its key for people; `key` is its number in the store, 0 before it is stored.
    `alternates` are wordings by teachers, `confirmed` are wordings of students that a teacher confirmed.
    """

    course: str
    id: str
    question: str
    answer: str
    section: str = ""
    alternates: tuple[str, ...] = ()
    source_url: str = ""
    tags: str = ""
    lang: str = ""
    expires_on: str = ""
    key: int = 0
    confirmed: tuple[str, ...] = ()

    @property
    def phrasings(self) -> tuple[str, ...]:
        """Every known wording of the question but the entry's own."""
        return self.alternates + self.confirmed


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may answer a question; `score` orders candidates, `probability` is that it is right."""

    entry: Entry
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the tutor decided about one question; `candidates` come best first whatever the decision.

    `foreign`: the question says a word that the courses do not have.
    """

    decision: Decision
    confidence: float
    candidates: tuple[Candidate, ...] = ()
    model: str = ""
    foreign: bool = field(default=False, compare=False)  # nothing that is recorded


@dataclass(frozen=True, slots=True)
class Question:
    """A question as a person asked it.

    `ref` names the event it came from, so that the same event is never recorded twice; `message` is the number of the
    message in the person's chat, None where messages have none. `chat` is the group that it was asked in, None for a
    private chat. `context` is what was said before, where the question is read with it: see qa_model/followup.py.
    """

    text: str
    course: str | None = None
    lang: str = ""
    person: str | None = None
    ref: str | None = None
    asked_at: str = field(default_factory=now)
    message: int | None = None
    chat: int | None = None
    context: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """One reaction to one entry shown for one question; `entry` is None for "none of these"."""

    question: int
    entry: int | None
    vote: Vote
    position: int | None = None
    person: str | None = None
    role: Role = "student"
    given_at: str = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A wording with the entries that answer it; no expected id means that nothing in the base does."""

    text: str
    course: str
    expected_ids: tuple[str, ...]
