"""What a search costs as a course grows: ours beside the float32 matrix product, and BM25 beside SQLite's FTS5.

    python tests/benchmarks/bench_index.py [--sizes 100,1000,...] [--course 1000,...] [--json FILE] [--plot FILE.png]

Vectors are those of the sample course's texts, mixed two by two with noise, so that questions have near neighbours;
questions are such vectors with a little noise. `--sizes` are the vectors of the first table, `--course` the entries of
the second. Ways take turns on each question. Times are the
thread's own, so that a busy machine adds little. `add` is what ten new entries cost: a block made anew beside
a copy of the matrix. `memory` is without what is mapped from a file. `signals` is what a question costs besides the
encoder and late interaction.
"""

import argparse
import csv
import json
import platform
import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import matplotlib
import numpy as np
import torch

from data import sample
from data.records import Entry
from data.words import terms
from qa_model.answerer import NEAR
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.block import BLOCK, Text, texts_of
from qa_model.encoder import Encoder, Vectors
from qa_model.fusion import Policy
from qa_model.index import CourseIndex
from qa_model.lexical import FIELD_WEIGHTS
from qa_model.matrix import Asked, Matrix, leading

MIX, NOISE, ASKED = 0.5, 0.35, 0.25  # share of the second text; lengths of the noise of vectors and of questions
QUESTIONS = 40
TOP = 10
Row = dict[str, float]
T = TypeVar("T")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=_sizes, default="100,1000,10000,100000,1000000")
    parser.add_argument("--course", type=_sizes, default="1000,10000,100000")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    machine = f"{platform.processor() or platform.machine()}, one thread, Python {platform.python_version()}"
    print(f"machine: {machine}; medians with quartiles, ms")
    centres = _centres()
    dense = [_told(searched(centres, size), DENSE) for size in arguments.sizes]
    words = [_told(course(centres, size), WORDS) for size in arguments.course]
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine, "dense": dense, "course": words}), encoding="utf-8")
    if arguments.plot:
        plot(dense, words, arguments.plot)


DENSE = "vectors {n:>9.0f}: ours {ours:.2f} ({ours_low:.2f}-{ours_high:.2f}), product {product:.2f} ({product_low:.2f}-"
DENSE += (
    "{product_high:.2f}), {times:.1f} times; memory {mib:.1f} MiB, {share:.3f} of float32; recall@10 {recall:.4f}, "
)
DENSE += "same lists {same:.3f}; build {build:.0f}, add {add:.1f}, a copy {copy:.1f}; read again {again:.0f}"
WORDS = "entries {n:>9.0f}: BM25 {bm25:.2f} ({bm25_low:.2f}-{bm25_high:.2f}), FTS5 {fts5:.2f} ({fts5_low:.2f}-"
WORDS += "{fts5_high:.2f}), same scores {same:.3f}; signals {signals:.2f} ({signals_low:.2f}-{signals_high:.2f}); "
WORDS += "build {build:.0f}, add {add:.1f}"


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",") if size]


def _told(row: Row, form: str) -> Row:
    print(form.format(**row), flush=True)
    return row


def _texts() -> list[tuple[str, str]]:
    with sample.path("fine-tuning.csv").open(encoding="utf-8", newline="") as file:
        return [(row["question"], row["answer"]) for row in csv.DictReader(file)]


def _centres() -> Vectors:
    return Encoder.load(resolve(DEFAULT_BASE)).encode([text for pair in _texts() for text in pair], "passage")


def made(centres: Vectors, size: int, seed: int = 0) -> Vectors:
    """Return unit vectors, (size, dim): two texts mixed, and noise."""
    rng = np.random.default_rng(seed)
    vectors = np.empty((size, centres.shape[1]), np.float32)
    for i in range(0, size, BLOCK):
        n = min(BLOCK, size - i)
        first, second = rng.integers(len(centres), size=(2, n))
        vectors[i : i + n] = centres[first] + MIX * rng.random((n, 1), np.float32) * centres[second]
        vectors[i : i + n] = noisy(vectors[i : i + n], NOISE, rng)
    return vectors


