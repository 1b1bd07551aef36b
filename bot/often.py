"""Whether something comes so often that waiting a moment for the next costs little and saves much."""

import time
from collections import deque


class Often:
    """Counts what comes; `count` within `seconds` is often. For one thread."""

    def __init__(self, count: int, seconds: float) -> None:
        self._seconds = seconds
        self._came: deque[float] = deque(maxlen=count)

    def note(self) -> None:
        """Count one."""
        self._came.append(time.monotonic())

    def __bool__(self) -> bool:
        return len(self._came) == self._came.maxlen and time.monotonic() - self._came[0] < self._seconds
