"""Losses, as pure functions of tensors."""

import torch
from torch import Tensor


def answer_softmax(logits: Tensor, positive: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted mean of -log of the probability that the softmax gives to the right answers together.

    logits and positive (bool) are (questions, answers), weight is (questions,); each row has a positive. An answer
    that is right for a question is never its negative: the right ones share one probability (InfoNCE, van den Oord,
    Li and Vinyals 2018, with the positives summed inside the logarithm as in Khosla et al., 2020, L_in).
    """
    right = logits.masked_fill(~positive, -torch.inf).logsumexp(1)
    loss = logits.logsumexp(1) - right
    return (weight * loss).sum() / weight.sum()
