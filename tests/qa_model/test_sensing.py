"""What is sensed of each entry, and how it is decided by it over several courses."""

from dataclasses import replace

import numpy as np
import pytest
import tiny
from small_library import ENGLISH, OTHER, ask, over

from data.records import Answer, Entry, Question
from qa_model.answerer import NEAR, RECENT, SHOWN, Answerer, Sensed, decide
from qa_model.block import Text, texts_of
from qa_model.encoder import Encoder
from qa_model.fusion import Policies, Policy, Signals
from qa_model.library import Library
from qa_model.vectors import VectorCache, embed


def test_late_interaction_reads_every_window_and_weighs_the_tokens(encoder: Encoder) -> None:
    rng = np.random.default_rng(0)
    long = [
        Entry("c", root, f"{root}a question", " ".join(f"{root}{'aeiou'[i]}" for i in rng.integers(5, size=700)))
        for root in tiny.ROOTS[:4]
    ]
    answerer = over(encoder, long)
    (tokens,) = encoder.encode_tokens(["babel deo xyz"], "query")[1]
    (sensed,) = answerer.sense([Question("babel deo xyz", "c")])[0]
    index = answerer.library.courses["c"]
    assert {entry.id for entry in sensed.entries} == {entry.id for entry in long}
    for entry, late in zip(sensed.entries, sensed.signals.late, strict=True):
        passages = [text for text in texts_of(entry) if text[0] == "passage"]
        assert len(passages) > 2
        known = answerer.cache.tokens(encoder.hash, passages)
        highest = np.max([(tokens.vectors @ known[text].whole().T).max(1) for text in passages], axis=0)  # (tokens,)
        assert late == pytest.approx(float(index.token_weights(tokens.ids) @ highest), abs=1e-4)
    assert len(set(index.token_weights(tokens.ids).tolist())) > 1


def test_without_token_ids_the_answers_still_come(encoder: Encoder) -> None:
    texts: list[Text] = [text for entry in OTHER for text in texts_of(entry)]
    cache = VectorCache(None)
    library = Library.build(OTHER, embed(encoder, texts, cache), encoder.dim)
    assert ask(Answerer(encoder, library, cache=cache), "babel q0", "other").candidates[0].entry.id == "ba"


def test_the_best_by_words_is_looked_at_however_far_its_vector_is(encoder: Encoder) -> None:
    known = [Entry("c", str(i), f"question {i}", f"{tiny.ROOTS[i % 16]}a {i}") for i in range(NEAR + 20)]
    only_vectors = Policies(Policy((0.5, 0.0, 0.5, 0.0)))
    answerer = over(encoder, [*known, Entry("c", "words", "zuzuzu", "vovovo wewewe titi")], only_vectors)
    for text in ("baa question vovovo", "de question wewewe 7", "fi titi"):
        (sensed,) = answerer.sense([Question(text, "c")])[0]
        assert NEAR <= len(sensed.entries) <= NEAR + 1
        assert len({entry.id for entry in sensed.entries}) == len(sensed.entries)
        scores = answerer.library.courses["c"].signals([text], np.zeros((1, encoder.dim), np.float32))[0].lexical
        best = answerer.library.courses["c"].entries[int(scores.argmax())]
        assert best.id in [entry.id for entry in sensed.entries]


def test_sensing_says_which_courses_were_searched(answerer: Answerer) -> None:
    asked = [Question("babel q0", "other"), Question("babel q0"), Question("x", "no such course")]
    assert [[s.course for s in found] for found in answerer.sense(asked)] == [["other"], ["english", "other"], []]


def test_each_course_decides_by_its_own_threshold(encoder: Encoder) -> None:
    never, always = Policy(answer_at=1.1, suggest_at=1.1), Policy(answer_at=0.0, suggest_at=0.0)
    known = [replace(entry, course=course) for course in ("strict", "bold", "unmeasured") for entry in OTHER]
    offers = Policy(answer_at=1.1, suggest_at=0.0)
    answerer = over(encoder, known, Policies(offers, {"strict": never, "bold": always}))
    decisions = {
        course: ask(answerer, "nothing like it", course).decision for course in ("strict", "bold", "unmeasured")
    }
    assert decisions == {"strict": "abstain", "bold": "answer", "unmeasured": "suggest"}


