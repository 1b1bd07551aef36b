"""Answers made up to be compared: at which rank the expected entry came, and how sure the model was."""

from collections.abc import Sequence

from data.records import Answer, Candidate, Entry, LabelledQuestion
from training.comparison import Answers
from training.measures import Outcome

Ranks = Sequence[int | None]
IDS = "abcdefghij"


def outcome(i: int, rank: int | None, confidence: float = 0.5) -> Outcome:
    """Return the i-th question, which expects "x", with that at this rank; None: not found."""
    question = LabelledQuestion(f"question {i}", "c", ("x",))
    ids = IDS if rank is None else f"{IDS[:rank]}x{IDS[rank:]}"[: len(IDS)]
    candidates = tuple(Candidate(Entry("c", name, "q", "a"), 0.0, confidence) for name in ids)
    return Outcome(question, Answer("answer", confidence, candidates), 0.0)


def outcomes(ranks: Ranks, confidence: Sequence[float] = ()) -> tuple[Outcome, ...]:
    """Return as many questions as ranks."""
    sure = confidence or [0.5] * len(ranks)
    return tuple(outcome(i, rank, c) for i, (rank, c) in enumerate(zip(ranks, sure, strict=True)))


def answers(new: Ranks, unseen: Ranks = (), protected: Ranks = ()) -> Answers:
    """Return what a model answered to both held-out sets and to the protected questions."""
    return Answers(outcomes(new), outcomes(unseen), outcomes(protected))
