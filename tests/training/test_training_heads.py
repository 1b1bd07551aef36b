"""A head that is fitted on vectors separates what can be separated, and the loop trains one with its encoder."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from qa_model.encoder import Encoder
from qa_model.heads import read
from training.examples import Example
from training.heads import logits, softmax_regression
from training.loop import train
from training.trained import Batch, Head, Settings

CENTRES = np.eye(3, 8, dtype=np.float32)


def test_softmax_regression_finds_the_classes_and_a_weak_penalty_makes_it_surer() -> None:
    rng = np.random.default_rng(0)
    targets = np.arange(60) % 3
    vectors = (CENTRES[targets] + 0.2 * rng.standard_normal((60, 8))).astype(np.float32)
    goal, ones = torch.from_numpy(targets), torch.ones(60)
    weak, strong = (logits(softmax_regression(vectors, goal, ones, 3, c), vectors) for c in (100.0, 0.01))
    assert (weak.argmax(1) == targets).all()
    assert np.abs(weak).max() > 5 * np.abs(strong).max()


def test_a_row_without_weight_teaches_nothing() -> None:
    vectors = np.concatenate([CENTRES[:2], CENTRES[:2]])
    weights = torch.tensor([2.0, 2.0, 0.0, 0.0])
    head = softmax_regression(vectors, torch.tensor([0, 1, 1, 0]), weights, 2, 10.0)
    assert logits(head, CENTRES[:2]).argmax(1).tolist() == [0, 1]


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_the_loop_trains_a_head_with_its_encoder(request: pytest.FixtureRequest, kind: str) -> None:
    encoder = Encoder.load(request.getfixturevalue(kind), training=True)
    untouched = {name: value.clone() for name, value in encoder.model.state_dict().items()}
    torch.manual_seed(0)
    head = Head(nn.Linear(encoder.dim, 2), lr=1e-2)
    before = {name: value.clone() for name, value in head.module.state_dict().items()}
    examples = [Example(f"{root}{i}", "", frozenset({n}), 1.0) for n, root in enumerate(("ba", "zu")) for i in range(8)]

    def loss(batch: Batch) -> Tensor:
        found = head.module(read(encoder, [e.text for e in batch]))
        return nn.functional.cross_entropy(found, torch.tensor([min(e.answers) for e in batch]))

    settings = Settings(lr=1e-3, epochs=4, batch_size=8, patience=4)
    found = train(encoder, examples, loss, lambda: 0.0, settings, lambda *_: None, head=head)
    assert found.losses[-1] < found.losses[0]
    assert found.head is not None and found.head.keys() == before.keys()
    assert not torch.equal(found.head["weight"], before["weight"])
    assert any(not torch.equal(value, untouched[name]) for name, value in found.state.items())
