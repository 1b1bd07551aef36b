"""Examples from the store: which wordings are answered by which entries, and how much each is to be trusted.

What students wrote is scrubbed of names, numbers and addresses; what teachers wrote stays.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlite_utils import Database

from data import log
from data.entries import entries
from data.importing import normalise
from data.records import Entry, LabelledQuestion
from data.scrub import is_empty, scrub

# A teacher's word counts whole; what students click counts less (learning to rank from clicks is biased by position).
TRUST = {"correction": 1.0, "chosen": 0.5, "up": 0.3}


@dataclass(frozen=True, slots=True)
class Example:
    """A wording, the keys of the entries that answer it, and its weight in the loss, 0 to 1."""

    text: str
    course: str
    answers: frozenset[int]
    weight: float


@dataclass(frozen=True, slots=True)
class Material:
    """All there is to learn from: live entries, examples, and wordings known to have no answer.

    The entries' confirmed wordings are scrubbed as the examples are, so that a held-out one is found in them.
    """

    entries: tuple[Entry, ...]
    examples: tuple[Example, ...]
    unanswerable: tuple[LabelledQuestion, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what was learned from, so that two rounds on the same data can be told."""
        told = [repr((e.course, e.id, e.question, e.answer)) for e in self.entries]
        told += [repr((e.course, e.text, sorted(e.answers), e.weight)) for e in self.examples]
        return hashlib.sha256("\n".join(sorted(told)).encode()).hexdigest()


def gather(db: Database) -> Material:
    """Read the material: alternates, confirmed wordings, and reactions by their trust.

    The same wording in a course is one example with all its answers, and so are wordings that scrubbing makes the
    same; one of which nothing is left is dropped. A thumbs-down teaches nothing here: it does not say what is right.
    """
    known = {entry.key: _scrubbed(entry) for entry in entries(db)}
    trust: dict[tuple[str, str], dict[int, float]] = {}
    texts: dict[tuple[str, str], str] = {}

    def add(course: str, text: str, key: int, weight: float) -> None:
        wording = (course, normalise(text))
        texts.setdefault(wording, text)
        answers = trust.setdefault(wording, {})
        answers[key] = max(answers.get(key, 0.0), weight)

    for entry in known.values():
        for alternate in entry.alternates:
            add(entry.course, alternate, entry.key, 1.0)
    none: dict[tuple[str, str], str] = {}
    for row in log.feedback_rows(db):
        text = scrub(row["text"])
        if is_empty(text):
            continue
        if row["vote"] in TRUST and row["entry"] in known:
            add(known[row["entry"]].course, text, row["entry"], TRUST[row["vote"]])
        elif row["vote"] == "none" and row["role"] == "teacher":
            none[row["course"], normalise(text)] = text
    examples = [
        Example(texts[wording], wording[0], frozenset(answers), max(answers.values()))
        for wording, answers in trust.items()
        if wording[1]
    ]
    # What a teacher wrote an answer for since is answerable.
    unanswerable = [LabelledQuestion(none[w], w[0], ()) for w in sorted(none) if w not in trust]
    return Material(tuple(known.values()), tuple(examples), tuple(unanswerable))


def as_questions(examples: Sequence[Example], known: Sequence[Entry]) -> list[LabelledQuestion]:
    """Return the examples as questions to ask, with the ids that are expected."""
    ids = {entry.key: entry.id for entry in known}
    return [LabelledQuestion(e.text, e.course, tuple(sorted(ids[key] for key in e.answers))) for e in examples]


def _scrubbed(entry: Entry) -> Entry:
    scrubbed = dict.fromkeys(scrub(wording) for wording in entry.confirmed)
    return replace(entry, confirmed=tuple(wording for wording in scrubbed if not is_empty(wording)))
