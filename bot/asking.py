"""A question as people put it, and what they are shown for it; nothing here needs torch or a chat library."""

from dataclasses import dataclass
from typing import Literal

from data.errors import TutorError
from data.records import Answer, Candidate, Entry
from data.words import terms
from qa_model.answerer import MAX_QUESTION_CHARS

CHOICES = 3  # candidates offered to choose from
MIN_OTHER = 0.03  # probability under which a candidate is not offered beside an answer


class QuestionError(TutorError):
    """A question that cannot be asked: `reason` tells the front end which sentence to show."""

    def __init__(self, reason: Literal["too_long", "no_words"], message: str) -> None:
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Asked:
    """A recorded question with its answer; `context` is what was said before, where the question leans on it."""

    question: int
    answer: Answer
    context: str = ""

    @property
    def best(self) -> Entry | None:
        """The entry to show: only when the tutor is sure enough to answer, and it was not taken out since."""
        top = self.answer.candidates[:1] if self.answer.decision == "answer" else ()
        return next((c.entry for c in top if c.probability == self.answer.confidence), None)

    @property
    def choices(self) -> tuple[Candidate, ...]:
        """The candidates to choose from: all the best when unsure, the next best beside an answer."""
        if self.answer.decision == "suggest":
            return self.answer.candidates[:CHOICES]
        others = self.answer.candidates if self.answer.decision == "answer" else ()
        return tuple(c for c in others if c.entry != self.best and c.probability >= MIN_OTHER)[:CHOICES]


def check_question(text: str) -> None:
    """Raise QuestionError if the text is too long or has no words in it."""
    if len(text) > MAX_QUESTION_CHARS:
        limit = f"{MAX_QUESTION_CHARS:,}"
        raise QuestionError("too_long", f"the question has {len(text):,} characters; ask it in at most {limit}")
    if not terms(text):
        raise QuestionError("no_words", "the question has no words: type what you want to know")


def readable(text: str) -> str:
    """Return what a terminal gave, with `?` for each byte that it could not decode."""
    return text.encode(errors="replace").decode()
