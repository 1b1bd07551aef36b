"""Examples from the store: which wordings are answered by which entries, and how much each is to be trusted.

What students wrote is scrubbed of names, numbers and addresses; what teachers wrote stays.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlite_utils import Database

from data import log
from data.entries import entries
from data.records import Entry, LabelledQuestion
from data.scrub import is_empty, scrub
from data.words import normalise
from training.trust import TRUST, Person, Voices, judge, last_word, shares, teachers

Wording = tuple[str, str]  # course and normalised text


@dataclass(frozen=True, slots=True)
class Example:
    """A wording, the keys of the entries that answer it, and its weight in the loss, 0 to 1."""

    text: str
    course: str
    answers: frozenset[int]
    weight: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """A wording without a known answer, the keys of entries that students said do not answer it, and its weight."""

    text: str
    course: str
    wrong: frozenset[int]
    weight: float


@dataclass(frozen=True, slots=True)
class Material:
    """All there is to learn from: live entries, examples, wordings known to have no answer, and doubts.

    The entries' confirmed wordings are scrubbed as the examples are, so that a held-out one is found in them.
    """

    entries: tuple[Entry, ...]
    examples: tuple[Example, ...]
    unanswerable: tuple[LabelledQuestion, ...]
    doubts: tuple[Doubt, ...] = ()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what was learned from, so that two rounds on the same data can be told."""
        told = [repr((e.course, e.id, e.question, e.answer)) for e in self.entries]
        told += [repr((e.course, e.text, sorted(e.answers), e.weight)) for e in self.examples]
        told += [repr((q.course, q.text)) for q in self.unanswerable]
        told += [repr((d.course, d.text, sorted(d.wrong), d.weight)) for d in self.doubts]
        return hashlib.sha256("\n".join(sorted(told)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Statement:
    """That an entry answers a wording, by as much as the person is trusted in that; below 0 that it does not."""

    course: str
    text: str
    entry: int | None
    person: Person
    trust: float


def gather(db: Database) -> Material:
    """Read the material: alternates, confirmed wordings, and reactions by their trust (see training/trust.py).

    The same wording in a course is one example with all its answers, and so are wordings that scrubbing makes the
    same; one of which nothing is left is dropped. A thumbs-down where an answer is known teaches nothing more: its
    entry is a negative there like every other.
    """
    known = {entry.key: _scrubbed(entry) for entry in entries(db)}
    texts: dict[Wording, str] = {}
    none: set[Wording] = set()
    voices: dict[Wording, dict[int, Voices]] = defaultdict(lambda: defaultdict(dict))
    for said in _statements(db, known):
        wording = (said.course, normalise(said.text))
        texts.setdefault(wording, said.text)
        if said.entry is None:
            none.add(wording)
        else:
            of = voices[wording][said.entry]
            of[said.person] = last_word(of.get(said.person, 0.0), said.trust)
    answered = {(entry.course, normalise(entry.question)) for entry in known.values()} | none
    examples, doubts = [], []
    for wording, by_entry in voices.items():
        # A click is no answer to what a teacher said nothing answers; what a teacher wrote for it since is.
        right, wrong = judge({key: teachers(of) if wording in none else of for key, of in by_entry.items()})
        if right:
            none.discard(wording)
            examples.append(Example(texts[wording], wording[0], frozenset(right), max(right.values())))
        elif wrong and wording not in answered:
            doubts.append(Doubt(texts[wording], wording[0], frozenset(wrong), max(wrong.values())))
    unanswerable = [LabelledQuestion(texts[w], w[0], ()) for w in sorted(none)]
    return Material(tuple(known.values()), tuple(examples), tuple(unanswerable), tuple(doubts))


def _statements(db: Database, known: Mapping[int, Entry]) -> Iterator[_Statement]:
    """Yield what teachers and students said of live entries; of none (entry None) is a teacher's word alone."""
    for entry in known.values():
        for alternate in filter(normalise, entry.alternates):
            yield _Statement(entry.course, alternate, entry.key, ("teacher", None), 1.0)
    rows, seen = log.feedback_rows(db), log.offered(db)
    share = shares(rows)
    for row in rows:
        text, person = scrub(row["text"]), (row["role"], row["person"])
        if is_empty(text):
            continue
        if row["vote"] == "none" and row["role"] == "teacher":
            if row["course"]:  # what was asked of all courses is not known to be missing in one
                yield _Statement(row["course"], text, None, person, 1.0)
            continue
        trust = TRUST[row["vote"]] * (share[row["person"], row["given_at"][:10]] if row["role"] == "student" else 1)
        for key in [row["entry"]] if row["entry"] else seen.get(row["question"], ()):
            if key in known:
                yield _Statement(known[key].course, text, key, person, trust)


def as_questions(examples: Sequence[Example], known: Sequence[Entry]) -> list[LabelledQuestion]:
    """Return the examples as questions to ask, with the ids that are expected."""
    ids = {entry.key: entry.id for entry in known}
    return [LabelledQuestion(e.text, e.course, tuple(sorted(ids[key] for key in e.answers))) for e in examples]


def trusted(material: Material) -> dict[tuple[str, str], float]:
    """Return how much each question that people asked counts in calibration, by course and text.

    The teacher's own alternates are not among them: they are worded as the entries are and say little of what comes.
    """
    written = {(e.course, normalise(text)) for e in material.entries for text in e.alternates}
    told = {(e.course, e.text): e.weight for e in material.examples if (e.course, normalise(e.text)) not in written}
    return told | {(question.course, question.text): 1.0 for question in material.unanswerable}


def _scrubbed(entry: Entry) -> Entry:
    scrubbed = dict.fromkeys(scrub(wording) for wording in entry.confirmed)
    return replace(entry, confirmed=tuple(wording for wording in scrubbed if not is_empty(wording)))