def noisy(vectors: Vectors, length: float, rng: np.random.Generator) -> Vectors:
    """Return unit vectors with noise of this length."""
    moved = vectors + rng.standard_normal(vectors.shape, np.float32) * np.float32(length / np.sqrt(vectors.shape[1]))
    found: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return found


def searched(centres: Vectors, size: int) -> Row:
    """Compare a search among so many vectors with the matrix product."""
    vectors = made(centres, size)
    rng = np.random.default_rng(1)
    questions = noisy(vectors[rng.integers(size, size=QUESTIONS)], ASKED, rng)
    start = time.thread_time()
    blocks = [_block(vectors[i : i + BLOCK]) for i in range(0, size, BLOCK)]
    build = time.thread_time() - start
    again: list[int] = []

    def ours(question: Vectors) -> list[int]:
        return _nearest(blocks, question, again)

    def product(question: Vectors) -> list[int]:
        return _top(vectors @ question)

    (mine, taken), (right, others) = timed([ours, product], questions)
    nbytes = sum(block.nbytes for block in blocks)
    new = made(centres, TOP, 2)
    last = np.concatenate([vectors[(len(blocks) - 1) * BLOCK :], new])[-BLOCK:]
    row = {"n": float(size), "times": statistics.median(others) / statistics.median(taken), "build": 1e3 * build}
    row |= _spread("ours", taken) | _spread("product", others)
    row |= {"mib": nbytes / 2**20, "share": nbytes / vectors.nbytes, "again": statistics.mean(again)}
    row["recall"] = statistics.mean(len(set(a) & set(b)) / len(b) for a, b in zip(mine, right, strict=True))
    row["same"] = statistics.mean(a == b for a, b in zip(mine, right, strict=True))
    row["add"] = _taken(lambda: _block(last))
    row["copy"] = _taken(lambda: np.concatenate([vectors, new]))
    return row


def _block(vectors: Vectors) -> Matrix:
    large = len(vectors) * 2 >= BLOCK
    return Matrix(vectors, np.arange(len(vectors)), np.zeros(1, np.float32), large=large)


