"""What is recommended fits, says truly why, and is nothing where nothing fits."""

from dataclasses import replace

import pytest
import tiny

from data.recommended import Votes
from data.records import Entry, Question
from data.resources import Resource
from qa_model.answerer import Answerer, assemble
from qa_model.recommend import MIN_FIT, MOST, Fit, Recommender, Topic, chosen
from qa_model.vectors import VectorCache

OVERFIT = Entry(
    "ml", "overfit", "How do I recognise overfitting?", "Training loss falls, validation loss rises.", key=1
)
RATE = Entry("ml", "lr", "Which learning rate should I start with?", "Start with 2e-5 and halve it.", key=2)
DUE = Entry("ml", "due", "When is the homework due?", "On Friday at noon.", key=3)
OTHER = Entry("bio", "cell", "What is a cell?", "The smallest unit that lives.", key=4)
CURVES = Resource(
    "ml", "curves", "Reading learning curves", "https://example.org/1", "video", "beginner", 10, "en",
    "How the two losses part when a network learns its examples by heart.", ("overfit",), 1,
)  # fmt: skip
SCHEDULES = Resource(
    "ml", "schedules", "Learning rate schedules", "https://example.org/2", summary="Warm-up and decay.",
    entries=("lr",), key=2,
)  # fmt: skip
TOKENS = Resource("ml", "tokens", "Subword tokenizers", "https://example.org/3", summary="BPE and WordPiece.", key=3)
MITOSIS = Resource("bio", "mitosis", "How cells divide", "https://example.org/4", summary="A film.", key=4)
SHELF = (CURVES, SCHEDULES, TOKENS, MITOSIS)


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    """Answers over two small courses, with the default base."""
    return assemble([OVERFIT, RATE, DUE, OTHER], tiny.default_encoder(), VectorCache(None))


def first(answerer: Answerer, *topics: Topic, votes: dict[int, Votes] | None = None) -> list[Fit]:
    return chosen(Recommender().rank(answerer, SHELF, topics, votes))


def test_a_resource_fits_by_the_entry_that_the_question_is_about(answerer: Answerer) -> None:
    best, *_ = first(answerer, Topic(Question("How do I recognise overfitting?", "ml")))
    assert (best.resource, best.entry, best.why) == (CURVES, OVERFIT, "asked")


def test_a_resource_without_entries_fits_by_its_words_and_names_no_entry(answerer: Answerer) -> None:
    best, *_ = first(answerer, Topic(Question("how do subword tokenizers such as BPE work", "ml")))
    assert (best.resource, best.entry, best.why) == (TOKENS, None, "near")


def test_an_entry_that_is_only_perhaps_meant_is_near_and_not_asked(answerer: Answerer) -> None:
    topic = Topic(Question("so many curves", "ml"), ((OVERFIT, 0.3),))
    best, *_ = first(answerer, topic)
    assert (best.resource, best.why) == (CURVES, "near")
    assert best.fit < first(answerer, replace(topic, likely=((OVERFIT, 0.9),)))[0].fit


def test_nothing_is_recommended_where_nothing_fits(answerer: Answerer) -> None:
    assert first(answerer, Topic(Question("who won the match in Lisbon yesterday", "ml"))) == []
    assert first(answerer, Topic.of(DUE)) == []
    assert first(answerer) == []
    assert Recommender().rank(answerer, (), [Topic.of(OVERFIT)]) == []


def test_a_topic_of_one_course_finds_nothing_in_another(answerer: Answerer) -> None:
    ranked = Recommender().rank(answerer, SHELF, [Topic.of(OVERFIT)])
    assert MITOSIS not in [fit.resource for fit in ranked]
    assert first(answerer, Topic(Question("how do cells divide")))[0].resource == MITOSIS


def test_what_was_missed_in_practice_says_so_and_older_topics_count_less(answerer: Answerer) -> None:
    asked, practised = Topic.of(RATE, weight=0.9), Topic.of(OVERFIT, "practised")
    found = first(answerer, asked, practised)
    assert [(fit.resource, fit.why) for fit in found[:2]] == [(CURVES, "practised"), (SCHEDULES, "asked")]


def test_votes_of_many_decide_and_those_of_few_hardly(answerer: Answerer) -> None:
    topic = Topic.of(OVERFIT)
    plain = first(answerer, topic)[0].fit
    one = first(answerer, topic, votes={1: Votes(up=1)})[0].fit
    many = first(answerer, topic, votes={1: Votes(up=90)})[0].fit
    against = first(answerer, topic, votes={1: Votes(down=90)})[0].fit
    assert plain < one < plain + 0.01 < many < plain + 0.1
    assert against < plain
    nothing = Topic(Question("who won the match in Lisbon yesterday", "ml"))
    assert first(answerer, nothing, votes={3: Votes(up=5)}) == []


def test_each_topic_has_its_best_first_and_there_are_never_more_than_three() -> None:
    def fit(key: int, value: float, topic: int) -> Fit:
        return Fit(replace(CURVES, key=key), value, topic, OVERFIT, "asked")

    ranked = [fit(1, 0.9, 0), fit(2, 0.8, 0), fit(3, 0.7, 1), fit(4, 0.6, 1), fit(5, MIN_FIT - 0.01, 2)]
    assert [one.resource.key for one in chosen(ranked)] == [1, 3, 2]
    assert len(chosen(ranked)) == MOST
    assert [one.resource.key for one in chosen(ranked, passed={1, 2})] == [3, 4]


def test_resources_are_embedded_a_few_at_a_time_and_once(answerer: Answerer) -> None:
    own = assemble([OVERFIT], answerer.encoder, VectorCache(None))
    shelf = [replace(CURVES, key=i, title=f"Film {i}", summary=f"About {i}.") for i in range(12)]
    recommender = Recommender()
    assert recommender.rank_or_embed(own, shelf, [Topic.of(OVERFIT)], {}) is None
    assert recommender.rank_or_embed(own, shelf, [Topic.of(OVERFIT)], {}) is not None
    assert len(own.cache.find(own.encoder.hash, [("query", f"Film {i}") for i in range(12)])) == 12
    assert len(recommender.rank(own, shelf, [Topic.of(OVERFIT)])) == 12


def test_a_question_of_which_the_tokenizer_knows_nothing_is_found_by_its_words(answerer: Answerer) -> None:
    chinese = Resource("ml", "zh", "过拟合入门", "https://example.org/5", summary="怎样读懂损失曲线。", key=5)
    found = chosen(Recommender().rank(answerer, [*SHELF, chinese], [Topic(Question("过拟合入门", "ml"))]))
    assert [fit.resource for fit in found] == [chinese]
