"""Each recipe learns real tiny encoders of both kinds, and the seed method is the seed method."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from labelled_rows import LABELS, rows
from torch import nn

from qa_model.encoder import Encoder
from qa_model.heads import encode
from training import label_learning
from training.heads import logits
from training.label_learning import (
    CLASSIC,
    DROPOUT,
    FEW_AVERAGE,
    START_C,
    Name,
    Recipe,
    Tuned,
    fitted,
    is_unit,
    regression,
    tune_encoder,
)
from training.label_rows import examples_of
from training.loop import average
from training.trained import Settings

EXAMPLES = examples_of(rows(14), balanced=False)
HELD, OWN = EXAMPLES[::5], [e for i, e in enumerate(EXAMPLES) if i % 5]
SETTINGS = Settings(lr=2e-3, epochs=6, batch_size=16, patience=6)


def tuned(name: Name, base: Path, folder: Path, settings: Settings = SETTINGS) -> Tuned:
    recipe = Recipe(name, str(base), settings)
    return tune_encoder(OWN, HELD, len(LABELS), recipe, folder, lambda *_: None)


def accuracy(found: Tuned, name: Name) -> float:
    """The share of held-out texts whose label the head finds; a recipe without one gets a regression."""
    own, apart = (encode(found.encoder, [e.text for e in part], unit=is_unit(Recipe(name))) for part in (OWN, HELD))
    head = found.head or fitted(own, OWN, len(LABELS), 10.0)
    return float((logits(head, apart).argmax(1) == np.array([min(e.answers) for e in HELD])).mean())


@pytest.mark.parametrize("name", ["frozen", "classic", "tuned", "few"])
@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_every_recipe_finds_labels_that_it_did_not_see(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, name: Name
) -> None:
    found = tuned(name, request.getfixturevalue(kind), tmp_path / "out")
    assert accuracy(found, name) > (0.3 if kind == "gpt" else 0.5)
    assert (found.head is None) == (name == "frozen")
    if found.trained is not None:
        assert found.trained.losses[-1] < found.trained.losses[0]


def test_frozen_leaves_the_encoder_as_it_is(bert: Path, tmp_path: Path) -> None:
    found = tuned("frozen", bert, tmp_path / "out")
    untouched = Encoder.load(bert).model.state_dict()
    assert all(torch.equal(value, untouched[name]) for name, value in found.encoder.model.state_dict().items())


def test_frozen_on_a_bundle_has_the_bundles_encoder_and_nothing_else_of_it(bert: Path, tmp_path: Path) -> None:
    base = Path(shutil.copytree(bert, tmp_path / "0001"))
    (base / "bundle.json").write_text("{}")
    (base / "head").mkdir()
    found = tuned("frozen", base, tmp_path / "out")
    assert found.encoder.hash == Encoder.load(bert).hash
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in bert.iterdir()}


def test_classic_is_the_seed_method(bert: Path, tmp_path: Path) -> None:
    assert (CLASSIC.lr, CLASSIC.batch_size, CLASSIC.epochs, DROPOUT) == (2e-5, 32, 3, 0.1)
    found = tuned("classic", bert, tmp_path / "out", CLASSIC)
    assert found.trained is not None and len(found.trained.losses) == 3
    assert found.head is not None and found.head.weight.shape == (len(LABELS), found.encoder.dim)
    untouched = Encoder.load(bert).model.state_dict()
    moved = [not torch.equal(v, untouched[n]) for n, v in found.encoder.model.state_dict().items()]
    assert any(moved) and found.average == 1.0


def test_tuned_starts_from_the_regression_and_is_averaged_with_it(bert: Path, tmp_path: Path) -> None:
    still = tuned("tuned", bert, tmp_path / "still", replace(SETTINGS, lr=1e-12, epochs=1))
    own = encode(Encoder.load(bert), [e.text for e in OWN])
    start = fitted(own, OWN, len(LABELS), START_C)
    assert still.head is not None and torch.allclose(still.head.weight, start.weight, atol=0.1)
    assert still.average == 1.0  # of weights as good as each other the most tuned
    assert tuned("tuned", bert, tmp_path / "moved").average in (0.3, 0.5, 0.7, 1.0)


def test_without_held_out_rows_all_epochs_are_kept(bert: Path, tmp_path: Path) -> None:
    recipe = Recipe("few", str(bert), replace(SETTINGS, epochs=2))
    found = tune_encoder(EXAMPLES, [], len(LABELS), recipe, tmp_path / "out", lambda *_: None)
    assert found.trained is not None and (found.trained.epoch, found.average) == (2, FEW_AVERAGE)
    untouched, saved = (Encoder.load(f, training=True).model.state_dict() for f in (bert, tmp_path / "out"))
    between = average(found.trained.state, untouched, FEW_AVERAGE)
    assert all(torch.allclose(value, between[name], atol=1e-5) for name, value in saved.items())


def test_few_draws_the_texts_of_a_label_together(bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("FEW_AVERAGE", 1.0), ("WEIGHTS", (1.0,))):  # as they are trained
        monkeypatch.setattr(label_learning, name, value)

    def spread(name: Name) -> float:
        """How far texts are from their label's mean, beside how far all are from theirs."""
        found = tuned(name, bert, tmp_path / name)
        vectors, targets = encode(found.encoder, [e.text for e in OWN]), np.array([min(e.answers) for e in OWN])
        means = np.stack([vectors[targets == i].mean(0) for i in range(len(LABELS))])
        return float(np.square(vectors - means[targets]).sum() / np.square(vectors - vectors.mean(0)).sum())

    assert spread("few") < spread("tuned")


def test_the_regression_that_finds_most_of_what_is_held_out_is_taken() -> None:
    vectors = np.eye(4, 8, dtype=np.float32)[[min(e.answers) for e in OWN]]
    apart = np.eye(4, 8, dtype=np.float32)[[min(e.answers) for e in HELD]]
    c, head = regression(vectors, OWN, apart, HELD, 4)
    assert c == 1.0 and isinstance(head, nn.Linear)  # of strengths as good as each other the first
    assert (logits(head, apart).argmax(1) == [min(e.answers) for e in HELD]).all()


def test_the_same_seed_gives_the_same_head(bert: Path, tmp_path: Path) -> None:
    short = replace(SETTINGS, epochs=1)
    one, again, other = (
        tuned("classic", bert, tmp_path / str(i), replace(short, seed=seed)).head for i, seed in enumerate((3, 3, 4))
    )
    assert one is not None and again is not None and other is not None
    assert torch.equal(one.weight, again.weight) and not torch.equal(one.weight, other.weight)
