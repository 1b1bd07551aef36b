"""Questions that were not answered, grouped into those that ask the same, so that a teacher answers them once.

Average linkage over 0.7 of the cosine, counted from what two questions of the course have in common anyway, and 0.3 of
the words that both have. Where to join was chosen on student questions of three courses (tests/benchmarks/
bench_clusters.py): at 0.55, 71 to 91 % of the pairs that are joined have the same answer, and 29 to 38 % of those that
have are joined; on others of these courses, held back, 53 to 78 % and 27 to 36 %. Wordings that were written to share
no word, as those of the sample course, stay apart. So a teacher sees every wording, and can answer the first alone.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from data.queue import Waiting
from data.words import normalise, terms
from qa_model.answerer import MIN_KNOWN_SHARE, Answerer
from qa_model.block import Text
from qa_model.encoder import Vectors
from qa_model.vectors import embed

WORDS = 0.3  # weight of the words beside the cosine
ALIKE = 0.55  # from here on two groups ask the same
MOST = 1000  # wordings of a course that are compared, the newest: a matrix of so many by so many


def question_vectors(answerer: Answerer, texts: Sequence[str]) -> Vectors:
    """Return the vectors of questions, (texts, dim), kept as entries' are; zeros where the tokenizer mostly guesses."""
    if not texts:
        return np.zeros((0, answerer.encoder.dim), np.float32)
    wanted: list[Text] = [("query", text) for text in texts]
    vectors = embed(answerer.encoder, wanted, answerer.cache)
    known = [answerer.encoder.known_share(text) >= MIN_KNOWN_SHARE for text in texts]
    return np.stack([vectors[text] * ok for text, ok in zip(wanted, known, strict=True)])


def common(answerer: Answerer, course: str) -> float:
    """Return the mean cosine of two entries' questions of a course: what any two questions in it have in common."""
    index = answerer.library.courses.get(course)
    wanted: list[Text] = [("query", entry.question) for entry in index.entries] if index else []
    found = answerer.cache.find(answerer.encoder.hash, wanted)
    n = len(found)
    if n < 2:
        return 0.0
    total = np.sum(list(found.values()), axis=0)
    return float((total @ total - n) / (n * (n - 1)))


def clusters(waiting: Sequence[Waiting], vectors: Vectors, in_common: float) -> list[tuple[Waiting, ...]]:
    """Group the questions of one course, whose texts have these vectors, (questions, dim); the most pressing first.

    That is what most people asked, then what the tutor was least sure of. In a group the most typical comes first.
    """
    same: dict[str, list[int]] = defaultdict(list)
    for i, one in enumerate(waiting):
        same[normalise(one.text)].append(i)
    wordings = list(same.values())[-MOST:]
    if not wordings:
        return []
    likeness = _likeness([waiting[own[0]].text for own in wordings], vectors[[own[0] for own in wordings]], in_common)
    groups = [_ordered(members, wordings, likeness) for members in _linked(likeness)]
    found = [tuple(waiting[i] for i in group) for group in groups]
    return sorted(found, key=rank)


def _likeness(texts: Sequence[str], vectors: Vectors, in_common: float) -> Vectors:
    """Return how alike each two texts are, (texts, texts), 0 to 1; by their words alone where one has no vector."""
    words = [frozenset(map(str.casefold, terms(text))) for text in texts]
    overlap = np.array([[_overlap(a, b) for b in words] for a in words], np.float32)
    cosine = np.clip((vectors @ vectors.T - in_common) / (1 - min(in_common, 0.99)), 0, 1)
    blind = np.abs(vectors).sum(axis=1) == 0
    likeness: Vectors = np.where(blind[:, None] | blind, overlap, (1 - WORDS) * cosine + WORDS * overlap)
    return likeness


def _overlap(a: frozenset[str], b: frozenset[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def _linked(likeness: Vectors) -> list[list[int]]:
    if len(likeness) == 1:
        return [[0]]
    distance = 1 - likeness
    np.fill_diagonal(distance, 0)
    labels = fcluster(linkage(squareform(distance, checks=False), "average"), 1 - ALIKE, "distance")
    groups: dict[int, list[int]] = defaultdict(list)
    for i, label in enumerate(labels):
        groups[int(label)].append(i)
    return list(groups.values())


def _ordered(members: list[int], wordings: list[list[int]], likeness: Vectors) -> list[int]:
    """Return the questions of a group, by how alike their wording is to what all of them asked."""
    asked = np.array([len(wordings[i]) for i in members], np.float32)
    typical = likeness[np.ix_(members, members)] @ asked
    return [question for i in np.argsort(-typical, kind="stable") for question in wordings[members[i]]]


def rank(group: Sequence[Waiting]) -> tuple[int, float, int]:
    """Return by what groups are ordered, the most pressing the least; whoever asked a teacher was told nothing sure."""
    people = len({one.person or one.question for one in group})
    unsure = sum(0.0 if one.escalated else one.confidence for one in group) / len(group)
    return -people, unsure, min(one.question for one in group)
