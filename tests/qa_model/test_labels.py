"""A labels model tells a label with its probability, and refuses what has none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qa_model import bundle
from qa_model.base import ModelError
from qa_model.encoder import Encoder
from qa_model.labels import SMOOTH, Head, Scope, features, load_labels, nearness, probabilities
from qa_model.states import unit

AXES = np.eye(3, 32, dtype=np.float32)
SCOPE = Scope((0.0, 0.0, 0.5), (1.0, 1.0, 0.1), (0.0, 0.0, 1.0), 0.0, 0.5)
HEAD = Head(("a", "b", "c"), 8 * AXES, np.zeros(3, np.float32), AXES, True, 2.0, SCOPE)


def test_the_likeliest_label_is_told_and_what_is_far_from_every_example_is_refused() -> None:
    far = np.zeros((1, 32), np.float32)
    far[0, 10] = 1
    near, none = HEAD.label(np.concatenate([AXES[1:2], far]))
    assert (near.label, near.known, none.known) == ("b", True, False)
    assert near.probability == pytest.approx(np.exp(4) / (np.exp(4) + 2), abs=1e-4)
    assert near.inside > 0.9 > 0.1 > none.inside


def test_a_higher_temperature_is_less_sure_of_the_same_label() -> None:
    (sure,), (unsure,) = HEAD.label(AXES[:1]), replace(HEAD, temperature=8.0).label(AXES[:1])
    assert sure.label == unsure.label and unsure.probability < sure.probability


def test_probabilities_add_up_however_large_the_logits() -> None:
    shares = probabilities(np.array([[1e4, 0.0], [0.0, 0.0]]))
    assert shares.tolist() == [[1.0, 0.0], [0.5, 0.5]]


def test_features_are_finite_with_one_label_and_none_texts() -> None:
    assert np.isfinite(features(np.zeros((2, 1)), AXES[:2], AXES)).all()
    assert features(np.zeros((0, 3)), AXES[:0], AXES).shape == (0, 3)


def test_a_bundle_gives_the_head_back(tmp_path: Path, bert: Path) -> None:
    def fill(draft: Path) -> None:
        Encoder.load(bert, training=True).save(draft)
        HEAD.save(draft)

    kind = "labels/topics"
    with pytest.raises(ModelError, match=r"no labels model 'topics' is published: run .* --name topics"):
        load_labels(tmp_path, "topics")
    version = bundle.write(tmp_path, fill, {"head": HEAD.record(), "parent": "base"}, kind)
    bundle.publish(tmp_path, version, kind)
    model = load_labels(tmp_path, "topics")
    assert (model.version, model.head.names, model.head.scope) == ("0001", HEAD.names, HEAD.scope)
    assert np.array_equal(model.head.weight, HEAD.weight)
    assert len(model.label(["babel q0", "ba de " * 200])) == 2
    (tmp_path / kind / version / "head" / "weights.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match=r"0001 is refused: .*is missing or was changed"):
        load_labels(tmp_path, "topics")


def test_a_record_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    record = HEAD.save(tmp_path)
    for broken in ({**record, "scope": {}}, {k: v for k, v in record.items() if k != "labels"}):
        with pytest.raises(ModelError, match="fit again"):
            Head.load(tmp_path, broken)


def test_the_nearest_examples_of_a_label_speak_for_it() -> None:
    between = (AXES[0] * 0.6 + AXES[1] * 0.8)[None]
    owners = np.array([0, 1, 2])
    flat = replace(HEAD, weight=0 * AXES, temperature=1.0, near=10.0, owners=owners)
    (told,) = flat.label(between)
    assert told.label == "b"
    assert np.allclose(nearness(between, AXES, owners, 4), [[0.6, 0.8, 0.0, -1.0]], atol=0.01)
    assert nearness(between, AXES[:0], owners[:0], 2).tolist() == [[-1.0, -1.0]]


def test_nearness_is_the_greatest_cosine_smoothed() -> None:
    chance = np.random.default_rng(0)
    texts, examples = (unit(chance.normal(size=(n, 8)).astype(np.float32)) for n in (2000, 9))
    owners = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    found = nearness(3 * texts, examples, owners, 3)
    for label in range(3):
        cosines = (texts @ examples[owners == label].T).astype(np.float64)
        assert np.allclose(found[:, label], SMOOTH * np.log(np.exp(cosines / SMOOTH).sum(1)), atol=1e-5)
        assert (found[:, label] >= cosines.max(1) - 1e-5).all()


def test_examples_that_count_are_kept_with_their_labels(tmp_path: Path) -> None:
    near = replace(HEAD, near=3.0, owners=np.array([0, 1, 2]))
    back = Head.load(tmp_path, near.save(tmp_path))
    assert back.near == 3.0 and back.owners.tolist() == [0, 1, 2]
    for wrong in ([0, 1], [2, 1, 0], [0, 1, 3]):
        record = replace(near, owners=np.array(wrong)).save(tmp_path)
        with pytest.raises(ModelError, match="fit again"):
            Head.load(tmp_path, record)
    before = {name: value for name, value in HEAD.save(tmp_path).items() if name != "near"}
    assert Head.load(tmp_path, before).near == 0.0  # a bundle of before
