"""Scorers that serve: loaded when they are first needed, and anew when a version is published."""

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from qa_model import bundle
from qa_model.base import ModelError
from qa_model.score_bundle import load_scorer
from qa_model.scorer import NEW, Scorer
from qa_model.standing import Standing

KEPT = 2  # scorers in memory; each has an encoder of its own

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A scorer that serves; `model` is its name and version, `standings` are those of the prompts that were needed."""

    scorer: Scorer
    model: str
    standings: dict[str, Standing | None] = field(default_factory=dict)

    @property
    def takes_new(self) -> bool:
        """Whether it learned what holds for prompts that it was not fitted to: by a regression of its own."""
        own = self.scorer.prompts[NEW].regression
        return all(prompt.regression != own for name, prompt in self.scorer.prompts.items() if name != NEW)

    def standing(self, prompt: str) -> Standing | None:
        """Return the standing in a prompt; it is worked out once."""
        if prompt not in self.standings:
            self.standings[prompt] = Standing.of(self.scorer, prompt)
        return self.standings[prompt]


class Scorers:
    """The scorers of a models folder, at most KEPT of them in memory."""

    def __init__(self, models: Path) -> None:
        self._models = models
        self._kept: OrderedDict[str, tuple[str, Loaded | None]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, name: str) -> Loaded | None:
        """Return the scorer of a name that serves now, None if none does. It may have to be loaded: off the loop."""
        current = bundle.current(self._models, f"scores/{name}")
        with self._lock:
            version, loaded = self._kept.get(name, ("", None))
            if version != current:
                loaded = None if current == bundle.BASE else self._load(name)
                self._kept[name] = (current, loaded)
            self._kept.move_to_end(name)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return loaded

    def _load(self, name: str) -> Loaded | None:
        try:
            scorer, version = load_scorer(self._models, name)
        except ModelError as error:
            logger.error("the scorer %s does not serve, texts go without an estimate: %s", name, error)
            return None
        logger.info("the scorer %s %s serves", name, version)
        return Loaded(scorer, f"{name} {version}")
