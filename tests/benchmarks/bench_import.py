"""Import 50,000 rows: `python tests/benchmarks/bench_import.py [ROWS]` prints rows, seconds and peak MiB.

A file is written to a temporary folder, imported as new, then imported again unchanged.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from data import importing
from data.store import Store
from data.tables import write_table


def rows(count: int) -> list[dict[str, str]]:
    """Return rows of a usual size: an answer of 400 characters, two alternates."""
    return [
        {
            "course": f"course-{n % 5}",
            "id": f"entry-{n}",
            "question": f"What does topic number {n} mean?",
            "answer": f"Topic {n}. ".ljust(400, "x"),
            "alternates": f"explain topic {n}|topic {n} please",
        }
        for n in range(count)
    ]


def timed_import(store: Store, file: Path) -> tuple[importing.Plan, float]:
    """Import the file and return what changed and the seconds it took."""
    begin = time.perf_counter()
    plan = store.read(importing.plan, file)
    store.write(importing.apply, plan)
    return plan, time.perf_counter() - begin


def main(count: int) -> None:
    """Print one line for each import."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "tutor.db") as store:
        file = Path(folder) / "qa.csv"
        write_table(file, ["course", "id", "question", "answer", "alternates"], rows(count))
        for name in ("new", "again"):
            plan, seconds = timed_import(store, file)
            peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            done = f"{len(plan.added):,} added, {plan.left:,} left"
            print(f"{name:5}  rows {count:,}  ({done})  seconds {seconds:.2f}  peak MiB {peak_mib:.0f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
