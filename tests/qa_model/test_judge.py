"""The judge tells right from partly from not yet, by signs that can be shown."""

import numpy as np
import pytest
import tiny

from data.records import Entry
from qa_model.answerer import assemble
from qa_model.encoder import Encoder
from qa_model.judge import (
    CLOSE,
    PARTLY_FROM,
    RIGHT_FROM,
    SLOPES,
    Judge,
    Signs,
    judged,
    levels,
    says_nothing,
    score_of,
    verdict_of,
)
from qa_model.vectors import VectorCache

COURSE = (
    (
        "What is overfitting?",
        "A model overfits when it learns the training examples by heart, noise included, and does worse on new data. "
        "You see it when the training loss keeps falling while the validation loss rises.",
        "It memorises the training examples and their noise, so it gets worse on new data: training loss keeps falling "
        "and validation loss goes up.",
    ),
    (
        "What does dropout do?",
        "Dropout switches off random units during training, so that the network cannot rely on any single one. "
        "It makes overfitting less likely; at prediction time it is turned off.",
        "Random units are switched off while training, so the network can't depend on a single one; it is turned off "
        "when predicting.",
    ),
    (
        "Why does training begin with a warm-up?",
        "Early in training the statistics of Adam are poor, and large steps would throw away what was pretrained. "
        "The learning rate therefore grows from zero over the first few hundred steps.",
        "At the start Adam's statistics are bad and large steps would destroy the pretrained weights, so the learning "
        "rate grows from zero in the first steps.",
    ),
)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return tiny.default_encoder()


@pytest.fixture(scope="module")
def judge(encoder: Encoder) -> Judge:
    known = [Entry("c", str(i), question, approved) for i, (question, approved, _) in enumerate(COURSE)]
    return Judge(encoder, assemble(known, encoder, VectorCache(None)).library.courses["c"].token_weights)


@pytest.mark.parametrize(("question", "approved", "given"), COURSE)
def test_the_same_in_other_words_is_right_and_the_answer_to_another_question_is_not(
    judge: Judge, question: str, approved: str, given: str
) -> None:
    whole = judge.judge(question, approved, given)
    assert whole.verdict == "right"
    for _, other, _ in COURSE:
        if other != approved:  # of the same course, and so on its topic
            assert judge.judge(question, approved, other).score < RIGHT_FROM
    elsewhere = "The tutorial takes place on Friday at noon, in the lecture hall beside the library."
    assert judge.judge(question, approved, elsewhere).verdict == "not yet"


@pytest.mark.parametrize(("question", "approved", "given"), COURSE)
def test_the_approved_answer_itself_is_right_and_less_of_it_never_better(
    judge: Judge, question: str, approved: str, given: str
) -> None:
    assert judge.judge(question, approved, f" {approved.upper()} ").score == 1.0
    whole, half = judge.judge(question, approved, given), judge.judge(question, approved, " ".join(given.split()[:6]))
    assert half.score < whole.score


@pytest.mark.parametrize(
    "given",
    ["", "???", "I don't know", "i dont know it, sorry", "No idea.", "idk", "No submission.", "不知道。", "忘了"],
)
def test_who_says_nothing_is_not_yet_right(judge: Judge, given: str) -> None:
    assert says_nothing(given)
    assert judge.judge(*COURSE[0][:2], given).verdict == "not yet"


@pytest.mark.parametrize("given", ["nothing is learned by heart", "I don't know exactly, but it learns noise", "2e-5"])
def test_who_says_something_is_judged(given: str) -> None:
    assert not says_nothing(given)


def test_the_words_of_the_question_count_for_nothing(judge: Judge) -> None:
    question, approved, _ = COURSE[1]
    assert judge.signs(question, approved, "what does dropout do") is None
    assert judge.judge(question, approved, "Dropout does what dropout does").verdict == "not yet"


def test_denying_what_is_so_takes_something_away(judge: Judge) -> None:
    question, approved = "Is the loss lower?", "The loss gets lower when the learning rate is small enough."
    said, denied = (judge.judge(question, approved, f"The loss {verb} lower.") for verb in ("gets", "never gets"))
    assert said.signs is not None
    assert denied.signs is not None
    assert (said.signs.negation, denied.signs.negation) == (0.0, 1.0)
    assert denied.score < said.score


def test_more_of_a_good_sign_is_never_worse_and_of_a_bad_one_never_better() -> None:
    assert all(slope >= 0 for slope in SLOPES[:4])
    assert all(slope <= 0 for slope in SLOPES[4:])
    assert any(SLOPES)
    best, worst = Signs(CLOSE, 1.0, 1.0, 0.0, 0.0, 0.0), Signs(0.0, 0.0, 0.0, -3.0, 1.0, 1.0)
    assert verdict_of(score_of(best)) == "right"
    assert verdict_of(score_of(worst)) == "not yet"


def test_the_score_is_cut_into_three() -> None:
    cuts = (0.0, PARTLY_FROM - 1e-6, PARTLY_FROM, RIGHT_FROM - 1e-6, RIGHT_FROM, 1.0)
    assert [verdict_of(score) for score in cuts] == ["not yet", "not yet", "partly", "partly", "right", "right"]


def test_unrelated_texts_are_the_zero_of_an_encoder(encoder: Encoder) -> None:
    whole, words = levels(encoder)
    assert -0.1 < whole < 0.3
    assert whole < words < 0.5


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ("把一个任务学到的知识用到另一个任务上，先学通用文本，再用少量课程问答适应。", "right"),
        ("知识用到别的任务", "partly"),
        ("训练损失下降而验证损失上升，说明模型过拟合了，应该早停。", "not yet"),
        ("什么是迁移学习", "not yet"),
    ],
)
def test_what_the_encoder_cannot_read_is_judged_by_its_words(judge: Judge, given: str, verdict: str) -> None:
    question = "什么是迁移学习？"
    approved = (
        "迁移学习是把在一个任务或领域上学到的知识用到另一个任务上。比如先让模型从海量通用文本中学会语言规律，"
        "再用几百条课程问答让它适应答疑。"
    )
    assert judge.judge(question, approved, given).verdict == verdict


def test_long_texts_are_read_to_their_end(judge: Judge) -> None:
    question, approved, given = COURSE[0]
    padding = "There is something else to say about the history of the field, which matters little here. " * 20
    late, never = judge.signs(question, approved, padding + given), judge.signs(question, approved, padding)
    assert late is not None
    assert never is not None
    assert late.terms > never.terms + 0.2


def test_a_course_that_the_model_has_not_read_yet_is_judged_too(encoder: Encoder) -> None:
    answerer = assemble([Entry("c", "1", *COURSE[0][:2])], encoder, VectorCache(None))
    new = Entry("new", "1", *COURSE[1][:2])
    assert judged(answerer, new, COURSE[1][2]).verdict == "right"
    assert judged(answerer, new, "no idea").score == 0.0


def test_a_model_of_random_weights_gives_numbers_all_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    for make in (tiny.bert, tiny.gpt):
        encoder = Encoder.load(make(tmp_path_factory.mktemp("tiny")))
        judge = Judge(encoder, lambda ids: np.ones(len(ids), np.float32))
        found = judge.judge("ba?", "bao bae dor", "bae dor fin")
        assert 0.0 <= found.score <= 1.0
