"""Before a teacher saves one entry: what it would change, asked of the model that serves, a few questions at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from data.entries import today
from data.records import Entry, Question
from qa_model.answerer import Answerer, assemble
from qa_model.replay import Change, outcome

PIECE = 8  # questions that a student's may have to wait for


@dataclass(frozen=True, slots=True)
class Foresight:
    """A course as it is and as it would be, each ready to answer."""

    now: Answerer
    then: Answerer


def foresee(answerer: Answerer, known: Sequence[Entry], changed: Entry) -> Foresight:
    """Return the course with its entries as they are, and with one added or, by its key, changed."""
    then = [entry for entry in known if entry.key != changed.key] + [changed]
    sides = [[e for e in side if not e.expires_on or e.expires_on >= today()] for side in (known, then)]
    now, later = (assemble(side, answerer.encoder, answerer.cache, policies=answerer.policies) for side in sides)
    return Foresight(now, later)


def changes(_: Answerer, sides: Foresight, questions: Sequence[Question], course: str) -> list[Change]:
    """Ask questions in the course on both sides; return those that would get another answer."""
    asked = [replace(question, course=course) for question in questions]
    found = zip(questions, sides.now.answer(asked), sides.then.answer(asked), strict=True)
    every = [Change(q.text, q.course, outcome(before), outcome(after)) for q, before, after in found]
    return [change for change in every if change.before.seen != change.after.seen]
