"""Compare two models on the same held-out questions: measures with intervals, and what became of each question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from data.records import Entry, LabelledQuestion
from data.words import normalise
from qa_model.answerer import assemble
from qa_model.bundle import Serving
from qa_model.encoder import Encoder, Progress
from qa_model.vectors import VectorCache
from training.evaluation import ask_all
from training.examples import Material, as_questions
from training.measures import Outcome, measure
from training.paired import Changes, changes, interval
from training.splits import Split, place, without

REPORTED = ("n", "answerable", "hit@1", "hit@5", "mrr@10", "auroc", "aurc", "coverage@0.95")
SETS = ("new_wordings", "unseen_answers")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Held-out questions with the entries as if these wordings had never been written.

    `new`: new wordings of answers that were learned, and as large a part of the questions known to have no answer;
    `unseen`: of answers never learned from; `validation`: what chose the epoch and the average, and the other questions
    without an answer; `protected`: a teacher's tests.
    """

    entries: tuple[Entry, ...]
    new: tuple[LabelledQuestion, ...]
    unseen: tuple[LabelledQuestion, ...]
    validation: tuple[LabelledQuestion, ...]
    protected: tuple[LabelledQuestion, ...]

    @property
    def questions(self) -> tuple[LabelledQuestion, ...]:
        """All questions that the encoder did not learn from: the new, the unseen, then validation's."""
        return self.new + self.unseen + self.validation


@dataclass(frozen=True, slots=True)
class Answers:
    """What one model answered: to both held-out sets, and to the protected questions."""

    new: tuple[Outcome, ...]
    unseen: tuple[Outcome, ...]
    protected: tuple[Outcome, ...] = ()

    def measured(self) -> dict[str, Any]:
        """Return the measures of both held-out sets."""
        found = {name: measure(own) for name, own in zip(SETS, (self.new, self.unseen), strict=True)}
        return {name: {key: values[key] for key in REPORTED} for name, values in found.items()}


@dataclass(frozen=True, slots=True)
class Compared:
    """Two models on the same held-out questions: the measures of both by held-out set, and what changed.

    intervals: of the difference in each measure; protected: how many questions teachers protect; broken: those of
    them that were answered right before and are not now.
    """

    metrics: dict[str, dict[str, dict[str, Any]]]
    intervals: dict[str, dict[str, list[float] | None]]
    changes: Changes[Outcome]
    protected: int
    broken: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return it as it stands in a bundle's record."""
        protected = {"n": self.protected, "broken": list(self.broken)}
        changed = self.changes.record(_told)
        return {"metrics": self.metrics, "intervals": self.intervals, "changes": changed, "protected": protected}


def held_out(material: Material, parts: Split, tests: Sequence[LabelledQuestion] = ()) -> HeldOut:
    """Return what a split holds out, as questions to ask, and a teacher's tests of courses that have entries."""
    known = without(material.entries, parts.held_out)
    courses = {entry.course for entry in known}
    new, unseen, validation = (
        as_questions(part, material.entries) for part in (parts.new, parts.unseen, parts.validation)
    )
    for question in material.unanswerable:
        if question.course in courses:
            (new if place(normalise(question.text)) == "new" else validation).append(question)
    protected = tuple(test for test in tests if test.course in courses)
    return HeldOut(tuple(known), tuple(new), tuple(unseen), tuple(validation), protected)


def ask_held(serves: Serving, held: HeldOut, cache: VectorCache, progress: Progress | None = None) -> Answers:
    """Ask one version the held-out questions and a teacher's tests, over the index without their wordings."""
    encoder = Encoder.load(serves.folder)
    answerer = assemble(held.entries, encoder, cache, policies=serves.policies, progress=progress)
    return Answers(*(tuple(ask_all(answerer, own)) for own in (held.new, held.unseen, held.protected)))


def compared(before: Answers, after: Answers) -> Compared:
    """Measure two models' answers to the same held-out questions, and tell the answers apart."""
    both = ((*side.new, *side.unseen) for side in (before, after))
    broken = tuple(broken_protected(before, after))
    metrics = {"before": before.measured(), "after": after.measured()}
    return Compared(metrics, _intervals(before, after), changes(*both), len(after.protected), broken)


def broken_protected(before: Answers, after: Answers) -> list[str]:
    """Return the protected questions that were answered right before and are not now."""
    pairs = zip(before.protected, after.protected, strict=True)
    return [new.question.text for old, new in pairs if old.right and not new.right]


def _intervals(before: Answers, after: Answers) -> dict[str, dict[str, list[float] | None]]:
    """Return for each held-out set the 95 % interval of the difference in what is counted question by question."""
    pairs = {
        name: (getattr(before, own), getattr(after, own)) for name, own in zip(SETS, ("new", "unseen"), strict=True)
    }
    return {name: {key: _interval(*pair, of) for key, of in _COUNTED.items()} for name, pair in pairs.items()}


_COUNTED: dict[str, Callable[[Outcome], float]] = {
    "hit@1": lambda o: float(o.rank == 0),
    "hit@5": lambda o: float(o.rank is not None and o.rank < 5),
    "mrr@10": lambda o: 0.0 if o.rank is None else 1 / (o.rank + 1),
}


def _interval(
    before: Sequence[Outcome], after: Sequence[Outcome], of: Callable[[Outcome], float]
) -> list[float] | None:
    """Return the interval of the mean difference over the answerable questions."""
    return interval([of(b) - of(a) for a, b in zip(before, after, strict=True) if a.question.expected_ids])


def _told(before: Outcome, after: Outcome) -> dict[str, Any]:
    question = before.question
    return {
        "question": question.text,
        "course": question.course,
        "expected_ids": list(question.expected_ids),
        "before": before.top,
        "after": after.top,
    }
