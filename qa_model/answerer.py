"""From questions to answers: the one path that the bot, the command line and the evaluation share."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from data.entries import entries
from data.errors import TutorError
from data.records import Answer, Candidate, Entry, Question
from data.store import Store
from qa_model.bundle import Serving, serving
from qa_model.encoder import Encoder, Progress, Vectors
from qa_model.fusion import Floats, Policy, Signals
from qa_model.index import CourseIndex, Text, texts_of
from qa_model.lexical import has_cjk
from qa_model.vectors import VectorCache, embed

SHOWN = 5  # candidates that people and programs see
RERANKED = 20  # candidates that late interaction looks at: more changed nothing that was measured
RANKED = 10  # candidates that the measures look at
MAX_QUESTION_CHARS = 4000
MIN_KNOWN_SHARE = 0.5  # under it the tokenizer mostly guesses, and the vector says nothing

Indices = npt.NDArray[np.intp]  # of entries


@dataclass(frozen=True, slots=True)
class Library:
    """What can be answered: one index for each course that has entries."""

    courses: Mapping[str, CourseIndex]

    @classmethod
    def build(cls, known: Sequence[Entry], vectors: Mapping[Text, Vectors], dim: int) -> "Library":
        """Index the entries by course with the vectors there are."""
        by_course: dict[str, list[Entry]] = defaultdict(list)
        for entry in known:
            by_course[entry.course].append(entry)
        return cls({course: CourseIndex(own, vectors, dim) for course, own in by_course.items()})


class Answerer:
    """Answers questions from a library with one encoder. One thread at a time may use it."""

    def __init__(
        self,
        encoder: Encoder,
        library: Library,
        policy: Policy | None = None,
        model: str = "base",
        cache: VectorCache | None = None,
    ) -> None:
        self.encoder = encoder
        self.library = library
        self.policy = policy or Policy()
        self.model = model
        self._cache = cache or VectorCache(None)

    def answer(self, questions: Sequence[Question], *, candidates: int = SHOWN) -> list[Answer]:
        """Answer each question in its course, or in all where it names none, with up to so many candidates."""
        vectors, tokens = self._embed([question.text for question in questions])
        searched = [self._searched(question) for question in questions]
        found: list[list[Candidate]] = [[] for _ in questions]
        sure = [True] * len(questions)
        for course, index in self.library.courses.items():
            asked = [i for i, own in enumerate(searched) if course in own]
            if not asked:
                continue
            signals = index.signals([questions[i].text for i in asked], vectors[asked])
            for i, own in zip(asked, signals, strict=True):
                allowed = np.flatnonzero(index.in_language(questions[i].lang))
                found[i] += self._candidates(index, self._late(index, own, tokens[i], allowed), allowed, candidates)
                # Beside vectors that are not computed yet, a probability means nothing: offer, do not answer.
                sure[i] &= index.complete or not own.text.any()
        return [self._decide(own, candidates, sure[i]) for i, own in enumerate(found)]

    def _searched(self, question: Question) -> Collection[str]:
        """Return the courses to search: the one named; else those in the question's language or script; else all."""
        if question.course is not None:
            return (question.course,)
        cjk = has_cjk(question.text)
        courses = self.library.courses.items()
        fitting = [c for c, index in courses if (index.speaks(question.lang) if question.lang else index.cjk == cjk)]
        return fitting or self.library.courses.keys()

    def _embed(self, texts: list[str]) -> tuple[Vectors, list[Vectors]]:
        """Embed questions and their tokens; one that the tokenizer mostly does not know gets a zero row and none."""
        vectors, tokens = self.encoder.encode_tokens(texts, "query")
        for i, text in enumerate(texts):
            if self.encoder.known_share(text) < MIN_KNOWN_SHARE:
                vectors[i] = 0.0
                tokens[i] = tokens[i][:0]
        return vectors, tokens

    def _late(self, index: CourseIndex, signals: Signals, tokens: Vectors, allowed: Indices) -> Signals:
        """Add the late interaction of the question's tokens, (tokens, dim), with the best entries so far."""
        if not len(tokens):
            return signals
        best = self._best(self.policy.scores(signals), allowed, RERANKED)
        texts = [texts_of(index.entries[i])[0] for i in best]
        known = self._cache.tokens(self.encoder.hash, texts)
        pairs = [(i, known[text]) for i, text in zip(best, texts, strict=True) if text in known and signals.text[i] < 1]
        if not pairs:
            return signals
        first = np.cumsum([0, *(len(words) for _, words in pairs[:-1])])
        highest = np.maximum.reduceat(tokens @ np.concatenate([words for _, words in pairs]).T, first, axis=1)
        late = signals.late.copy()
        late[[i for i, _ in pairs]] = highest.mean(0)  # over the question's tokens
        return replace(signals, late=late)

    def _candidates(self, index: CourseIndex, signals: Signals, allowed: Indices, most: int) -> list[Candidate]:
        scores = self.policy.scores(signals)
        best = self._best(scores, allowed, most)
        probabilities = self.policy.probabilities(signals, scores, best)
        return [
            Candidate(index.entries[i], float(scores[i]), float(p)) for i, p in zip(best, probabilities, strict=True)
        ]

    def _best(self, scores: Floats, allowed: Indices, most: int) -> Indices:
        """Return the allowed entries with the highest scores, best first."""
        return allowed[np.argsort(-scores[allowed], kind="stable")[:most]]

    def _decide(self, candidates: list[Candidate], most: int, sure: bool) -> Answer:
        best = sorted(candidates, key=lambda c: (-c.probability, -c.score))[:most]
        confidence = best[0].probability if best else 0.0
        decision = self.policy.decide(confidence) if best else "abstain"
        if decision == "answer" and not sure:
            decision = "suggest"
        return Answer(decision, confidence, tuple(best), self.model)


def assemble(
    known: Sequence[Entry],
    encoder: Encoder,
    cache: VectorCache,
    *,
    policy: Policy | None = None,
    model: str = "base",
    progress: Progress | None = None,
) -> Answerer:
    """Embed what is not embedded yet and return an answerer over these entries."""
    vectors = embed(encoder, [text for entry in known for text in texts_of(entry)], cache, progress)
    return Answerer(encoder, Library.build(known, vectors, encoder.dim), policy, model, cache)


def load_answerer(store: Store, models: Path, progress: Progress | None = None) -> Answerer:
    """Return an answerer over the whole store with the bundle that serves now, or the base.

    Raises TutorError if the store has no entries, ModelError if no model can be loaded.
    """
    known = store.read(entries)
    if not known:
        raise TutorError(f"{store.path}: has no entries: run `python -m data sample` or `python -m data import FILE`")
    now_serving: Serving = serving(models)
    encoder = Encoder.load(now_serving.folder)
    cache = open_cache(models)  # which the answerer goes on reading
    return assemble(known, encoder, cache, policy=now_serving.policy, model=now_serving.version, progress=progress)


def open_cache(models: Path) -> VectorCache:
    """Open the vector cache of a models folder."""
    return VectorCache(models / "vectors.db")
