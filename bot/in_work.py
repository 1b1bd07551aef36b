"""Which updates are being handled: a file each beside the store, so that a start knows what the last process died of.

Nothing is committed for it: a process that dies takes no file with it, and what a power cut takes was not to blame.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAX_ENDS = 3  # processes that ended while an update was handled, one after the other: then it gets the blame
NOW = "+"

logger = logging.getLogger(__name__)


class InWork:
    """The updates that are being handled. The file `5` holds how many processes update 5 saw end, `+` if it is in work.

    It goes when the update was handled without the process ending, however that went.
    """

    def __init__(self, store: Path) -> None:
        self._folder = Path(f"{store}.in-work")
        self._ends: dict[int, int] = {}

    def left(self) -> list[int]:
        """Look at what the last process left; return what was in work when one ended, the least suspect first."""
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            found = [path for path in self._folder.iterdir() if path.name.isdecimal()]
            ends = {int(path.name): _count(path) for path in found}
        except OSError as error:
            logger.error("what the last process was at is not known: %s", error)
            return []
        self._ends = ends
        return sorted(ends, key=lambda update_id: (ends[update_id], update_id))

    def ends(self, update_id: int) -> int:
        """Return how many processes in a row ended while this update was in work."""
        return self._ends.get(update_id, 0)

    @contextmanager
    def noted(self, update_id: int) -> Iterator[None]:
        """Note that an update is in work while the block runs."""
        path = self._folder / str(update_id)
        with suppress(OSError):  # on a full disk one that kills is tried once more
            path.write_text(f"{self._ends.pop(update_id, 0)}{NOW}")
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _count(path: Path) -> int:
    """Return how many ends the update saw, and keep the number until it is in work again."""
    said = path.read_text()
    number = said.removesuffix(NOW)
    ends = int(number) if number.isdecimal() else 0
    if said == number:
        return ends
    path.write_text(str(ends + 1))
    return ends + 1
