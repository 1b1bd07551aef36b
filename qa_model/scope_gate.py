"""Abstention by scope: what the labels model of a course holds to be none of the course's gets no choices.

A sure answer stands: on three courses of student questions 2 of 300 texts that were none of theirs got one, and 3 % of
the answers would have gone with that one (tests/benchmarks/bench_scope.py).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from data.entries import topic
from data.records import Answer, Question
from data.words import normalise
from qa_model.answerer import Answerer
from qa_model.course_labels import CourseLabels
from qa_model.encoder import Encoder

if TYPE_CHECKING:
    from qa_model.labels import Labelled


def answered(answerer: Answerer, labels: CourseLabels, questions: Sequence[Question]) -> list[Answer]:
    """Answer questions as people get them: by the answerer, then by the labels models of the courses."""
    return gate(labels, questions, answerer.answer(questions), answerer.encoder)


def gated(answer: Answer, told: "Labelled") -> Answer:
    """Return the answer to a question of which the labels model tells this: no choices for what is outside."""
    return replace(answer, decision="abstain") if answer.decision == "suggest" and not told.known else answer


def is_known(question: Question, answer: Answer) -> bool:
    """Say whether the question is, word for word, a known wording of one of the candidates."""
    text = normalise(question.text)
    return any(text in map(normalise, (c.entry.question, *c.entry.phrasings)) for c in answer.candidates)


def gate(
    labels: CourseLabels, questions: Sequence[Question], answers: Sequence[Answer], encoder: Encoder
) -> list[Answer]:
    """Return the answers as they stand after the labels models of the courses have been heard, in the same order.

    A question is of the course whose entry is its best candidate; it is let pass where the model has not learned the
    topic of that entry. `encoder` is the one that answers.
    """
    found = list(answers)
    by_course: dict[str, list[int]] = {}
    for i, (question, answer) in enumerate(zip(questions, answers, strict=True)):
        if answer.decision == "suggest" and not is_known(question, answer):
            by_course.setdefault(answer.candidates[0].entry.course, []).append(i)
    for course, asked in by_course.items():
        names = labels.names(course, encoder)
        own = [i for i in asked if topic(answers[i].candidates[0].entry) in names]
        told = labels.label(course, [_read(questions[i]) for i in own], encoder) if own else ()
        for i, one in zip(own, told or (), strict=False):
            found[i] = gated(found[i], one)
    return found


def _read(question: Question) -> str:
    return f"{question.context} {question.text}".strip()
