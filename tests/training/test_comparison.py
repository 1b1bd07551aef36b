"""A newer model serves only if it is better on new wordings and not worse on unseen answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny

from data.records import LabelledQuestion
from data.store import Store
from qa_model.answerer import assemble
from qa_model.encoder import Encoder
from qa_model.vectors import VectorCache
from training.comparison import REPORTED, TOLERANCE, changes, held_out, measured, verdict
from training.examples import gather
from training.splits import split


def metrics(new: float | None, unseen: float | None) -> dict[str, Any]:
    return {"new_wordings": {"mrr@10": new}, "unseen_answers": {"mrr@10": unseen}}


@pytest.mark.parametrize(
    ("before", "after", "better", "reason"),
    [
        ((0.5, 0.5), (0.6, 0.5), True, "better: MRR@10 0.500 -> 0.600 on new wordings, 0.500 -> 0.500 on unseen"),
        ((0.5, 0.5), (0.5, 0.9), False, "not better"),
        ((0.5, 0.5), (0.4, 0.9), False, "not better"),
        ((0.5, 0.5), (0.9, 0.5 - 2 * TOLERANCE), False, "worse on answers it never saw"),
        ((0.5, 0.5), (0.9, 0.5 - TOLERANCE / 2), True, "better"),
        ((0.5, None), (0.6, None), True, "better: MRR@10 0.500 -> 0.600 on new wordings"),
        ((None, 0.5), (None, 0.9), False, "no wordings could be held out"),
        ((None, None), (None, None), False, "no wordings could be held out"),
    ],
)
def test_the_verdict_says_why(before: tuple[Any, Any], after: tuple[Any, Any], better: bool, reason: str) -> None:
    found = verdict(metrics(*before), metrics(*after))
    assert found.better is better
    assert found.reason.startswith(reason)


def test_held_out_wordings_are_in_no_entry_while_they_are_asked(store: Store) -> None:
    tiny.fill(store, tiny.topics())
    tiny.confirmed(store, "where is the canteen", "tiny")
    material = store.read(gather)
    parts = split(material.examples)
    held = held_out(material, parts)
    asked = {q.text for q in (*held.new, *held.unseen)}
    assert {q.text for q in held.unseen} == {e.text for e in parts.unseen} != set()
    assert {q.text for q in held.new} == {e.text for e in parts.new} | {"where is the canteen"}
    assert not asked & {wording for entry in held.entries for wording in entry.phrasings}
    assert len(held.entries) == len(material.entries)


def test_questions_are_told_apart_as_fixed_broken_and_unchanged(bert: Path) -> None:
    good = assemble(tiny.topics(), Encoder.load(bert), VectorCache(None))
    turned = [replace(entry, id=tiny.ROOTS[i - 1]) for i, entry in enumerate(tiny.topics())]
    bad = assemble(turned, Encoder.load(bert), VectorCache(None))
    asked = [LabelledQuestion(f"{root}a question", "tiny", (root,)) for root in tiny.ROOTS[:3]]
    asked.append(LabelledQuestion("nothing answers this", "tiny", ()))
    fixed = changes(bad, good, asked)
    assert {after.question.text for _, after in fixed.fixed} == {q.text for q in asked[:3]}
    assert (fixed.broke, fixed.unchanged) == ((), 1)
    assert len(changes(good, bad, asked).broke) == 3
    assert changes(good, good, asked).unchanged == 4


def test_both_held_out_sets_are_measured(store: Store, bert: Path) -> None:
    tiny.fill(store, tiny.topics())
    material = store.read(gather)
    held = held_out(material, split(material.examples))
    found = measured(assemble(held.entries, Encoder.load(bert), VectorCache(None)), held)
    assert found.keys() == {"new_wordings", "unseen_answers"}
    for name, questions in (("new_wordings", held.new), ("unseen_answers", held.unseen)):
        assert tuple(found[name]) == REPORTED
        assert found[name]["n"] == len(questions)
