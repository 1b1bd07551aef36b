"""How well questions that ask the same are grouped: pairs of wordings with the same expected ids, by course.

    python tests/benchmarks/bench_clusters.py data/sample/questions-learn.csv [more files] [--most 300]

Files: `question, course, expected_ids`. Precision: of the pairs that were put together, how many belong together;
recall: of those that belong together, how many were put together.
"""

import argparse
import csv
import itertools
from collections import defaultdict
from pathlib import Path

import numpy as np

from data.queue import Waiting
from qa_model.base import DEFAULT_BASE, resolve
from qa_model.clusters import clusters
from qa_model.encoder import Encoder


def main() -> None:
    """Print a line for each course."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=300, help="questions of a course")
    options = parser.parse_args()
    encoder = Encoder.load(resolve(DEFAULT_BASE))
    by_course: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for file in options.files:
        with file.open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                ids = frozenset(filter(None, row["expected_ids"].split("|")))
                if ids:
                    by_course[row["course"]].append((row["question"], ids))
    for course, questions in by_course.items():
        measure(encoder, course, questions[: options.most])


def measure(encoder: Encoder, course: str, questions: list[tuple[str, frozenset[str]]]) -> None:
    """Group the questions of a course as /queue does, and print how well."""
    waiting = [Waiting(i, text, text, course, f"{i}", "", 0.1, False) for i, (text, _) in enumerate(questions)]
    vectors = encoder.encode_tokens([text for text, _ in questions], "query")[0]
    n, total = len(vectors), vectors.sum(axis=0)
    found = clusters(waiting, vectors, float((total @ total - n) / (n * (n - 1))))
    cluster_of = np.empty(n, int)
    for number, group in enumerate(found):
        for one in group:
            cluster_of[one.question] = number
    together = same = both = 0
    for (i, (_, ids)), (j, (_, others)) in itertools.combinations(enumerate(questions), 2):
        joined, alike = cluster_of[i] == cluster_of[j], bool(ids & others)
        together, same, both = together + joined, same + alike, both + (joined and alike)
    precision, recall = both / max(together, 1), both / max(same, 1)
    print(f"{course}: {n} questions in {len(found)} groups, precision {precision:.2f}, recall {recall:.2f}")


if __name__ == "__main__":
    main()