def test_each_course_ranks_by_its_own_weights(encoder: Encoder) -> None:
    words, vectors = Policy((0.0, 0.0, 0.0, 1.0)), Policy((1.0, 0.0, 0.0, 0.0))
    known = [replace(entry, course=course) for course in ("words", "vectors") for entry in ENGLISH]
    answerer = over(encoder, known, Policies(courses={"words": words, "vectors": vectors}))
    for course, side in (("words", "lexical"), ("vectors", "text")):
        (sensed,) = answerer.sense([Question("babel q0 goa", course)])[0]
        own = answerer.policies.of(course).scores(sensed.signals)
        assert int(own.argmax()) == int(getattr(sensed.signals, side).argmax())


def sensed(course: str, *text: float, complete: bool = True) -> Sensed:
    """Return what a question found in a course of entries with these cosines."""
    values = np.array(text, np.float32)
    zero = np.zeros(len(text), np.float32)
    entries = tuple(Entry(course, str(i), f"q{i}", "a") for i in range(len(text)))
    return Sensed(course, entries, Signals(values, values, zero, 0.0, values), complete)


def test_what_was_found_in_no_course_is_abstained_on() -> None:
    assert decide([], Policies(), model="0001") == Answer("abstain", 0.0, (), "0001")


def test_over_several_courses_the_likeliest_comes_first_and_its_course_decides() -> None:
    found = [sensed("a", 0.5, 0.3), sensed("b", 0.2, 0.9), sensed("c", 0.4)]
    sure, strict = Policy(answer_at=0.0), Policy(answer_at=1.1, suggest_at=0.0)
    answer = decide(found, Policies(sure, {"b": strict}), 4, "0001")
    assert [c.entry.course for c in answer.candidates][:1] == ["b"]
    assert (answer.decision, answer.confidence, answer.model) == ("suggest", answer.candidates[0].probability, "0001")
    probabilities = [c.probability for c in answer.candidates]
    assert len(probabilities) == 4 and probabilities == sorted(probabilities, reverse=True)
    assert decide(found, Policies(strict, {"b": sure}), 4).decision == "answer"
    assert decide(found[::-1], Policies(strict, {"b": sure}), 4).candidates == answer.candidates


def test_a_course_with_a_higher_bias_of_its_own_goes_before_another() -> None:
    found = [sensed("a", 0.5, 0.3), sensed("b", 0.5, 0.3)]
    for first in ("a", "b"):
        answer = decide(found, Policies(courses={first: Policy(bias=5.0)}))
        assert answer.candidates[0].entry.course == first


def test_where_a_searched_course_lacks_vectors_nothing_is_answered_outright() -> None:
    always = Policies(Policy(answer_at=0.0))
    found = [sensed("a", 0.9, 0.3), sensed("b", 0.2, complete=False)]
    assert decide(found, always).decision == "suggest"
    assert decide(found[:1], always).decision == "answer"


def test_deciding_gives_what_answering_gives(answerer: Answerer) -> None:
    asked = [Question("babel q0"), Question("dedor", "other"), Question("什么是微调？"), Question("x", "nowhere")]
    again = [decide(found, answerer.policies, SHOWN, answerer.model) for found in answerer.sense(asked)]
    assert again == answerer.answer(asked)


def test_vectors_of_questions_read_lately_are_at_hand_and_no_more_than_so_many(encoder: Encoder) -> None:
    answerer = over(encoder, ENGLISH)
    texts = [f"{tiny.ROOTS[i % 16]}a question {i}" for i in range(RECENT + 20)]
    answerer.answer([Question(text, ENGLISH[0].course) for text in texts])
    assert np.allclose(answerer.vectors(texts), encoder.encode(texts, "query"), atol=1e-5)
    assert len(answerer._recent) == RECENT
    assert answerer.vectors([]).shape == (0, encoder.dim)
    assert not answerer.vectors(["🜁🜂🜃"]).any()
