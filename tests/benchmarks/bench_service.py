"""Questions to ranked answers, in the process: the tutor beside what a user would pick instead, in one run.

The other is `SentenceTransformer.encode` and a matrix product, on the same texts with the same base model. All ways
take turns at the same questions, the tutor with each backend, each after a pause in which the other's threads come to
rest; then each asks one question after the other without a pause, when all that it needs is warm. Run:

    python tests/benchmarks/bench_service.py [QA_FILE] [--entries 1000] [--rounds 200] [--json FILE] [--plot FILE.png]

Without a file, the sample course is repeated up to the number of entries. Prints medians with their spread, ratios,
memory, and how far it is to the limit: the multiplications of the encoder at the rate of a plain matrix product.
"""

import argparse
import itertools
import json
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
from threadpoolctl import threadpool_limits

from data import importing, sample
from data.entries import entries
from data.records import Entry, Question
from data.store import Store
from qa_model.answerer import Answerer, assemble
from qa_model.backends import NAMES
from qa_model.backends import machine as processor
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.block import texts_of
from qa_model.encoder import Encoder
from qa_model.vectors import VectorCache

FLIGHT = (1, 4, 16, 64, 512)  # questions at once
WORDS = (4, 16, 64, 256)  # of a question
OTHER = "SentenceTransformer"
WARM = 2  # rounds that do not count
PAUSE_S = 0.02
LOOP = "in a loop"
Way = Callable[[list[str]], object]
Figures = dict[str, list[float]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--entries", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    threadpool_limits(1, "blas")  # as in the bot; the other multiplies in torch
    known = load(arguments.file, arguments.entries)
    questions = list(dict.fromkeys(entry.question for entry in known))
    before = memory_mib()
    cache = VectorCache(None)
    tutors = {name: tutor(known, name, cache) for name in reversed(NAMES)}
    first = next(iter(tutors.values()))
    vectors = sum(len(texts_of(e)) for e in known)
    print(f"entries: {len(known)}, vectors: {vectors}, questions: {len(questions)}", flush=True)
    ours_mib = memory_mib() - before
    ways: dict[str, Way] = {f"tutor, {name}": asking(one, known[0].course) for name, one in tutors.items()}
    ways[OTHER] = theirs(known)
    figures: Figures = {"memory of the tutors, MiB": [ours_mib]}
    for flight in FLIGHT:
        rounds = max(3, arguments.rounds // flight) + WARM
        for name, taken in timed(ways, questions, flight, rounds).items():
            figures[f"{name}, {flight} at once, ms"] = taken
    for name, way in ways.items():
        figures[f"{name}, {LOOP}, ms"] = timed({name: way}, questions, 1, arguments.rounds + WARM, 0.0)[name]
    for words in WORDS:
        long = [f"{' '.join(itertools.islice(itertools.cycle(q.split()), words))}?" for q in questions]
        for name, taken in timed(ways, long, 1, max(3, arguments.rounds // 8) + WARM).items():
            figures[f"{name}, {words} words, ms"] = taken
    figures |= limits(first, questions)
    write(figures, arguments.json)
    compare(figures)
    if arguments.plot:
        plot(figures, list(ways), arguments.plot)


def tutor(known: Sequence[Entry], backend: str, cache: VectorCache) -> Answerer:
    """Return an answerer over the entries whose encoder is served by this backend."""
    os.environ["TUTOR_BACKEND"] = backend
    return assemble(known, Encoder.load(resolve(DEFAULT_BASE)), cache)


def asking(answerer: Answerer, course: str) -> Way:
    """Return what answers texts as the bot does."""
    return lambda texts: answerer.answer([Question(text, course) for text in texts])


def theirs(known: Sequence[Entry]) -> Way:
    """Return what a user would pick instead."""
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(resolve(DEFAULT_BASE)), device="cpu")
    matrix = model.encode([texts_of(e)[0][1] for e in known], convert_to_tensor=True, normalize_embeddings=True)

    def way(texts: list[str]) -> object:
        vectors = model.encode(texts, batch_size=64, convert_to_tensor=True, normalize_embeddings=True)
        return torch.topk(vectors @ matrix.T, 5)

    return way


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


def timed(
    ways: Mapping[str, Way], questions: Sequence[str], flight: int, rounds: int, pause_s: float = PAUSE_S
) -> Figures:
    """Run the ways in turn on the same questions, so many at once; return what each round took in ms."""
    taken: Figures = {name: [] for name in ways}
    asked = itertools.cycle(questions)
    for _ in range(rounds):
        texts = list(itertools.islice(asked, flight))
        for name, way in ways.items():
            time.sleep(pause_s)
            start = time.perf_counter()
            way(texts)
            taken[name].append((time.perf_counter() - start) * 1000)
    return {name: own[WARM:] for name, own in taken.items()}


def limits(answerer: Answerer, questions: Sequence[str]) -> Figures:
    """Return what the encoder alone takes in ms, and its multiplications at the rate of one large matrix product."""
    encoder, config = answerer.encoder, answerer.encoder.model.config
    per_token = config.num_hidden_layers * (4 * encoder.dim**2 + 2 * encoder.dim * config.intermediate_size) * 2
    square = np.ones((1024, 1024), np.float32)
    with threadpool_limits(len(os.sched_getaffinity(0)), "blas"):
        rates = [2 * 1024**3 / seconds(lambda: square @ square) for _ in range(10)]
    found: Figures = {"matrix product, Gflop/s": [rate / 1e9 for rate in rates]}
    for flight in (1, 64):
        parts = [list(questions[i : i + flight]) for i in range(0, 10 * flight, flight)]
        parts = [part for part in parts if part]
        tokens = [int(encoder.backend.states(part).lengths.sum()) for part in parts]
        alone = [seconds(lambda part=part: encoder.backend.states(part)) * 1000 for part in parts]  # type: ignore[misc]
        found[f"encoder alone, {flight} at once, ms"] = alone
        found[f"its limit, {flight} at once, ms"] = [n * per_token / statistics.median(rates) * 1000 for n in tokens]
    return found


def seconds(work: Callable[[], object]) -> float:
    """Return what the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def write(figures: Figures, file: Path | None) -> None:
    """Print medians with p95 and spread and, if asked, keep all figures as JSON for `against.py`."""
    print(f"machine: {machine()}")
    for name, own in figures.items():
        p95 = np.percentile(own, 95)
        print(f"{name:42} median {statistics.median(own):9.2f}, p95 {p95:9.2f}, {min(own):.2f} to {max(own):.2f}")
    if file is not None:
        rounded = {name: [round(value, 4) for value in own] for name, own in figures.items()}
        file.write_text(json.dumps({"machine": machine(), "figures": rounded}, indent=1), encoding="utf-8")


def compare(figures: Figures) -> None:
    """Print how many times faster each of the tutor's backends is."""
    for flight, what in ((1, LOOP), *((n, f"{n} at once") for n in FLIGHT)):
        other = statistics.median(figures[f"{OTHER}, {what}, ms"])
        for name in NAMES:
            own = statistics.median(figures[f"tutor, {name}, {what}, ms"])
            print(f"{name}, {what}: {other / own:.2f} times faster, {flight / own * 1000:.0f} questions/s")


def plot(figures: Figures, ways: Sequence[str], file: Path) -> None:
    """Draw what a question costs by how many are asked at once, and by its length."""
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    figure, sides = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
    for axes, sizes, what in zip(sides, (FLIGHT, WORDS), ("at once", "words"), strict=True):
        for way in ways:
            taken = [figures[f"{way}, {n} {what}, ms"] for n in sizes]
            middle, low, high = (
                [
                    float(np.percentile(own, q)) / (n if what == "at once" else 1)
                    for own, n in zip(taken, sizes, strict=True)
                ]
                for q in (50, 25, 75)
            )
            axes.plot(sizes, middle, "o-", label=way)
            axes.fill_between(sizes, low, high, alpha=0.2)
        axes.set(xscale="log", yscale="log", xlabel=f"questions {what}" if what == "at once" else what)
        axes.grid(alpha=0.3)
        axes.legend()
    sides[0].set_ylabel("ms a question")
    figure.savefig(file, dpi=120)
    plt.close(figure)


def machine() -> str:
    """Describe the machine."""
    threads = os.environ.get("OMP_NUM_THREADS") or "all"
    return f"{processor()}, {threads} threads, Python {platform.python_version()}"


def memory_mib() -> float:
    """Return the peak resident memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
