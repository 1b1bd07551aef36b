"""The losses agree with a hand computation, and an answer that is right is nobody's negative."""

import math

import pytest
import torch

from training.losses import answer_softmax, label_cross_entropy, supervised_contrastive

LOGITS = [[2.0, 0.0, 1.0], [0.0, 3.0, 0.5]]
ONE_EACH = [[True, False, False], [False, True, False]]


def loss(logits: list[list[float]], positive: list[list[bool]], weight: list[float]) -> float:
    return float(answer_softmax(torch.tensor(logits), torch.tensor(positive), torch.tensor(weight)))


def softmax(row: list[float], *right: int) -> float:
    return sum(math.exp(row[i]) for i in right) / sum(map(math.exp, row))


def test_with_one_right_answer_it_is_the_cross_entropy() -> None:
    expected = torch.nn.functional.cross_entropy(torch.tensor(LOGITS), torch.tensor([0, 1]))
    assert loss(LOGITS, ONE_EACH, [1, 1]) == pytest.approx(float(expected))


def test_it_is_the_weighted_mean_of_the_questions() -> None:
    each = [-math.log(softmax(LOGITS[0], 0)), -math.log(softmax(LOGITS[1], 1))]
    assert loss(LOGITS, ONE_EACH, [1, 0.25]) == pytest.approx((each[0] + 0.25 * each[1]) / 1.25)
    assert loss(LOGITS, ONE_EACH, [1, 0]) == pytest.approx(each[0])


def test_right_answers_share_one_probability() -> None:
    positive = [[True, False, True], [False, True, False]]
    each = [-math.log(softmax(LOGITS[0], 0, 2)), -math.log(softmax(LOGITS[1], 1))]
    assert loss(LOGITS, positive, [1, 1]) == pytest.approx(sum(each) / 2)


def test_all_right_costs_nothing() -> None:
    assert loss(LOGITS, [[True] * 3] * 2, [1, 1]) == pytest.approx(0, abs=1e-6)


def test_gradients_raise_the_right_and_lower_the_wrong() -> None:
    logits = torch.zeros(1, 3, requires_grad=True)
    answer_softmax(logits, torch.tensor([[True, False, True]]), torch.ones(1)).backward()
    assert logits.grad is not None
    # d loss / d logit = softmax - share among the right ones
    assert logits.grad[0].tolist() == pytest.approx([1 / 3 - 1 / 2, 1 / 3, 1 / 3 - 1 / 2])


def test_large_logits_stay_finite() -> None:
    logits = torch.tensor([[1000.0, -1000.0]], requires_grad=True)
    value = answer_softmax(logits, torch.tensor([[False, True]]), torch.ones(1))
    value.backward()
    assert float(value.detach()) == pytest.approx(2000)
    assert logits.grad is not None and torch.isfinite(logits.grad).all()


def test_the_cross_entropy_of_labels_is_weighted() -> None:
    each = [-math.log(softmax(LOGITS[0], 2)), -math.log(softmax(LOGITS[1], 1))]
    found = label_cross_entropy(torch.tensor(LOGITS), torch.tensor([2, 1]), torch.tensor([3.0, 1.0]))
    assert float(found) == pytest.approx((3 * each[0] + each[1]) / 4)


def test_contrast_agrees_with_a_hand_computation_and_leaves_out_who_is_alone() -> None:
    angles = torch.tensor([0.0, 0.5, 2.0])
    vectors, targets = torch.stack([angles.cos(), angles.sin()], 1), torch.tensor([0, 0, 1])
    near, far, farther = math.cos(0.5), math.cos(2.0), math.cos(1.5)
    each = [-math.log(softmax([near / 0.5, far / 0.5], 0)), -math.log(softmax([near / 0.5, farther / 0.5], 0))]
    found = supervised_contrastive(vectors, targets, torch.tensor([1.0, 3.0, 5.0]), temperature=0.5)
    assert float(found) == pytest.approx((each[0] + 3 * each[1]) / 4, rel=1e-4)
    alone = supervised_contrastive(vectors, torch.tensor([0, 1, 2]), torch.ones(3))
    assert float(alone) == 0.0
