"""Two models on the same held-out questions: measured with intervals, and told apart question by question."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
from answered import answers, outcome, outcomes

from data.records import LabelledQuestion
from data.store import Store
from qa_model.answerer import assemble
from qa_model.bundle import Serving
from qa_model.encoder import Encoder
from qa_model.fusion import Policies, Policy
from qa_model.vectors import VectorCache
from training.comparison import (
    REPORTED,
    SETS,
    Answers,
    ask_held,
    broken_protected,
    compared,
    held_out,
)
from training.evaluation import ask_all
from training.examples import gather
from training.paired import RESAMPLES, changes
from training.splits import split


def test_only_what_was_right_before_can_break() -> None:
    before, after = answers([], [], [0, 1, 0, None]), answers([], [], [0, 0, 3, None])
    assert broken_protected(before, after) == ["question 2"]
    assert compared(before, after).record()["protected"] == {"n": 4, "broken": ["question 2"]}


def test_questions_are_told_apart_as_fixed_broken_and_unchanged(bert: Path) -> None:
    good = assemble(tiny.topics(), Encoder.load(bert), VectorCache(None))
    turned = [replace(entry, id=tiny.ROOTS[i - 1]) for i, entry in enumerate(tiny.topics())]
    bad = assemble(turned, Encoder.load(bert), VectorCache(None))
    asked = [LabelledQuestion(f"{root}a question", "tiny", (root,)) for root in tiny.ROOTS[:3]]
    asked.append(LabelledQuestion("nothing answers this", "tiny", ()))
    right, wrong = ask_all(good, asked), ask_all(bad, asked)
    fixed = changes(wrong, right)
    assert {after.question.text for _, after in fixed.fixed} == {q.text for q in asked[:3]}
    assert (fixed.broke, fixed.unchanged) == ((), 1)
    assert len(changes(right, wrong).broke) == 3
    assert changes(right, right).unchanged == 4


def test_the_record_tells_what_became_of_each_question() -> None:
    before, after = Answers(outcomes([0, 0, 2]), outcomes([1, None])), Answers(outcomes([1, 0, 0]), outcomes([1, None]))
    found = compared(before, after).record()
    assert found["changes"]["unchanged"] == 3
    assert [c["question"] for c in found["changes"]["broke"]] == ["question 0"]
    assert [c["question"] for c in found["changes"]["fixed"]] == ["question 2"]
    (broke,) = found["changes"]["broke"]
    assert broke == {"question": "question 0", "course": "c", "expected_ids": ["x"], "before": "x", "after": "a"}
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_both_held_out_sets_are_measured() -> None:
    metrics = compared(answers([0, 1], [2]), answers([0, 0], [None])).metrics
    for side in ("before", "after"):
        assert tuple(metrics[side]) == SETS
        assert all(tuple(measures) == REPORTED for measures in metrics[side].values())
    assert (metrics["before"]["new_wordings"]["n"], metrics["before"]["unseen_answers"]["n"]) == (2, 1)
    assert metrics["after"]["new_wordings"]["mrr@10"] == 1.0


def test_an_interval_contains_the_mean_difference_and_is_the_same_each_time() -> None:
    rng = np.random.default_rng(0)
    old, new = ([None if r > 9 else int(r) for r in rng.integers(0, 14, 80)] for _ in range(2))
    before, after = answers(old, old[:5]), answers(new, new[:5])
    found = compared(before, after)
    assert found == compared(before, after)
    for name, own in zip(SETS, ((before.new, after.new), (before.unseen, after.unseen)), strict=True):
        for key in ("hit@1", "hit@5", "mrr@10"):
            low, high = found.intervals[name][key]
            metrics = [found.metrics[side][name][key] for side in ("before", "after")]
            assert low <= metrics[1] - metrics[0] <= high
        assert len(own[0]) == found.metrics["before"][name]["n"]


def test_an_interval_is_narrower_with_more_questions_and_empty_without() -> None:
    few, many = (compared(answers([0, 1] * n), answers([1, 0] * n)).intervals["new_wordings"] for n in (10, 160))
    widths = [own["hit@1"][1] - own["hit@1"][0] for own in (few, many)]
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.15)  # the root of 16
    assert widths[1] == pytest.approx(2 * 1.96 / 320**0.5, rel=0.1)  # the normal approximation
    assert compared(answers([]), answers([])).intervals["unseen_answers"]["mrr@10"] is None
    assert RESAMPLES >= 1000


def test_the_same_answers_differ_by_nothing() -> None:
    same = answers([0, 1, None, 4], [2])
    assert compared(same, same).intervals["new_wordings"]["mrr@10"] == [0.0, 0.0]


def test_what_nothing_answers_is_in_no_interval() -> None:
    lost = replace(outcome(0, 0), question=LabelledQuestion("canteen?", "c", ()))
    before, after = Answers((lost, *outcomes([0, 0])), ()), Answers((lost, *outcomes([0, 0])), ())
    assert compared(before, after).metrics["after"]["new_wordings"]["answerable"] == 2
    assert compared(Answers((lost,), ()), Answers((lost,), ())).intervals["new_wordings"]["hit@1"] is None


def test_held_out_wordings_are_in_no_entry_while_they_are_asked(store: Store) -> None:
    tiny.fill(store, tiny.topics())
    unanswerable = [f"where is the canteen {i}" for i in range(40)]
    for text in unanswerable:
        tiny.confirmed(store, text, "tiny")
    material = store.read(gather)
    parts = split(material.examples)
    held = held_out(material, parts)
    measured = {q.text for q in held.new if not q.expected_ids}
    asked = {q.text for q in held.questions}
    assert {q.text for q in held.unseen} == {e.text for e in parts.unseen} != set()
    assert {q.text for q in held.new} == {e.text for e in parts.new} | measured
    assert 0 < len(measured) < len(unanswerable) / 2  # as large a part as of the new wordings
    assert {q.text for q in held.validation} == {e.text for e in parts.validation} | {*unanswerable} - measured
    assert held.questions == (*held.new, *held.unseen, *held.validation)
    assert not asked & {wording for entry in held.entries for wording in entry.phrasings}
    assert len(held.entries) == len(material.entries)


def test_tests_of_a_course_without_entries_rest(store: Store) -> None:
    tiny.fill(store, tiny.topics())
    material = store.read(gather)
    tests = [LabelledQuestion("baa question", course, ("ba",)) for course in ("tiny", "gone")]
    assert held_out(material, split(material.examples), tests).protected == (tests[0],)


def test_a_version_is_asked_all_that_is_held_out_with_its_own_policies(store: Store, bert: Path) -> None:
    tiny.fill(store, tiny.topics())
    material = store.read(gather)
    tests = [LabelledQuestion("baa question", "tiny", ("ba",))]
    held = held_out(material, split(material.examples), tests)
    never = Policies(Policy(answer_at=1.01))
    found = ask_held(Serving("0001", bert, never), held, VectorCache(None))
    assert [[o.question for o in own] for own in (found.new, found.unseen, found.protected)] == [
        [*held.new],
        [*held.unseen],
        tests,
    ]
    (protected,) = found.protected
    assert protected.right and protected.answer.decision == "suggest"
    assert found.measured()["new_wordings"]["n"] == len(held.new)
