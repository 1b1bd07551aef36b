"""How fast to send: bursts are free, what goes on is spread (the generic cell rate algorithm, ITU-T I.371)."""


class Pace:
    """So many a second for each key, and a burst of so many before that counts. Times are monotonic seconds."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval_s = 1.0 / per_second
        self._free_s = (burst - 1) * self._interval_s
        self._due: dict[int, float] = {}

    def reserve(self, key: int, now: float) -> float:
        """Take the next place of this key; return how many seconds to wait for it."""
        if len(self._due) > 1000:
            self._due = {known: due for known, due in self._due.items() if due > now}
        due = max(self._due.get(key, now), now)
        self._due[key] = due + self._interval_s
        return max(0.0, due - now - self._free_s)