def _nearest(blocks: Sequence[Matrix], question: Vectors, again: list[int]) -> list[int]:
    """Return the nearest as the answerer finds its entries: by bytes, then those that may be among them exactly."""
    asked = Asked.of(question[None])
    cosines = np.concatenate([block.highest(asked)[0] for block in blocks])
    some = cosines[leading(cosines, TOP)]
    least = np.partition(some, -TOP)[-TOP]
    near = np.flatnonzero(cosines >= least - 2 * max(block.error for block in blocks))
    again.append(len(near))
    for i in np.unique(near // BLOCK):
        own = near[near // BLOCK == i]
        cosines[own] = blocks[i].exact(question, own - i * BLOCK)
    return near[_top(cosines[near])].tolist()


def _top(cosines: Vectors) -> list[int]:
    few = min(TOP, len(cosines))
    best = np.argpartition(cosines, -few)[-few:]
    found: list[int] = best[np.argsort(-cosines[best], kind="stable")].tolist()
    return found


def course(centres: Vectors, size: int) -> Row:
    """Compare the words of so many made-up entries in one course with FTS5, and take the time of a whole search."""
    rng = np.random.default_rng(3)
    words = np.array([word for pair in _texts() for word in terms(" ".join(pair))])  # as often as they are said
    rare = np.array([f"w{i}" for i in range(size // 4 + 20)])

    def text(n: int) -> str:
        return " ".join([*rng.choice(words, n), *rng.choice(rare, n // 8)])

    entries = [Entry("c", str(i), text(10), text(60), key=i) for i in range(size)]
    vectors = made(centres, 2 * size, 4)
    by_text: dict[Text, Vectors] = {}
    for i, entry in enumerate(entries):
        by_text |= zip(texts_of(entry), vectors[2 * i : 2 * i + 2], strict=False)
    dim = vectors.shape[1]
    start = time.thread_time()
    index = CourseIndex(entries, by_text, dim)
    build = time.thread_time() - start
    db, policy = _fts5(entries), Policy()
    asked = [" ".join(entries[i].question.split()[:8]) for i in rng.integers(size, size=QUESTIONS)]
    near = dict(zip(asked, noisy(vectors[rng.integers(size, size=QUESTIONS)], ASKED, rng), strict=True))

    def whole(question: str) -> list[int]:
        vector = near[question]
        (signals,) = index.signals([question], vector[None])
        pool = policy.shortlist(signals, np.arange(size), NEAR, index.error)
        return _top(policy.scores(index.exact(question, vector, signals, pool)).astype(np.float32))

    ways = [lambda q: _top(index._lexical.scores(q)[0]), lambda q: _top(_by_fts5(db, q, size)), whole]
    (_, ours), (_, other), (_, all_) = timed(ways, asked)
    same = [np.allclose(index._lexical.scores(q)[0], _by_fts5(db, q, size), rtol=1e-5) for q in asked]
    new = [Entry("c", f"new {i}", text(10), text(60), key=size + i) for i in range(TOP)]
    row = {"n": float(size), "build": 1e3 * build, "same": statistics.mean(same)}
    row |= _spread("bm25", ours) | _spread("fts5", other) | _spread("signals", all_)
    row["add"] = _taken(lambda: CourseIndex.renewed(index, [*entries, *new], dim, lambda texts: (by_text, {})))
    return row


def _fts5(entries: Sequence[Entry]) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.execute(
        "create virtual table t using fts5(question, phrasings, answer, content='', tokenize='porter unicode61')"
    )
    rows = ((i, e.question, "", e.answer) for i, e in enumerate(entries))
    db.executemany("insert into t (rowid, question, phrasings, answer) values (?, ?, ?, ?)", rows)
    return db


def _by_fts5(db: sqlite3.Connection, question: str, size: int) -> Vectors:
    scores = np.zeros(size, np.float32)
    sql = f"select rowid, -bm25(t, {', '.join(map(str, FIELD_WEIGHTS))}) from t where t match ?"
    for row, score in db.execute(sql, [" OR ".join(f'"{word}"' for word in dict.fromkeys(terms(question.lower())))]):
        scores[row] = score
    return scores


def timed(ways: Sequence[Callable[[T], list[int]]], asked: Sequence[T]) -> list[tuple[list[list[int]], list[float]]]:
    """Let the ways take turns on each question; return what each found, and its times in ms."""
    found: list[tuple[list[list[int]], list[float]]] = [([], []) for _ in ways]
    for question in [asked[0], *asked]:  # the first warms up
        for way, (results, taken) in zip(ways, found, strict=True):
            start = time.thread_time()
            results.append(way(question))
            taken.append(1e3 * (time.thread_time() - start))
    return [(results[1:], taken[1:]) for results, taken in found]


def _spread(name: str, taken: Sequence[float]) -> Row:
    low, middle, high = statistics.quantiles(taken, n=4)
    return {name: middle, f"{name}_low": low, f"{name}_high": high}


def _taken(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return 1e3 * (time.thread_time() - start)


def plot(dense: Sequence[Row], words: Sequence[Row], file: Path) -> None:
    """Draw the cost against the size."""
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    figure, sides = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
    drawn = ((dense, {"ours": "bytes, read again exactly", "product": "float32 matrix product"}, "vectors"),)
    drawn += ((words, {"signals": "whole search", "bm25": "BM25, ours", "fts5": "BM25, FTS5"}, "entries"),)
    for axes, (rows, names, label) in zip(sides, drawn, strict=True):
        for name, legend in names.items():
            axes.plot([row["n"] for row in rows], [row[name] for row in rows], "o-", label=legend)
            axes.fill_between(*([row[key] for row in rows] for key in ("n", f"{name}_low", f"{name}_high")), alpha=0.2)
        axes.set(xscale="log", yscale="log", xlabel=label, ylabel="ms a question")
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(file, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    main()
