"""Heads that are fitted on vectors, with the encoder as it is: exact, and done in seconds."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from qa_model.encoder import Vectors

MAX_ITERATIONS = 300


def softmax_regression(vectors: Vectors, targets: Tensor, weights: Tensor, classes: int, c: float) -> nn.Linear:
    """Return the multinomial logistic regression of targets (n,) from vectors (n, dim), with L2 penalty 1 / c.

    Minimised by L-BFGS (Liu and Nocedal, 1989). `weights` (n,): how much each row counts, 1 on average; the penalty
    is per row, so that the same `c` fits few rows as it does many. The bias is not penalised.
    """
    x = torch.from_numpy(vectors)
    head = nn.Linear(x.shape[1], classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=MAX_ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        losses = nn.functional.cross_entropy(head(x), targets, reduction="none")
        loss = (weights * losses).mean() + head.weight.square().sum() / (2 * c * len(x))
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return head


def logits(head: nn.Linear, vectors: Vectors) -> npt.NDArray[np.float64]:
    """Return the logits of a head for vectors (n, dim), (n, classes)."""
    with torch.inference_mode():
        found: npt.NDArray[np.float64] = head.cpu()(torch.from_numpy(vectors)).numpy().astype(np.float64)
    return found
