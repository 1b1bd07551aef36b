"""Ask labelled questions through production retrieval and measure what comes back."""

import time
from collections.abc import Callable, Iterable, Sequence

from data.records import LabelledQuestion, Question
from qa_model.answerer import RANKED, Answerer
from training.measures import Outcome

Progress = Callable[[Iterable[LabelledQuestion], str, int], Iterable[LabelledQuestion]]
WARM_UP = 3


def ask_each(
    answerer: Answerer, questions: Sequence[LabelledQuestion], progress: Progress | None = None
) -> list[Outcome]:
    """Ask the questions one by one, each in its own course, as the bot does; latency is that of one question alone."""
    answerer.answer([_asked(question) for question in questions[:WARM_UP]])
    tracked: Iterable[LabelledQuestion] = questions
    if progress is not None:
        tracked = progress(questions, "asking", len(questions))
    return [_ask(answerer, question) for question in tracked]


def ask_all(answerer: Answerer, questions: Sequence[LabelledQuestion], batch: int = 64) -> list[Outcome]:
    """Ask the questions in batches, which is quicker; the latency of each is its batch's share."""
    outcomes: list[Outcome] = []
    for i in range(0, len(questions), batch):
        part = questions[i : i + batch]
        start = time.perf_counter()
        answers = answerer.answer([_asked(question) for question in part], candidates=RANKED)
        each_ms = (time.perf_counter() - start) * 1000 / len(part)
        outcomes += [Outcome(q, a, each_ms) for q, a in zip(part, answers, strict=True)]
    return outcomes


def _ask(answerer: Answerer, question: LabelledQuestion) -> Outcome:
    start = time.perf_counter()
    (answer,) = answerer.answer([_asked(question)], candidates=RANKED)
    return Outcome(question, answer, (time.perf_counter() - start) * 1000)


def _asked(question: LabelledQuestion) -> Question:
    return Question(question.text, question.course)
