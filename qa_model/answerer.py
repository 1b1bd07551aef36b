"""From questions to answers: the one path that the bot, the command line and the evaluation share."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from data.entries import entries
from data.errors import TutorError
from data.records import Answer, Candidate, Entry, Question
from data.store import Store
from data.words import has_cjk
from qa_model.bundle import Serving, serving
from qa_model.encoder import Encoder, Progress, Tokens, Vectors
from qa_model.followup import searched
from qa_model.fusion import Indices, Policies, Policy, Signals
from qa_model.index import CourseIndex
from qa_model.late import highest
from qa_model.library import Library
from qa_model.spelling import corrected, has_foreign
from qa_model.vectors import VectorCache, read_or_embed

SHOWN = 5  # candidates that people and programs see
NEAR = 20  # entries that late interaction looks at and that can be candidates
RANKED = 10  # candidates that the measures look at
RECENT = 256  # questions whose vectors are kept for who asks for them again
MAX_QUESTION_CHARS = 4000
MIN_KNOWN_SHARE = 0.5  # under it the tokenizer mostly guesses, and the vector says nothing


@dataclass(frozen=True, slots=True)
class Sensed:
    """What a question found in a course: the entries nearest to it, with their signals, in no order.

    `complete`: whether the vectors are there that a probability needs. `foreign`: whether the question says a word that
    no course has which was searched.
    """

    course: str
    entries: tuple[Entry, ...]
    signals: Signals
    complete: bool
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A question as it was read: its text as the courses spell it, its vector, (dim,), its tokens and its language.

    `foreign`: whether it says a word that the courses do not have.
    """

    text: str
    foreign: bool
    vector: Vectors
    tokens: Tokens
    lang: str


class Answerer:
    """Answers questions from a library with one encoder. One thread at a time may use it."""

    def __init__(
        self,
        encoder: Encoder,
        library: Library,
        policies: Policies | None = None,
        model: str = "base",
        cache: VectorCache | None = None,
    ) -> None:
        self.encoder = encoder
        self.library = library
        self.policies = policies or Policies()
        self.model = model
        self.cache = cache or VectorCache(None)
        self._recent: dict[str, Vectors] = {}

    def answer(self, questions: Sequence[Question], *, candidates: int = SHOWN) -> list[Answer]:
        """Answer each question in its course, or in all where it names none, with up to so many candidates."""
        return [decide(found, self.policies, candidates, self.model) for found in self.sense(questions)]

    def sense(self, questions: Sequence[Question]) -> list[list[Sensed]]:
        """Return for each question what it finds in each course that is searched for it."""
        courses = [self._searched(question) for question in questions]
        told = [self._text(question, own) for question, own in zip(questions, courses, strict=True)]
        texts = [text for text, _ in told]
        vectors, tokens = self._embed(texts)
        found: list[list[Sensed]] = [[] for _ in questions]
        for course, index in self.library.courses.items():
            asked = [i for i, own in enumerate(courses) if course in own]
            signals = index.signals([texts[i] for i in asked], vectors[asked]) if asked else []
            for i, own in zip(asked, signals, strict=True):
                found[i].append(self._near(course, own, Read(*told[i], vectors[i], tokens[i], questions[i].lang)))
        return found

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of questions, (texts, dim), of which those read last are at hand; zeros as in `sense`."""
        found = {text: self._recent[text] for text in texts if text in self._recent}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            found |= zip(missing, self._embed(missing)[0], strict=True)
        return np.array([found[text] for text in texts], np.float32).reshape(len(texts), self.encoder.dim)

    def _searched(self, question: Question) -> Collection[str]:
        """Return the courses to search: the one named; else those in the question's language or script; else all."""
        if question.course is not None:
            return (question.course,)
        cjk = has_cjk(question.text)
        courses = self.library.courses.items()
        fitting = [c for c, index in courses if (index.speaks(question.lang) if question.lang else index.cjk == cjk)]
        return fitting or self.library.courses.keys()

    def _text(self, question: Question, courses: Collection[str]) -> tuple[str, bool]:
        """Return what is searched, as the courses spell a word that is neither theirs nor one of the tokenizer's.

        Beside it stands whether the question itself says a word that they do not have.
        """
        words = [self.library.courses[course].words for course in courses if course in self.library.courses]
        own, before = (
            corrected(text, words, lambda word: len(self.encoder.pieces(word)) == 1)
            for text in (question.text, question.context)
        )
        foreign = has_foreign(own, words)
        return (own if foreign else searched(own, before)), foreign

    def _embed(self, texts: list[str]) -> tuple[Vectors, list[Tokens]]:
        """Embed questions and their tokens; one that the tokenizer mostly does not know gets a zero row and none."""
        vectors, tokens = self.encoder.encode_tokens(texts, "query")
        for i, text in enumerate(texts):
            if self.encoder.known_share(text) < MIN_KNOWN_SHARE:
                vectors[i] = 0.0
                tokens[i] = Tokens.none(self.encoder.dim)
        self._recent |= zip(texts, vectors, strict=True)
        for oldest in list(self._recent)[: max(0, len(self._recent) - RECENT)]:
            del self._recent[oldest]
        return vectors, tokens

    def _near(self, course: str, signals: Signals, asked: Read) -> Sensed:
        """Return the nearest entries by what is cheap, and the best by words, with late interaction added."""
        index, policy = self.library.courses[course], self.policies.of(course)
        spoken = index.in_language(asked.lang)
        allowed = np.flatnonzero(spoken)
        by_words = allowed[signals.lexical[allowed].argmax()]
        short = policy.shortlist(signals, allowed, NEAR, index.error)
        pool = np.union1d(short, [by_words, signals.lexical.argmax()])  # the last: what all words stand against
        near = index.exact(asked.text, asked.vector, signals, pool) if index.error else signals.take(pool)
        order = np.argsort(-policy.scores(near), kind="stable")
        best = order[spoken[pool[order]]][:NEAR]
        if len(allowed) > NEAR:
            best = np.union1d(best, np.searchsorted(pool, by_words))
        late = self._late(index, near.take(best), asked.tokens, pool[best])
        complete = index.complete or not signals.text.any()
        return Sensed(course, tuple(index.entries[i] for i in pool[best]), late, complete, asked.foreign)

    def _late(self, index: CourseIndex, signals: Signals, tokens: Tokens, best: Indices) -> Signals:
        """Add to the signals of the entries `best` the late interaction of the question's tokens with them."""
        if not len(tokens.ids):
            return signals
        unread = [i for i in range(len(best)) if signals.text[i] < 1]  # known word for word: needs no second look
        passages = {i: index.passages[best[i]] for i in unread}
        known = self.cache.tokens(self.encoder.hash, [text for i in unread for text in passages[i]])
        words = {i: [known[text] for text in passages[i] if text in known] for i in unread}
        read = [i for i in unread if words[i]]
        if not read:
            return signals
        starts = np.cumsum([0, *(len(words[i]) for i in read[:-1])])
        near = highest(tokens.vectors, [own for i in read for own in words[i]])  # (tokens, passages)
        late = signals.late.copy()
        late[read] = index.token_weights(tokens.ids) @ np.maximum.reduceat(near, starts, axis=1)
        return replace(signals, late=late)


