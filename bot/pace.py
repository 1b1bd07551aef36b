"""How fast to let something through: bursts are free, what goes on is spread (the generic cell rate algorithm, GCRA).

Kept for each key is only when its bucket is full again (ITU-T I.371).
"""

MANY = 1000  # keys after which those whose bucket is full are dropped


class Pace:
    """So many a second for each key, and a burst of so many before that counts. Times are monotonic seconds."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval_s = 1.0 / per_second
        self._free_s = (burst - 1) * self._interval_s
        self._full_at: dict[int, float] = {}

    def wait_s(self, key: int, now: float) -> float:
        """Return how many seconds this key would have to wait for its next place."""
        return max(0.0, self._full_at.get(key, now) - now - self._free_s)

    def reserve(self, key: int, now: float) -> float:
        """Take the next place of this key; return how many seconds to wait for it."""
        if len(self._full_at) > MANY:
            self._full_at = {known: at for known, at in self._full_at.items() if at > now}
        wait_s = self.wait_s(key, now)
        self._full_at[key] = max(self._full_at.get(key, now), now) + self._interval_s
        return wait_s

    def take(self, key: int, now: float) -> float:
        """Take the next place of this key and return 0, or take none and return in how many seconds it is free."""
        return self.wait_s(key, now) or self.reserve(key, now)

    def is_full(self, key: int, now: float) -> bool:
        """Say whether the whole burst of this key is free."""
        return self._full_at.get(key, now) <= now
