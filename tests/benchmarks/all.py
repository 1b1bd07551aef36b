"""Every figure of speed beside what a user would pick instead, in one table.

FOLDER holds `kb.csv`, `questions-train.csv` and `questions-test.csv` (see bench_training.py, which takes most of the
time: an hour or so on two cores; `--without` leaves parts out). Run:

    python tests/benchmarks/all.py FOLDER OUT [--without training,index]

Each benchmark runs by itself, with its two sides in turn, and leaves its figures, its picture and what it printed in
OUT; `against.py` compares the figures of two commits. The table is printed and written to OUT/table.md.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OTHER = "SentenceTransformer"
HEAD = "| | ours | the other | ratio | asked |\n|---|---|---|---|---|"
Row = tuple[str, str, str, str, str]


def main() -> None:
    """Run, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--without", default="")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    machine = ""
    for name, (options, told) in PARTS.items():
        if name not in arguments.without.split(","):
            found = run(name, options, arguments.folder, arguments.out)
            machine = machine or str(found["machine"])
            rows += told(found)
    table = "\n".join([machine, "", HEAD, *(f"| {' | '.join(row)} |" for row in rows)])
    print(table)
    (arguments.out / "table.md").write_text(table + "\n", encoding="utf-8")


def run(name: str, options: Sequence[str], folder: Path, out: Path) -> dict[str, Any]:
    """Run a benchmark and return its figures; end with one line if it fails."""
    figures, log = out / f"{name}.json", out / f"{name}.log"
    own = [option.format(folder=folder, plot=out / f"{name}.png") for option in options]
    print(f"{name}: running, see {log}", file=sys.stderr, flush=True)
    with log.open("w", encoding="utf-8") as file:
        command = [sys.executable, str(HERE / f"bench_{name}.py"), *own, "--json", str(figures)]
        if subprocess.run(command, stdout=file, stderr=subprocess.STDOUT).returncode:
            sys.exit(f"{name} failed: see {log}")
    found: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    return found


def service(found: dict[str, Any]) -> list[Row]:
    """One question, in turn with others and alone in a loop, and 64 at once: the tutor with its faster backend."""
    figures = {name: statistics.median(own) for name, own in found["figures"].items()}
    rows: list[Row] = []
    for what, asked in (("1 at once", "3.5"), ("in a loop", "3.5"), ("64 at once", "2.5")):
        ending = f", {what}, ms"
        ours = min(ms for name, ms in figures.items() if name.startswith("tutor, ") and name.endswith(ending))
        rows.append(row(f"{what} to ranked answers, ms", ours, figures[f"{OTHER}{ending}"], asked))
    return rows


def start(found: dict[str, Any]) -> list[Row]:
    """From the terminal to the first answer."""
    ways = ("python -m bot ask", "sentence-transformers")
    ours, other = (statistics.median(found["figures"][f"{way}, wall s"]) for way in ways)
    return [row("start to first answer, s", ours, other, "2")]


def index(found: dict[str, Any]) -> list[Row]:
    """The largest index."""
    largest = max(found["dense"], key=lambda one: one["n"])
    what = f"{largest['n']:,.0f} vectors"
    memory = (what + ", MiB", f"{largest['mib']:.0f}", f"{largest['mib'] / largest['share']:.0f}")
    recall = (what + ", recall@10", f"{largest['recall']:.4f}", "1", "", ".995")
    return [
        row(what + ", ms", largest["ours"], largest["product"], "3"),
        (*memory, f"{1 / largest['share']:.1f}", "4"),
        recall,
    ]


def training(found: dict[str, Any]) -> list[Row]:
    """Each mode to where sentence-transformers ends as it serves, by the processor."""
    asked = {"quick": "8", "full": "3"}
    reached = {one["mode"]: one for one in found["ratios"] if one["served"]}
    rows: list[Row] = []
    for mode, goal in asked.items():
        told = f"{reached[mode]['processor']:.1f}" if mode in reached else "not reached"
        rows.append((f"{mode} round to the same quality, processor time", "", "", told, goal))
    return rows


def row(what: str, ours: float, other: float, asked: str) -> Row:
    """Return a row of two medians, of which less is better."""
    return what, f"{ours:.2f}", f"{other:.2f}", f"{other / ours:.2f}", asked


PARTS: dict[str, tuple[Sequence[str], Callable[[dict[str, Any]], list[Row]]]] = {
    "service": (("--plot", "{plot}"), service),
    "start": ((), start),
    "index": (("--plot", "{plot}"), index),
    "training": (("{folder}", "--full"), training),
}

if __name__ == "__main__":
    main()
