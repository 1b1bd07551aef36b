"""Start to first answer from the terminal: `python -m bot ask` beside a script with sentence-transformers.

Both find a question in the same course, whose vectors are kept from before. Each run is a process of its own; they take
turns. Run:

    python tests/benchmarks/bench_start.py [--runs 5] [--json FILE]

Prints medians of wall clock and of processor time, their spread, and the ratios of the medians.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_service import write

from data import sample
from data.entries import entries
from data.store import Store
from qa_model.base import DEFAULT_BASE, resolve

COURSE = "fine-tuning"
QUESTION = "Which learning rate should I take?"
OTHER = """
import sys
import numpy as np
from sentence_transformers import SentenceTransformer, util
model = SentenceTransformer(sys.argv[1], device="cpu")
matrix, questions = np.load(sys.argv[2]), open(sys.argv[3], encoding="utf-8").read().splitlines()
vector = model.encode(sys.argv[4], normalize_embeddings=True)
for hit in util.semantic_search(vector, matrix, top_k=5)[0]:
    print(questions[hit["corpus_id"]], hit["score"])
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ways = {"python -m bot ask": ours(Path(folder)), "sentence-transformers": theirs(Path(folder))}
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for run in range(arguments.runs + 1):
            for name, command in ways.items():
                found = started(command, Path(folder))
                if run:  # the first one fills the caches
                    taken[name].append(found)
    kinds = ("wall s", "processor s")
    figures = {
        f"{name}, {kind}": [one[i] for one in found] for name, found in taken.items() for i, kind in enumerate(kinds)
    }
    write(figures, arguments.json)
    for kind in kinds:
        one, other = (statistics.median(figures[f"{name}, {kind}"]) for name in ways)
        print(f"ours to theirs, {kind}: {one / other:.2f}")


def ours(folder: Path) -> list[str]:
    """Load the sample course; return the command."""
    with Store(folder / "tutor.db") as store:
        store.write(sample.load)
    return [sys.executable, "-m", "bot", "ask", QUESTION, "--course", COURSE]


def theirs(folder: Path) -> list[str]:
    """Keep the vectors of the same course; return the command."""
    import numpy as np
    from sentence_transformers import SentenceTransformer

    with Store(folder / "tutor.db") as store:
        known = [entry for entry in store.read(entries) if entry.course == COURSE]
    model = SentenceTransformer(str(resolve(DEFAULT_BASE)), device="cpu")
    texts = [f"{entry.question}\n{entry.answer}" for entry in known]
    np.save(folder / "matrix.npy", model.encode(texts, normalize_embeddings=True))
    (folder / "questions.txt").write_text("\n".join(entry.question for entry in known), encoding="utf-8")
    (folder / "other.py").write_text(OTHER, encoding="utf-8")
    parts = [folder / "other.py", resolve(DEFAULT_BASE), folder / "matrix.npy", folder / "questions.txt"]
    return [sys.executable, *map(str, parts), QUESTION]


def started(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a command to its end; return wall clock and processor time in seconds."""
    own = {"TUTOR_DB": str(folder / "tutor.db"), "TUTOR_MODELS": str(folder / "models")}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **own})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, used


if __name__ == "__main__":
    main()
