"""Labels models of courses: loaded when needed, renewed, shared and bounded; a damaged one stops nothing."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
import tiny
import topic_bundle

from qa_model import bundle, course_labels
from qa_model.base import EncoderSpec
from qa_model.course_labels import CourseLabels
from qa_model.encoder import Encoder

ROWS = {"ba": ("babel q0", "bador q1"), "de": ("debel q0", "dedor q1")}
ASKED = ["babel q0", "dedor q1"]


def names(labels: CourseLabels, course: str, encoder: Encoder) -> list[str] | None:
    told = labels.label(course, ASKED, encoder)
    return None if told is None else [one.label for one in told]


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A model whose vectors are others: it pools otherwise."""
    return tiny.bert(tmp_path / "other", EncoderSpec("cls"))


def test_questions_are_labelled_by_the_bundle_of_their_course(tmp_path: Path, bert: Path, encoder: Encoder) -> None:
    topic_bundle.published(tmp_path, "c", bert, ROWS)
    labels = CourseLabels(tmp_path)
    assert names(labels, "c", encoder) == ["ba", "de"]
    assert names(labels, "d", encoder) is None
    assert (labels.names("c", encoder), labels.names("d", encoder)) == (("ba", "de"), ())


def test_another_version_is_taken_up_and_a_first_one_too(tmp_path: Path, bert: Path, encoder: Encoder) -> None:
    labels = CourseLabels(tmp_path)
    assert names(labels, "c", encoder) is None
    topic_bundle.published(tmp_path, "c", bert, ROWS)
    assert names(labels, "c", encoder) is None
    labels.refresh()
    assert names(labels, "c", encoder) == ["ba", "de"]
    topic_bundle.published(tmp_path, "c", bert, {f"new {name}": texts for name, texts in ROWS.items()})
    labels.refresh()
    assert names(labels, "c", encoder) == ["new ba", "new de"]
    bundle.publish(tmp_path, bundle.BASE, "labels/c")
    labels.refresh()
    assert names(labels, "c", encoder) is None


def test_an_encoder_with_the_same_vectors_is_held_once(
    tmp_path: Path, bert: Path, other: Path, encoder: Encoder
) -> None:
    for course, folder in (("a", bert), ("b", other), ("c", other)):
        topic_bundle.published(tmp_path, course, folder, ROWS)
    labels = CourseLabels(tmp_path)
    for course in "abc":
        assert names(labels, course, encoder) == ["ba", "de"]
    held = [labels._models[course].encoder for course in "abc"]
    assert held[0] is encoder
    assert held[1] is held[2] is not encoder
    serving = Encoder.load(other)  # a version that answers from now on
    assert names(labels, "b", serving) == ["ba", "de"]
    assert labels._models["b"].encoder is serving


def test_no_more_encoders_are_held_than_may_be(
    tmp_path: Path, bert: Path, other: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course_labels, "MOST", 1)
    third = tiny.bert(tmp_path / "third", EncoderSpec("last"))
    for course, folder in (("a", bert), ("b", other), ("c", third)):
        topic_bundle.published(tmp_path, course, folder, ROWS)
    labels = CourseLabels(tmp_path)
    for course in "abc":
        names(labels, course, encoder)
    assert set(labels._models) == {"a", "c"}  # a's costs nothing
    assert names(labels, "b", encoder) == ["ba", "de"]
    assert set(labels._models) == {"a", "b"}


def test_a_damaged_version_is_logged_once_and_the_one_before_serves(
    tmp_path: Path, bert: Path, encoder: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    first = topic_bundle.published(tmp_path, "c", bert, ROWS)
    second = topic_bundle.published(tmp_path, "c", bert, ROWS)
    weights = tmp_path / "labels" / "c" / second / "head" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    labels = CourseLabels(tmp_path)
    for _ in range(3):
        assert names(labels, "c", encoder) == ["ba", "de"]
        labels.refresh()
    assert [r.getMessage() for r in caplog.records] == [f"version {second} of labels/c is refused, {first} serves"]


@pytest.mark.parametrize("damage", ["weights", "record", "current", "dimension"])
def test_a_labels_model_that_cannot_be_used_stops_nothing(
    tmp_path: Path, bert: Path, encoder: Encoder, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    version = topic_bundle.published(tmp_path, "c", bert, ROWS)
    folder = tmp_path / "labels" / "c"
    if damage == "weights":
        (folder / version / "head" / "weights.safetensors").write_bytes(b"x")
    elif damage == "record":
        (folder / version / bundle.RECORD).write_text("{")
    elif damage == "current":
        (folder / "current").write_bytes(b"\xff\xfe")
    else:  # whole, but its head is another encoder's
        head = topic_bundle.head_of(encoder, ROWS, 0.4)
        odd = replace(head, weight=head.weight[:, :8], examples=head.examples[:, :8])

        def fill(draft: Path) -> None:
            topic_bundle.copy_encoder(bert, draft)
            odd.save(draft)

        bundle.publish(tmp_path, bundle.write(tmp_path, fill, {"head": odd.record()}, "labels/c"), "labels/c")
    labels = CourseLabels(tmp_path)
    for _ in range(3):
        assert names(labels, "c", encoder) is None
        labels.refresh()
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
