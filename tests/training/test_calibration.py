"""Weights and probability are learned near the shipped ones; a threshold keeps its budget by an upper bound."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
from simulated import CANDIDATES, asked

from data.records import LabelledQuestion, Question
from qa_model.answerer import Answerer, assemble
from qa_model.encoder import Encoder
from qa_model.fusion import Policy
from qa_model.vectors import VectorCache
from training.calibration import (
    FOLDS,
    Asked,
    ask,
    ask_doubts,
    fit,
    judge,
    left_out,
)
from training.examples import Doubt

SHIPPED = Policy()


@pytest.fixture(scope="module")
def answerer(bert: Path) -> Answerer:
    known = [replace(entry, key=i) for i, entry in enumerate(tiny.topics(), 1)]
    return assemble(known, Encoder.load(bert), VectorCache(None))


def loss(questions: Sequence[Asked], policy: Policy) -> float:
    """Return the negative log likelihood of a question."""
    confidence, right, _ = judge(questions, policy)
    return float(-np.log(np.where(right, confidence, 1 - confidence)).mean())


def moved(policy: Policy) -> float:
    return float(np.abs(np.subtract(policy.weights, SHIPPED.weights)).max())


def test_without_questions_the_shipped_numbers_stay() -> None:
    assert fit([], SHIPPED) == SHIPPED


def test_a_few_questions_move_little_and_many_move_much() -> None:
    assert moved(fit(asked(5), SHIPPED)) < 0.05
    few, many = (fit(asked(n, only=("lexical",)), SHIPPED) for n in (5, 500))
    assert 2 * moved(few) < moved(many)
    questions = asked(200, seed=99)
    before = judge(questions, SHIPPED)[0]
    after = [judge(questions, fit(asked(5, seed=seed), SHIPPED))[0] for seed in range(8)]
    assert np.abs(np.array(after) - before).mean() < 0.05


def test_many_questions_teach_the_weights_and_the_probability() -> None:
    learned = fit(asked(500, only=("lexical",), none=0.2), SHIPPED)
    assert learned.weights[3] > SHIPPED.weights[3] + 0.1
    unseen = asked(500, seed=1, only=("lexical",), none=0.2)
    assert judge(unseen, learned)[1].mean() > judge(unseen, SHIPPED)[1].mean()
    assert loss(unseen, learned) < loss(unseen, replace(learned, bias=SHIPPED.bias, slopes=SHIPPED.slopes))
    assert loss(unseen, learned) < loss(unseen, SHIPPED)


def test_what_is_fitted_is_a_policy_that_can_be_read_by_a_person() -> None:
    learned = fit(asked(300, none=0.2), SHIPPED)
    assert sum(learned.weights) == pytest.approx(1)
    assert min(*learned.weights, *learned.slopes) >= 0
    assert (learned.answer_at, learned.suggest_at) == (SHIPPED.answer_at, SHIPPED.suggest_at)
    assert {type(x) for x in (*learned.weights, *learned.slopes, learned.bias)} == {float}


def test_fitting_twice_gives_the_same() -> None:
    assert fit(asked(200, none=0.2), SHIPPED) == fit(asked(200, none=0.2), SHIPPED)


def test_where_every_signal_speaks_against_what_is_right_the_weights_stay() -> None:
    turned = []
    for one in asked(900):
        total = one.sensed.signals.ranking().sum(axis=1)
        turned.append(replace(one, right=total == total.min()))
    learned = fit(turned, SHIPPED)
    assert sum(learned.weights) == pytest.approx(1)


def test_a_weight_says_how_many_questions_one_counts_as() -> None:
    once = asked(120, none=0.2)
    doubled = fit([replace(one, weight=2.0) for one in once], SHIPPED)
    repeated = fit([*once, *once], SHIPPED)
    assert doubled.weights == pytest.approx(repeated.weights, abs=1e-3)
    assert doubled.slopes == pytest.approx(repeated.slopes, abs=1e-2)
    nothing = fit([replace(one, weight=0.0) for one in once], SHIPPED)
    assert nothing.weights == pytest.approx(SHIPPED.weights) and nothing.slopes == pytest.approx(SHIPPED.slopes)


def test_a_doubt_counts_only_where_the_first_is_the_doubted_entry() -> None:
    (one,) = asked(1, found=1.0)
    doubt = replace(one, right=np.zeros(CANDIDATES, bool))
    on_first, on_others = replace(doubt, wrong=one.right), replace(doubt, wrong=~one.right)
    _, right, known = judge([one, on_first, on_others], SHIPPED)
    assert right.tolist() == [True, False, False]
    assert known.tolist() == [True, True, False]
    assert fit([on_others] * 50, SHIPPED) == SHIPPED
    assert judge([one], fit([on_first] * 50, SHIPPED))[0] < judge([one], SHIPPED)[0]


def test_leaving_out_takes_the_right_entries_and_nothing_else() -> None:
    questions = asked(20, none=0.5)
    answerable = [one for one in questions if one.question.expected_ids]
    made = left_out(questions)
    assert [one.question for one in made] == [one.question for one in answerable]
    for one, before in zip(made, answerable, strict=True):
        kept = np.flatnonzero(~before.right)
        assert one.made and not before.made
        assert (one.fold, one.weight) == (before.fold, before.weight)
        assert one.sensed.entries == tuple(before.sensed.entries[i] for i in kept)
        assert one.sensed.signals.text.tolist() == before.sensed.signals.text[kept].tolist()
        assert one.sensed.signals.late.tolist() == before.sensed.signals.late[kept].tolist()
        assert one.right.tolist() == [False] * len(kept)


def test_leaving_out_all_that_there_is_makes_no_question() -> None:
    (one,) = asked(1)
    assert left_out([replace(one, right=np.ones(CANDIDATES, bool))]) == []


def test_each_question_is_asked_in_its_course_and_knows_what_is_right(answerer: Answerer) -> None:
    questions = [LabelledQuestion(f"{root}bel q0", "tiny", (root,)) for root in tiny.ROOTS]
    questions.append(LabelledQuestion("where is the canteen", "tiny", ()))
    found = ask(answerer, questions, [0.5] * len(questions))
    assert [one.question for one in found] == questions
    for one in found:
        right = tuple(e.id for e, right in zip(one.sensed.entries, one.right, strict=True) if right)
        assert right == one.question.expected_ids
        assert (one.weight, one.wrong, one.made) == (0.5, None, False)
    confidence, _, known = judge(found, SHIPPED)
    answers = answerer.answer([Question(q.text, q.course) for q in questions])
    assert confidence == pytest.approx([answer.confidence for answer in answers], abs=1e-5)
    assert known.all()


def test_the_questions_of_one_answer_share_a_fold(answerer: Answerer) -> None:
    questions = [LabelledQuestion(f"{root}{end}", "tiny", (root,)) for root in tiny.ROOTS for end in tiny.ENDINGS]
    questions += [LabelledQuestion("the same", "tiny", ())] * 2
    folds = [(one.question, one.fold) for one in ask(answerer, questions, [1.0] * len(questions))]
    by_answer: dict[tuple[str, ...], set[int]] = {}
    for question, fold in folds:
        by_answer.setdefault(question.expected_ids, set()).add(fold)
    assert {len(own) for own in by_answer.values()} == {1}
    assert {fold for _, fold in folds} == set(range(FOLDS))


def test_what_students_doubted_is_known_to_be_wrong(answerer: Answerer) -> None:
    doubts = [Doubt("babel q0", "tiny", frozenset({1, 3}), 0.3)]
    (one,) = ask_doubts(answerer, doubts)
    assert one.wrong is not None
    assert {e.key for e, wrong in zip(one.sensed.entries, one.wrong, strict=True) if wrong} == {1, 3}
    assert (one.weight, one.right.any(), one.question.expected_ids) == (0.3, False, ())


def test_a_course_without_entries_finds_nothing(answerer: Answerer) -> None:
    (one,) = ask(answerer, [LabelledQuestion("anything", "elsewhere", ("a",))], [1.0])
    assert (one.sensed.entries, len(one.right)) == ((), 0)
    assert left_out([one]) == []
