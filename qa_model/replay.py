"""Before a teacher saves: ask the last questions again, over the entries as they are and as they would be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlite_utils import Database

from data import importing
from data.entries import entries, retired, today
from data.importing import Plan
from data.log import last_questions
from data.records import Answer, Decision, Entry, Question
from data.store import Store
from qa_model.answerer import assemble, open_cache
from qa_model.bundle import serving
from qa_model.encoder import Encoder, Progress
from qa_model.fusion import Policies
from qa_model.vectors import VectorCache

LAST = 200  # questions asked again
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question gets: the decision, and the entry at the top; none where the tutor abstains."""

    decision: Decision
    entry: Entry | None

    @property
    def seen(self) -> tuple[Decision, str, str]:
        """What a student can tell apart: the decision and which entry, whatever its words."""
        return (self.decision, self.entry.course, self.entry.id) if self.entry else (self.decision, "", "")


@dataclass(frozen=True, slots=True)
class Change:
    """A question, asked in a course or in all (None), that would get another answer."""

    question: str
    course: str | None
    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True)
class Replay:
    """How many questions were asked again, and those whose answer would change, newest first."""

    asked: int
    changed: tuple[Change, ...]


def applied(known: Sequence[Entry], plan: Plan, gone: Sequence[Entry] = ()) -> list[Entry]:
    """Return the entries as they would be if the plan were carried out; nothing is written.

    `known` are the entries, expired ones too, `gone` those retired: both keep their key and confirmed wordings.
    """
    kept = {(e.course, e.id): e for e in known}
    before = {(e.course, e.id): e for e in gone} | kept
    for entry in (*plan.changed, *plan.added):
        key = (entry.course, entry.id)
        old = before.get(key, entry)
        kept[key] = replace(entry, key=old.key, confirmed=old.confirmed)
    for entry in plan.retired:
        kept.pop((entry.course, entry.id), None)
    # As the store lists them: by course and key, the new ones (key 0) last.
    return sorted(kept.values(), key=lambda e: (e.course, not e.key, e.key))


def replay(
    now: Sequence[Entry],
    then: Sequence[Entry],
    questions: Sequence[Question],
    encoder: Encoder,
    cache: VectorCache,
    *,
    policies: Policies | None = None,
    progress: Progress | None = None,
) -> Replay:
    """Ask the questions over the entries of `now` and of `then`; entries past their expiry date take no part."""
    sides = [_ask(known, questions, encoder, cache, policies, progress) for known in (now, then)]
    changed = tuple(
        Change(question.text, question.course, before, after)
        for question, before, after in zip(questions, *sides, strict=True)
        if before.seen != after.seen
    )
    return Replay(len(questions), changed)


def replay_import(
    store: Store,
    models: Path,
    file: Path,
    *,
    course: str | None = None,
    replace_all: bool = False,
    last: int = LAST,
    progress: Progress | None = None,
) -> Replay:
    """Return what importing the file would change in the answers to the last questions, with what serves now.

    Raises Refused as the import does, ModelError if no model can be loaded. Nothing is written to the store.
    """

    def read(db: Database) -> tuple[list[Entry], list[Entry], list[Question]]:
        plan = importing.plan(db, file, course=course, replace_all=replace_all)
        known = entries(db, live=False)
        return known, applied(known, plan, retired(db)), last_questions(db, last)

    now, then, questions = store.read(read)
    if not questions:
        return Replay(0, ())
    serves = serving(models)
    encoder = Encoder.load(serves.folder)
    cache = open_cache(models)
    try:
        return replay(now, then, questions, encoder, cache, policies=serves.policies, progress=progress)
    finally:
        cache.close()


def _ask(
    known: Sequence[Entry],
    questions: Sequence[Question],
    encoder: Encoder,
    cache: VectorCache,
    policies: Policies | None,
    progress: Progress | None,
) -> list[Outcome]:
    live = [entry for entry in known if not entry.expires_on or entry.expires_on >= today()]
    answerer = assemble(live, encoder, cache, policies=policies, progress=progress)
    answers: list[Answer] = []
    for i in range(0, len(questions), _BATCH):
        answers += answerer.answer(questions[i : i + _BATCH])
    return [outcome(answer) for answer in answers]


def outcome(answer: Answer) -> Outcome:
    """Return what a student sees of an answer."""
    # What the tutor does not show, a student does not miss.
    shown = answer.decision != "abstain" and answer.candidates
    return Outcome(answer.decision, answer.candidates[0].entry if shown else None)
