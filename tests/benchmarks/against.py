"""Compare the figures of two commits, which a benchmark wrote with --json, on the same machine. Run:

    python tests/benchmarks/against.py OLD.json NEW.json

Prints each median with its change; `~` where the middle halves of the two overlap, so that it may be noise.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Read both files and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    arguments = parser.parse_args()
    old, new = read(arguments.old), read(arguments.new)
    if old["machine"] != new["machine"]:
        print(f"not the same machine, or not the same versions:\n  {old['machine']}\n  {new['machine']}")
    for name in [*old["figures"], *(name for name in new["figures"] if name not in old["figures"])]:
        before, after = old["figures"].get(name), new["figures"].get(name)
        if before and after:
            print(line(name, before, after))
        else:
            print(f"{name:42} only in the {'new' if after else 'old'} one")


def read(path: Path) -> dict[str, Any]:
    """Read the figures that a benchmark wrote; end with one line if they are none."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return {"machine": str(told["machine"]), "figures": dict(told["figures"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{path}: holds no figures of a benchmark ({error}): write them with --json")


def line(name: str, before: list[float], after: list[float]) -> str:
    """Return a figure's medians and its change."""
    one, other = statistics.median(before), statistics.median(after)
    (low, high), (from_, to) = middle(before), middle(after)
    noise = "~" if from_ <= high and low <= to else ""
    change = f"{(other / one - 1) * 100:+.0f} %" if one else "new"
    return f"{name:42} {one:10.2f} -> {other:10.2f}  {change:>7} {noise}".rstrip()


def middle(values: list[float]) -> tuple[float, float]:
    """Return the first and the third quartile."""
    if len(values) < 2:
        return values[0], values[0]
    first, _, third = statistics.quantiles(values, n=4)
    return first, third


if __name__ == "__main__":
    main()
