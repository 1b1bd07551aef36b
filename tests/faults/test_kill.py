"""A short run of what `kill_at_random.py` does at length."""

import random
from pathlib import Path

from kill_at_random import kill


async def test_a_bot_that_is_killed_loses_nothing_and_records_nothing_twice(tmp_path: Path) -> None:
    verdict = await kill(2, random.Random(0), tmp_path)
    assert verdict.updates > 0
    assert (verdict.lost, verdict.twice_recorded) == (0, 0)
