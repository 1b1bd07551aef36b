"""Which resources fit what a person asked or could not answer, and why.

A resource fits by its own words (title and summary, as an entry's question and answer are searched) and by the entries
that teachers linked it to: it inherits the probability of the likeliest. What helped others adds a little, shrunk
towards nothing where few have said so. No resource fits by being popular.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from data.recommended import Votes, Why
from data.records import Entry, Question
from data.resources import Resource
from qa_model.answerer import RANKED, Answerer
from qa_model.block import Text, texts_of
from qa_model.encoder import Vectors
from qa_model.fusion import Policy
from qa_model.index import CourseIndex
from qa_model.vectors import embed

MOST = 3  # recommendations at a time
# Chosen on data/sample/resource-questions-dev.csv: any LINKED from .3 to .8 ranks about as well there, and from this
# fit on nothing was offered for a question that no resource fits. Words alone, without a vector, reach less.
LINKED, MIN_FIT, MIN_BARE_FIT = 0.6, 0.15, 0.05
HELPED, DOUBT = 0.1, 10  # what the votes of very many can add; the votes at which half of that is reached
MIN_NEAR, MIN_ASKED = 0.15, 0.5  # probability from which an entry is named, and from which it is what was asked
EMBED_CHUNK = 16  # texts that a waiting question may have to wait for
_WORDS = Policy()  # titles and summaries are no entries: a course's own numbers say nothing of them


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that resources should fit: a question and the entries it is likely about, each with its probability.

    None: that is not known yet. `why` says how the person came to it; of several topics the weightier counts more.
    """

    question: Question
    likely: tuple[tuple[Entry, float], ...] | None = None
    why: Why = "asked"
    weight: float = 1.0

    @classmethod
    def of(cls, entry: Entry, why: Why = "asked", weight: float = 1.0) -> "Topic":
        """Return the topic of an entry."""
        return cls(Question(entry.question, entry.course, entry.lang), ((entry, 1.0),), why, weight)


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a resource fits, about 0 to 1, and what led there: a topic, and an entry where there is one to name.

    `least` is the fit from which on it is recommended.
    """

    resource: Resource
    fit: float
    topic: int
    entry: Entry | None
    why: Why
    least: float = MIN_FIT


class Recommender:
    """Ranks resources with the answerer's encoder. One thread at a time may use it, the one that owns the encoder."""

    def __init__(self) -> None:
        self._made_of: tuple[str, tuple[Resource, ...]] = ("", ())
        self._shelves: dict[str, tuple[CourseIndex, list[Resource]]] = {}

    def embed_some(self, answerer: Answerer, known: Sequence[Resource]) -> bool:
        """Embed a few of the resources that have no vector yet; return whether any are left."""
        if self._made_of == (answerer.encoder.hash, tuple(known)):
            return False
        wanted = _texts(known)
        found = answerer.cache.find(answerer.encoder.hash, wanted)
        missing = [text for text in wanted if text not in found]
        embed(answerer.encoder, missing[:EMBED_CHUNK], answerer.cache)
        return len(missing) > EMBED_CHUNK

    def rank_or_embed(
        self, answerer: Answerer, known: Sequence[Resource], topics: Sequence[Topic], votes: Mapping[int, Votes]
    ) -> list[Fit] | None:
        """Rank as `rank` does; None if some had no vector, of which a few got theirs and others still wait."""
        return None if self.embed_some(answerer, known) else self.rank(answerer, known, topics, votes)

    def rank(
        self,
        answerer: Answerer,
        known: Sequence[Resource],
        topics: Sequence[Topic],
        votes: Mapping[int, Votes] | None = None,
    ) -> list[Fit]:
        """Return how each resource of the topics' courses fits, for the topic that it fits best, the best first."""
        self._index(answerer, known)
        vectors = answerer.vectors([topic.question.text for topic in topics])
        best: dict[int, Fit] = {}
        for i, likely in enumerate(_likely(answerer, topics)):
            for fit in self._fits(i, topics[i], likely, vectors[i], votes or {}):
                if fit.resource.key not in best or fit.fit > best[fit.resource.key].fit:
                    best[fit.resource.key] = fit
        return sorted(best.values(), key=lambda fit: -fit.fit)

    def _index(self, answerer: Answerer, known: Sequence[Resource]) -> None:
        made_of = (answerer.encoder.hash, tuple(known))
        if made_of == self._made_of:
            return
        by_course: dict[str, list[Resource]] = defaultdict(list)
        for resource in known:
            by_course[resource.course].append(resource)
        vectors = embed(answerer.encoder, _texts(known), answerer.cache)
        dim = answerer.encoder.dim
        self._shelves = {
            c: (CourseIndex([as_entry(r) for r in own], vectors, dim), own) for c, own in by_course.items()
        }
        self._made_of = made_of

    def _fits(
        self,
        number: int,
        topic: Topic,
        likely: Sequence[tuple[Entry, float]],
        vector: Vectors,
        votes: Mapping[int, Votes],
    ) -> list[Fit]:
        found = []
        least = MIN_FIT if vector.any() else MIN_BARE_FIT
        probable = {(entry.course, entry.id): (p, entry) for entry, p in likely}
        for course, (index, own) in self._shelves.items():
            if topic.question.course not in (None, course):
                continue
            (signals,) = index.signals([topic.question.text], vector[None])
            for resource, words in zip(own, _WORDS.scores(signals), strict=True):
                linked = [probable[course, name] for name in resource.entries if (course, name) in probable]
                p, entry = max(linked, key=lambda one: one[0], default=(0.0, None))
                leads = p >= MIN_NEAR and LINKED * p >= (1 - LINKED) * words
                fit = topic.weight * (LINKED * p + (1 - LINKED) * float(words) + _bonus(votes.get(resource.key)))
                why: Why = topic.why if leads and p >= MIN_ASKED else "near"
                found.append(Fit(resource, fit, number, entry if leads else None, why, least))
        return found


