"""Publish, roll back and compare versions by hand."""

from pathlib import Path

import pytest
import tiny

from data.errors import Refused
from data.store import Store
from qa_model.base import ModelError
from qa_model.bundle import current, policies_record, write
from qa_model.encoder import Encoder
from qa_model.fusion import Policies
from training import history
from training.versions import compare_versions, publish_version, roll_back


@pytest.fixture
def models(tmp_path: Path, bert: Path) -> Path:
    """A models folder with two bundles, of which none serves."""
    for parent in ("base", "0001"):
        write(
            tmp_path / "models",
            lambda draft: Encoder.load(bert, training=True).save(draft),
            {"policy": policies_record(Policies()), "parent": parent},
        )
    return tmp_path / "models"


def test_publishing_by_hand_serves_and_is_written_down(store: Store, models: Path) -> None:
    publish_version(store, models, "0002")
    assert current(models) == "0002"
    (event,) = store.read(history.events)
    assert (event["event"], event["version"], event["reason"]) == ("published", "0002", "by hand")


def test_what_cannot_be_published_is_not_written_down(store: Store, models: Path) -> None:
    (models / "answers" / "0001" / "model.safetensors").write_bytes(b"")
    for version in ("0001", "0009"):
        with pytest.raises(ModelError):
            publish_version(store, models, version)
    assert store.read(history.events) == []
    assert current(models) == "base"


def test_a_version_that_would_be_refused_is_not_published(store: Store, models: Path, bert: Path) -> None:
    old = {"policy": {"answer_at": 0.5, "weights": [1, 1, 1]}, "parent": "base"}
    version = write(models, lambda draft: Encoder.load(bert, training=True).save(draft), old)
    with pytest.raises(ModelError, match="fit again"):
        publish_version(store, models, version)
    assert (current(models), store.read(history.events)) == ("base", [])


def test_where_nothing_can_be_written_what_served_serves_on(store: Store, models: Path) -> None:
    publish_version(store, models, "0001")
    (models / "answers" / "current").unlink()
    (models / "answers" / "current").mkdir()
    with pytest.raises(ModelError, match="cannot be written"):
        publish_version(store, models, "base")


def test_rolling_back_goes_step_by_step_to_the_base(store: Store, models: Path) -> None:
    for version in ("0001", "0001", "0002"):
        publish_version(store, models, version)
    assert roll_back(store, models) == ("0002", "0001")
    assert roll_back(store, models) == ("0001", "base")
    assert current(models) == "base"
    with pytest.raises(Refused, match="nothing to roll back"):
        roll_back(store, models)


def test_a_damaged_version_is_not_rolled_back_to(store: Store, models: Path) -> None:
    publish_version(store, models, "0001")
    publish_version(store, models, "0002")
    (models / "answers" / "0001" / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="is missing or was changed"):
        roll_back(store, models)
    assert current(models) == "0002"


def test_a_version_compared_with_its_like_changes_nothing(store: Store, models: Path) -> None:
    tiny.fill(store, tiny.topics())
    found = compare_versions(store, models, "0001", "0002")
    assert (found["fixed"], found["broke"]) == ([], [])
    assert found["unchanged"] > 0
    assert found["metrics"]["before"] == found["metrics"]["after"]
    assert found["intervals"]["new_wordings"]["mrr@10"] == [0.0, 0.0]
    assert found["protected"] == {"n": 0, "broken": []}


def test_without_held_out_questions_there_is_nothing_to_compare_on(store: Store, models: Path) -> None:
    tiny.fill(store, tiny.topics(wordings=0))
    with pytest.raises(Refused, match="nothing to compare on"):
        compare_versions(store, models, "base", "0001")


def test_comparing_with_no_version_names_those_there_are(store: Store, models: Path) -> None:
    tiny.fill(store, tiny.topics())
    with pytest.raises(ModelError, match="no version '7' of answers; there are: 0001, 0002"):
        compare_versions(store, models, "0001", "7")
