"""The checkpoint of a training that may be interrupted: it is written whole or not at all, and goes when all is done.

File: `fit-answers.checkpoint` in the models folder. It is read as plain tensors and numbers: no code can hide in it.
"""

import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from data.errors import Refused

FILE = "fit-answers.checkpoint"
EVERY_S = 60.0
_ANEW = "run `fit answers` without --resume to begin anew"

logger = logging.getLogger(__name__)


class Checkpoint:
    """Where a training keeps how far it is, with what it was made from: data, settings, base, by those names."""

    def __init__(
        self, path: Path, made_from: Mapping[str, str], resume: bool = False, every_s: float = EVERY_S
    ) -> None:
        self.path = path
        self._made_from = dict(made_from)
        self._resume = resume
        self._every_s = every_s
        self._written = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time to write again."""
        return time.monotonic() - self._written >= self._every_s

    def write(self, state: Mapping[str, Any]) -> None:
        """Keep how far it is; what cannot be written is told, and the training goes on without."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                torch.save({"made_from": self._made_from, "state": dict(state)}, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except (OSError, RuntimeError) as error:  # torch's writer has its own words for a full disk
            draft.unlink(missing_ok=True)
            told = getattr(error, "strerror", None) or str(error).splitlines()[0]
            logger.warning("%s: cannot be written (%s): the training goes on without a checkpoint", self.path, told)
        self._written = time.monotonic()

    def read(self) -> dict[str, Any] | None:
        """Return what was kept, or nothing if this training begins anew.

        Raises Refused if there is nothing to go on from, or it was made from something else.
        """
        if not self._resume:
            return None
        try:
            kept = torch.load(self.path, map_location="cpu", weights_only=True)
            made_from, state = dict(kept["made_from"]), dict(kept["state"])
        except FileNotFoundError as error:
            raise Refused([f"{self.path}: there is no checkpoint to resume from: {_ANEW}"]) from error
        except Exception as error:  # the library raises whatever the damaged part raises
            raise Refused([f"{self.path}: the checkpoint is damaged: {_ANEW}"]) from error
        other = [name for name, value in self._made_from.items() if made_from.get(name) != value]
        if other:
            raise Refused([f"{self.path}: the checkpoint was made with other {' and '.join(other)}: {_ANEW}"])
        return state

    def remove(self) -> None:
        """Remove it, for the training is done."""
        self.path.unlink(missing_ok=True)
