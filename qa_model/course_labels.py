"""The labels models of courses, as the bot uses them: `labels/COURSE` says what the questions of a course are about.

A model is loaded with the first question of its course and again when another version of it is published. Encoders that
give the same vectors are held once, also with the one that answers; besides it at most MOST, those used last. A bundle
that cannot be used is logged once, and its course does without until another is published.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import TutorError
from qa_model import bundle
from qa_model.encoder import Encoder

if TYPE_CHECKING:  # it needs torch, which a bot without labels models does not load
    from qa_model.labels import Labelled, LabelModel

MOST = 4  # encoders of labels models that are held; one of the default base takes 90 MB

logger = logging.getLogger(__name__)


def kind_of(course: str) -> str:
    """Return the kind of the bundles that label questions of a course."""
    return f"labels/{course}"


class CourseLabels:
    """Labels questions of courses. One thread at a time labels; another may call `refresh` meanwhile."""

    def __init__(self, models: Path) -> None:
        self._folder = models
        self._seen: dict[str, str] = {}  # what was published when a course was looked up, the one used last at the end
        self._models: dict[str, LabelModel] = {}
        self._lock = threading.Lock()  # of both

    def label(self, course: str, texts: Sequence[str], serving: Encoder) -> "list[Labelled] | None":
        """Return what is told of questions of a course, None if no labels model serves it.

        `serving`: the encoder that answers, which is used in place of one that gives the same vectors.
        """
        model = self._model(course, serving)
        if model is None:
            return None
        try:
            return model.label(texts)
        except Exception:  # whatever a record that is whole but odd may lead to; the question is answered all the same
            logger.exception("version %s of %s cannot be used", model.version, kind_of(course))
            with self._lock:
                self._models.pop(course, None)
            return None

    def names(self, course: str, serving: Encoder) -> tuple[str, ...]:
        """Return the labels of a course, none if no labels model serves it."""
        model = self._model(course, serving)
        return model.head.names if model is not None else ()

    def refresh(self) -> None:
        """Load what was published anew for the courses that were asked about."""
        with self._lock:
            seen = dict(self._seen)
        for course, version in seen.items():
            published = _published(self._folder, course)
            if published != version:
                model = self._loaded(course, published)  # beside the one that serves, without a question waiting for it
                with self._lock:
                    self._put(course, published, model)

    def _model(self, course: str, serving: Encoder) -> "LabelModel | None":
        with self._lock:
            if course not in self._seen:
                published = _published(self._folder, course)
                self._put(course, published, self._loaded(course, published))
            self._seen[course] = self._seen.pop(course)
            model = self._models.get(course)
            if model is not None and model.encoder is not serving and model.encoder.hash == serving.hash:
                model = self._models[course] = replace(model, encoder=serving)
            self._let_go(serving)
        return model

    def _loaded(self, course: str, published: str) -> "LabelModel | None":
        if published == bundle.BASE:
            return None
        from qa_model.labels import load_labels

        try:
            model = load_labels(self._folder, course)
        except TutorError as error:
            logger.error("questions of course %s have no topics: %s", course, error)
            return None
        if model.version != published:
            logger.error("version %s of %s is refused, %s serves", published, kind_of(course), model.version)
        return model

    def _put(self, course: str, published: str, model: "LabelModel | None") -> None:
        self._models.pop(course, None)
        self._seen[course] = published
        if model is not None:
            alike = (other.encoder for other in self._models.values() if other.encoder.hash == model.encoder.hash)
            self._models[course] = replace(model, encoder=next(alike, model.encoder))

    def _let_go(self, serving: Encoder) -> None:
        """Forget the courses used longest ago whose encoders are more than may be held."""
        held: list[Encoder] = []
        for course in reversed(list(self._seen)):
            model = self._models.get(course)
            if model is None or model.encoder is serving or model.encoder in held:
                continue
            if len(held) < MOST:
                held.append(model.encoder)
            else:
                del self._models[course], self._seen[course]


def _published(models: Path, course: str) -> str:
    """Return the version that is published, "" where that cannot be read: then it is tried as any other."""
    try:
        return bundle.current(models, kind_of(course))
    except TutorError:
        return ""
