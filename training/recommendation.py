"""Measure the recommender on questions with the resources that a teacher would give, beside what needs no model.

popularity: what the questions themselves expect most often in their course, the most that a ranking can reach that
does not read the question. bm25: the words of title and summary (qa_model/lexical.py).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from data import recommended
from data import resources as store_resources
from data.records import LabelledQuestion, Question
from data.resources import Resource
from data.store import Store
from qa_model.answerer import Answerer
from qa_model.lexical import Lexical
from qa_model.recommend import Fit, Recommender, Topic, as_entry, chosen
from training.paired import interval

LISTED = 5  # places that count for recall and for the coverage of the catalogue
Ranking = Sequence[str]  # ids, best first; what says nothing of a resource leaves it out
Track = Callable[[Sequence[LabelledQuestion], str, int], Any]


def evaluate(store: Store, answerer: Answerer, questions: Sequence[LabelledQuestion], track: Track) -> dict[str, Any]:
    """Return the measures of ours, popularity and BM25, the intervals of what ours is ahead, and what is shown."""
    known = store.read(store_resources.resources)
    votes = store.read(recommended.votes)
    recommender = Recommender()
    ours = [
        recommender.rank(answerer, known, [Topic(Question(q.text, q.course))], votes)
        for q in track(questions, "recommending", len(questions))
    ]
    fitting = [i for i, question in enumerate(questions) if question.expected_ids]
    asked = [questions[i] for i in fitting]
    rankings: dict[str, list[Ranking]] = {
        "ours": [[fit.resource.id for fit in ours[i] if fit.fit > 0] for i in fitting],
        "popularity": _popular(known, asked),
        "bm25": _by_words(known, asked),
    }
    catalogue = sum(resource.course in {q.course for q in asked} for resource in known)
    each = {name: [_each(q, ranking) for q, ranking in zip(asked, own, strict=True)] for name, own in rankings.items()}
    measures = {
        name: {**_means(each[name]), "catalogue coverage": _covered(asked, own, catalogue)}
        for name, own in rankings.items()
    }
    ahead = {name: _ahead(each["ours"], each[name]) for name in ("popularity", "bm25")}
    counts = {"n": len(questions), "fitting": len(asked), "resources": catalogue}
    return {**counts, "measures": measures, "ahead": ahead, "shown": _shown(questions, ours)}


def _each(question: LabelledQuestion, ranking: Ranking) -> dict[str, float]:
    """Return recall@5, nDCG@10 (Järvelin and Kekäläinen, 2002) and the reciprocal rank of one question."""
    right = np.array([name in question.expected_ids for name in ranking], bool)
    expected = len(question.expected_ids)
    discount = 1 / np.log2(np.arange(2, 12))
    gain = float(discount[: len(right)] @ right[:10])
    return {
        f"recall@{LISTED}": float(right[:LISTED].sum() / expected),
        "ndcg@10": gain / float(discount[:expected].sum()),
        "mrr": float(1 / (right.argmax() + 1)) if right.any() else 0.0,
    }


def _means(each: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]} if each else {}


def _ahead(ours: Sequence[Mapping[str, float]], other: Sequence[Mapping[str, float]]) -> dict[str, list[float] | None]:
    """Return the 95 % interval of how far ours is ahead, question by question."""
    names = ours[0] if ours else ()
    return {name: interval([a[name] - b[name] for a, b in zip(ours, other, strict=True)]) for name in names}


def _covered(asked: Sequence[LabelledQuestion], rankings: Sequence[Ranking], catalogue: int) -> float:
    """Return the share of the resources that stand in the first places for any of the questions."""
    listed = {(q.course, name) for q, ranking in zip(asked, rankings, strict=True) for name in ranking[:LISTED]}
    return len(listed) / max(catalogue, 1)


def _popular(known: Sequence[Resource], asked: Sequence[LabelledQuestion]) -> list[Ranking]:
    counts = Counter((question.course, name) for question in asked for name in question.expected_ids)
    ordered = sorted(known, key=lambda resource: -counts[resource.course, resource.id])
    return [[resource.id for resource in ordered if resource.course == question.course] for question in asked]


def _by_words(known: Sequence[Resource], asked: Sequence[LabelledQuestion]) -> list[Ranking]:
    shelves = {course: [r for r in known if r.course == course] for course in {q.course for q in asked}}
    indices = {course: Lexical([as_entry(resource) for resource in own]) for course, own in shelves.items()}
    rankings: list[Ranking] = []
    for question in asked:
        scores, _ = indices[question.course].scores(question.text)
        order = np.argsort(-scores, kind="stable")
        rankings.append([shelves[question.course][i].id for i in order if scores[i] > 0])
    return rankings


def _shown(questions: Sequence[LabelledQuestion], ranked: Sequence[Sequence[Fit]]) -> dict[str, float | None]:
    """Return what becomes of it in the chat, where few are shown and none where none fits.

    offered: fitting questions with something shown; helpful: with something right; precision: right of what is shown;
    silent: questions that nothing fits for which nothing is shown.
    """
    rows = [
        ([fit.resource.id in q.expected_ids for fit in chosen(own)], bool(q.expected_ids))
        for q, own in zip(questions, ranked, strict=True)
    ]
    fitting = [right for right, fits in rows if fits]
    none = [right for right, fits in rows if not fits]
    return {
        "offered": _share([bool(right) for right in fitting]),
        "helpful": _share([any(right) for right in fitting]),
        "precision": _share([one for right, _ in rows for one in right]),
        "silent": _share([not right for right in none]),
    }


def _share(values: Sequence[bool]) -> float | None:
    return float(np.mean(values)) if values else None
