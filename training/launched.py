"""Whether this is one of several processes that `accelerate launch` started; without any model library."""

import os
import sys

_LAUNCHED = ("WORLD_SIZE", "RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE")


def launched() -> bool:
    """Say whether this is one of several processes."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def alone() -> None:
    """Do what one process does: of several the main one goes on by itself, the others end here."""
    if not launched():
        return
    if int(os.environ.get("RANK", "0")):
        sys.exit(0)
    for name in _LAUNCHED:
        os.environ.pop(name, None)
