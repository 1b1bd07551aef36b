"""Small talk is answered kindly; whatever else is in a text, it may be a question."""

import csv

import pytest
from catalogues import EN, ZH
from hypothesis import given
from hypothesis import strategies as st

from bot.smalltalk import KINDS, kind_of, small_talk
from data.sample import path

PHRASES = [phrase for texts in (EN, ZH) for kind in KINDS for phrase in getattr(texts.talk, f"says_{kind}").split("|")]
MARKS = st.text(" !.,~…！。，🙂🙏👍\n", max_size=5)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hi!", "hello"),
        ("hellooo", "hello"),
        ("Good morning, professor", "hello"),
        ("你好，老师！", "hello"),
        ("在吗？", "hello"),
        ("thx so much 🙏", "thanks"),
        ("ok, thanks, bye", "thanks"),
        ("好的，谢谢老师！", "thanks"),
        ("谢谢你的帮助", "thanks"),
        ("OK", "fine"),
        ("嗯嗯，明白了", "fine"),
        ("good night", "bye"),
        ("再见啦", "bye"),
        ("Are you a bot?", "bot"),
        ("hi, are you a real person or what", "bot"),
        ("你是机器人吗？", "bot"),
        ("🙂", "smile"),
        ("👍🏽👍🏽", "smile"),
    ],
)
def test_small_talk_is_known_whatever_its_marks(text: str, kind: str) -> None:
    assert kind_of(text) == kind
    assert small_talk(text, ZH) == getattr(ZH.talk, kind)


@pytest.mark.parametrize(
    "text",
    [
        *("hi, how do I submit?", "thanks, but how about GPT?", "ok and for GPT?", "why?", "bot", "you", "?!", "", " "),
        *("你好，怎么交作业", "谢谢，那学习率呢？", "那呢", "为什么", "可以吗", "对吗", "好吗", "___", "are you sure?"),
        *("hi" * 100, "so so so", "hello world program", "thanksgiving deadline", "okapi", "早停"),
    ],
)
def test_whatever_else_stands_there_may_be_a_question(text: str) -> None:
    assert kind_of(text) is None
    assert small_talk(text, EN) is None


@given(st.lists(st.tuples(st.sampled_from(PHRASES), MARKS), min_size=1, max_size=3), MARKS, st.booleans())
def test_phrases_with_any_marks_between_are_small_talk(said: list[tuple[str, str]], before: str, is_loud: bool) -> None:
    text = before + "".join(f"{phrase} {marks}" for phrase, marks in said)
    if len(text) < 70:
        assert kind_of(text.upper() if is_loud else text) in KINDS


@given(st.sampled_from(PHRASES), st.sampled_from([" freezing layers", " 学习率", " GPT-2", " hw3"]), st.booleans())
def test_a_phrase_beside_a_word_of_the_course_is_a_question(phrase: str, word: str, is_first: bool) -> None:
    assert kind_of(f"{word} {phrase}" if is_first else f"{phrase},{word}") is None


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    assert kind_of(text) in (*KINDS, "smile", None)


def test_no_question_of_the_sample_but_one_to_the_bot_is_small_talk() -> None:
    asked = []
    for name in ("fine-tuning", "fine-tuning-zh", "questions-learn", "questions-test"):
        with path(f"{name}.csv").open(encoding="utf-8") as file:
            asked += [row["question"] for row in csv.DictReader(file)]
    assert [text for text in asked if kind_of(text)] == ["are you a real person or what"]