def decide(found: Sequence[Sensed], policies: Policies, candidates: int = SHOWN, model: str = "") -> Answer:
    """Return the answer to a question from what it found, with up to so many candidates."""
    ranked = [c for sensed in found for c in _candidates(sensed, policies.of(sensed.course), candidates)]
    best = sorted(ranked, key=lambda c: (-c.probability, -c.score))[:candidates]
    if not best:
        return Answer("abstain", 0.0, (), model)
    confidence = best[0].probability
    decision = policies.of(best[0].entry.course).decide(confidence)
    if decision == "answer" and not all(sensed.complete for sensed in found):
        decision = "suggest"  # beside vectors that are not computed yet, a probability means nothing
    return Answer(decision, confidence, tuple(best), model, any(sensed.foreign for sensed in found))


def _candidates(sensed: Sensed, policy: Policy, most: int) -> list[Candidate]:
    scores = policy.scores(sensed.signals)
    best = np.argsort(-scores, kind="stable")[:most]
    probabilities = policy.probabilities(sensed.signals, scores, best)
    pairs = zip(best, probabilities, strict=True)
    return [Candidate(sensed.entries[i], float(scores[i]), float(p)) for i, p in pairs]


def assemble(
    known: Sequence[Entry],
    encoder: Encoder,
    cache: VectorCache,
    *,
    policies: Policies | None = None,
    model: str = "base",
    progress: Progress | None = None,
) -> Answerer:
    """Embed what is not embedded yet and return an answerer over these entries."""
    library = Library({}).over(known, encoder.dim, partial(read_or_embed, encoder, cache, progress))
    return Answerer(encoder, library, policies, model, cache)


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
    return assemble(known, encoder, cache, policies=now_serving.policies, model=now_serving.version, progress=progress)


def open_cache(models: Path) -> VectorCache:
    """Open the vector cache of a models folder."""
    return VectorCache(models / "vectors.db")