def chosen(ranked: Sequence[Fit], passed: Collection[int] = ()) -> list[Fit]:
    """Return the few to recommend, none if none fits: the best of each topic first. `passed` are keys of resources."""
    counts: Counter[int] = Counter()
    fitting: list[tuple[int, Fit]] = []
    for fit in (one for one in ranked if one.fit >= one.least and one.resource.key not in passed):
        fitting.append((counts[fit.topic], fit))
        counts[fit.topic] += 1
    return [fit for _, fit in sorted(fitting, key=lambda pair: (pair[0], -pair[1].fit))][:MOST]


def as_entry(resource: Resource) -> Entry:
    """Return a resource as it is searched: the title as the question, the summary as the answer."""
    return Entry(resource.course, resource.id, resource.title, resource.summary or resource.title)


def _texts(known: Sequence[Resource]) -> list[Text]:
    return list(dict.fromkeys(text for resource in known for text in texts_of(as_entry(resource))))


def _likely(answerer: Answerer, topics: Sequence[Topic]) -> list[Sequence[tuple[Entry, float]]]:
    """Return the likely entries of each topic, looked up where they are not known."""
    unknown = [i for i, topic in enumerate(topics) if topic.likely is None]
    answers = answerer.answer([topics[i].question for i in unknown], candidates=RANKED)
    found = {
        i: [(c.entry, c.probability) for c in answer.candidates] for i, answer in zip(unknown, answers, strict=True)
    }
    return [found.get(i, topic.likely or ()) for i, topic in enumerate(topics)]


def _bonus(votes: Votes | None) -> float:
    """Return what the votes add: nearly nothing while few have voted."""
    if votes is None:
        return 0.0
    return HELPED * (votes.up - votes.down) / (votes.up + votes.down + DOUBT)
