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


def label_cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted mean cross-entropy of logits (texts, labels) and the numbers of the right labels (texts,)."""
    losses = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
    return (weights * losses).sum() / weights.sum()


def supervised_contrastive(vectors: Tensor, targets: Tensor, weights: Tensor, temperature: float = 0.07) -> Tensor:
    """Return the supervised contrastive loss of unit vectors (texts, dim), labels and weights (texts,).

    L_out of Khosla et al. (NeurIPS 2020): the mean of -log softmax over the others of a text's label, from among all
    others of the batch. A text whose label no other has teaches nothing as an anchor.
    """
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    likeness = (vectors @ vectors.T / temperature).masked_fill(itself, -torch.inf)  # (texts, texts)
    alike = (targets.unsqueeze(0) == targets.unsqueeze(1)) & ~itself
    log_share = (likeness - likeness.logsumexp(1, keepdim=True)).masked_fill(~alike, 0.0)
    count = alike.sum(1)
    losses = -log_share.sum(1) / count.clamp(min=1)
    weights = weights * (count > 0)
    return (weights * losses).sum() / weights.sum().clamp(min=1e-6)
