"""Compare two models on the same held-out questions, and decide whether the newer one should serve."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data.records import Entry, LabelledQuestion
from qa_model.answerer import Answerer
from training.evaluation import ask_all
from training.examples import Material, as_questions
from training.measures import Outcome, measure
from training.splits import Split, without

TOLERANCE = 0.01  # of MRR@10 on unseen answers: what a few questions more or less may cost
REPORTED = ("n", "hit@1", "hit@5", "mrr@10", "auroc", "coverage@0.95")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Held-out questions with the entries as if these wordings had never been written.

    `new`: new wordings of answers that were learned, and questions known to have no answer; `unseen`: of answers
    never learned from.
    """

    entries: tuple[Entry, ...]
    new: tuple[LabelledQuestion, ...]
    unseen: tuple[LabelledQuestion, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the newer model is better, and the sentence that says why."""

    better: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Held-out questions whose top candidate became right (`fixed`) or wrong (`broke`), and how many did not change."""

    fixed: tuple[tuple[Outcome, Outcome], ...]
    broke: tuple[tuple[Outcome, Outcome], ...]
    unchanged: int


def held_out(material: Material, parts: Split) -> HeldOut:
    """Return what a split holds out, as questions to ask."""
    known = without(material.entries, parts.held_out)
    new = [*as_questions(parts.new, material.entries), *material.unanswerable]
    return HeldOut(tuple(known), tuple(new), tuple(as_questions(parts.unseen, material.entries)))


def measured(answerer: Answerer, held: HeldOut) -> dict[str, Any]:
    """Return the measures of both held-out sets."""
    whole = {"new_wordings": held.new, "unseen_answers": held.unseen}
    measures = {name: measure(ask_all(answerer, questions)) for name, questions in whole.items()}
    return {name: {key: values[key] for key in REPORTED} for name, values in measures.items()}


def verdict(before: dict[str, Any], after: dict[str, Any]) -> Verdict:
    """Decide by MRR@10: better on new wordings of learned answers, and not worse on answers never learned from."""
    old, new = before["new_wordings"]["mrr@10"], after["new_wordings"]["mrr@10"]
    old_unseen, new_unseen = before["unseen_answers"]["mrr@10"], after["unseen_answers"]["mrr@10"]
    if old is None or new is None:
        return Verdict(False, "no wordings could be held out, so nothing shows that it is better; add more wordings")
    told = f"MRR@10 {old:.3f} -> {new:.3f} on new wordings"
    if old_unseen is not None:
        told += f", {old_unseen:.3f} -> {new_unseen:.3f} on unseen answers"
    if new <= old:
        return Verdict(False, f"not better: {told}")
    if old_unseen is not None and new_unseen < old_unseen - TOLERANCE:
        return Verdict(False, f"worse on answers it never saw: {told}")
    return Verdict(True, f"better: {told}")


def changes(before: Answerer, after: Answerer, questions: Sequence[LabelledQuestion]) -> Changes:
    """Ask both models the same questions and tell them apart, question by question."""
    fixed: list[tuple[Outcome, Outcome]] = []
    broke: list[tuple[Outcome, Outcome]] = []
    unchanged = 0
    for pair in zip(ask_all(before, questions), ask_all(after, questions), strict=True):
        if pair[0].right == pair[1].right:
            unchanged += 1
        else:
            (fixed if pair[1].right else broke).append(pair)
    return Changes(tuple(fixed), tuple(broke), unchanged)
