"""How fast one person is answered: a token bucket, so that a flood waits on disk and costs nobody else.

It is kept in memory, on the monotonic clock. After a restart every bucket is full: at most a burst more is answered.
"""

import time
from collections.abc import Callable

from bot.pace import MANY, Pace

BURST = 10  # messages answered at once
INTERVAL_S = 3.0  # then one after each: 20 a minute


class Limits:
    """The bucket of each person, of the usual size unless another is named.

    `clock` counts seconds and never goes back.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        burst: int | None = None,
        interval_s: float | None = None,
    ) -> None:
        self._clock = clock
        self._pace = Pace(1 / (interval_s or INTERVAL_S), burst or BURST)
        self._told: set[int] = set()

    def take(self, person: int) -> float:
        """Take a token and return 0, or take none and return after how many seconds there is one."""
        now = self._clock()
        if self._pace.is_full(person, now):
            self._told.discard(person)
        return self._pace.take(person, now)

    def tell(self, person: int) -> bool:
        """Return whether the person is still to be told that they wait: once until their bucket was full again."""
        if person in self._told:
            return False
        if len(self._told) > MANY:
            now = self._clock()
            self._told = {told for told in self._told if not self._pace.is_full(told, now)}
        self._told.add(person)
        return True
