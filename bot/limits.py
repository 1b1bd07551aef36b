"""How fast one person is answered: a token bucket, so that a flood waits on disk and costs nobody else.

It is kept in memory, on the monotonic clock, as the time at which the bucket will be full again (the generic cell rate
algorithm). After a restart every bucket is full: at most a burst more is answered.
"""

import time
from collections.abc import Callable

BURST = 10  # messages answered at once
INTERVAL_S = 3.0  # then one after each: 20 a minute
MANY = 10_000  # persons after which those whose bucket is full are dropped


class Limits:
    """The bucket of each person. `clock` counts seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: dict[int, float] = {}
        self._told: set[int] = set()

    def take(self, person: int) -> float:
        """Take a token and return 0, or take none and return after how many seconds there is one."""
        now = self._clock()
        if len(self._full_at) > MANY:
            self._forget_full(now)
        full_at = max(now, self._full_at.get(person, now))
        if full_at == now:
            self._told.discard(person)
        wait_s = full_at + INTERVAL_S - BURST * INTERVAL_S - now
        if wait_s > 0:
            return wait_s
        self._full_at[person] = full_at + INTERVAL_S
        return 0.0

    def tell(self, person: int) -> bool:
        """Return whether the person is still to be told that they wait: once until their bucket was full again."""
        if person in self._told:
            return False
        self._told.add(person)
        return True

    def _forget_full(self, now: float) -> None:
        self._full_at = {person: at for person, at in self._full_at.items() if at > now}
        self._told &= self._full_at.keys()
