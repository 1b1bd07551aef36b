"""One question to ranked answers, in the process: the tutor beside what a user would pick instead, in one run.

The other is `SentenceTransformer.encode` and a matrix product, on the same texts with the same base model. Run:

    python tests/benchmarks/bench_service.py [QA_FILE] [--entries 950] [--rounds 200]

Without a file, the sample course is repeated up to the number of entries. Prints medians, ratio and memory.
"""

import argparse
import itertools
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from data import importing, sample
from data.entries import entries
from data.records import Entry, Question
from data.store import Store
from qa_model.answerer import assemble
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.encoder import Encoder
from qa_model.index import texts_of
from qa_model.vectors import VectorCache


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--entries", type=int, default=950)
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    known = load(arguments.file, arguments.entries)
    questions = [e.question for e in known]
    before = memory_mib()
    answerer = assemble(known, Encoder.load(resolve(DEFAULT_BASE)), VectorCache(None))
    ours_mib = memory_mib() - before

    from sentence_transformers import SentenceTransformer

    other = SentenceTransformer(str(resolve(DEFAULT_BASE)), device="cpu")
    matrix = other.encode([texts_of(e)[0][1] for e in known], convert_to_tensor=True, normalize_embeddings=True)

    def theirs(text: str) -> None:
        torch.topk(other.encode(text, convert_to_tensor=True, normalize_embeddings=True) @ matrix.T, 5)

    pair = timed([lambda q: answerer.answer([Question(q, known[0].course)]), theirs], questions, arguments.rounds)
    machine = platform.processor() or platform.machine()
    print(f"machine: {machine}, {torch.get_num_threads()} threads, Python {platform.python_version()}")
    print(f"entries: {len(known)}, vectors: {sum(len(texts_of(e)) for e in known)}")
    print(f"tutor, question to ranked answers with probability: p50 {pair[0][0]:.1f} ms, p95 {pair[0][1]:.1f} ms")
    print(f"SentenceTransformer.encode + matrix product:        p50 {pair[1][0]:.1f} ms, p95 {pair[1][1]:.1f} ms")
    print(f"ratio of medians: {pair[1][0] / pair[0][0]:.2f}")
    print(f"memory: {ours_mib:.0f} MiB more with model and index loaded; {memory_mib():.0f} MiB peak with both")


def load(file: Path | None, count: int) -> list[Entry]:
    """Return about `count` entries in one course, from the file or from the repeated sample."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "tutor.db") as store:
        if file is None:
            store.write(sample.load)
            own = [e for e in store.read(entries) if e.lang == "en"]
            repeated = itertools.islice(itertools.cycle(own), count)
            return [replace(e, id=str(i), answer=f"{e.answer} ({i})") for i, e in enumerate(repeated)]
        store.write(lambda db: importing.apply(db, importing.plan(db, file)))
        return [replace(e, course="all", id=f"{e.course}/{e.id}") for e in store.read(entries)][:count]


def timed(ways: list[Callable[[str], object]], questions: list[str], rounds: int) -> list[tuple[float, float]]:
    """Run the ways in turn on the same questions; return p50 and p95 in ms for each."""
    taken: list[list[float]] = [[] for _ in ways]
    for i in range(rounds + 10):
        for own, way in zip(taken, ways, strict=True):
            start = time.perf_counter()
            way(questions[i % len(questions)])
            own.append((time.perf_counter() - start) * 1000)
    return [(statistics.median(own[10:]), statistics.quantiles(own[10:], n=20)[-1]) for own in taken]


def memory_mib() -> float:
    """Return the peak resident memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
