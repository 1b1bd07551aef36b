"""Long texts are read in windows: nothing is lost between two, and none is longer than an encoder reads."""

import itertools
import re

import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st

from data.words import has_cjk
from qa_model.windows import CJK_SIZE, OVERLAP, SIZE, passages, windows

BLANKS = ("\n\n", " " * 100, "\t" * 1000, "\u3000" * 300, "x" * 500, "微调" * 300)
PARTS = st.one_of(st.text(max_size=120), st.text("的微调学习。，a ", max_size=120), st.sampled_from(BLANKS))
TEXTS = st.builds(lambda parts, times: "".join(parts) * times, st.lists(PARTS, max_size=20), st.integers(1, 30))
ENGLISH = "Write down what you did, and why; then hand it in before Friday at noon. "
CHINESE = "把在一个任务上学到的知识用到另一个任务上，这样需要的数据更少。"


def room(text: str) -> int:
    return sum(CJK_SIZE if has_cjk(letter) else 1 for letter in text)


def numbered(count: int) -> list[str]:
    """Return words that each stand once in a text."""
    return [f"word{i}" for i in range(count)]


@given(TEXTS)
def test_no_window_takes_more_room_than_it_may(text: str) -> None:
    found = windows(text)
    assert found
    if room(text) > SIZE:
        assert all(room(window) <= SIZE for window in found) or not text.strip()


@given(TEXTS)
def test_every_word_stands_whole_in_a_window(text: str) -> None:
    found = windows(text)
    # What is in no script with blanks may be cut anywhere, and what is longer than 64 letters is no word.
    words = {word for word in re.findall(r"[^\s\u2e80-\u9fff\U00020000-\U0003ffff]+", text) if len(word) <= 64}
    assert all(any(word in window for window in found) for word in words)
    assert {*"".join(text.split())} == {*"".join("".join(found).split())}


@given(TEXTS)
def test_every_window_is_cut_out_of_the_text_and_none_is_blank(text: str) -> None:
    assert all(window in text for window in windows(text))
    assert all(window.strip() for window in windows(text)) or not text.strip()


@given(TEXTS)
def test_a_text_is_cut_into_no_more_windows_than_its_length_asks_for(text: str) -> None:
    # The longest piece takes 128 letters, so each window but the last goes so much beyond the one before.
    assert len(windows(text)) <= 1 + room(text) / (SIZE - OVERLAP - 128)


@pytest.mark.parametrize(
    "text", ["", " ", "\n" * 5000, "short", "  kept as it is \n", "x" * SIZE, "调" * (SIZE // CJK_SIZE)]
)
def test_a_text_that_one_window_holds_stays_as_it_is(text: str) -> None:
    assert windows(text) == [text]


@pytest.mark.parametrize("separator", [" ", "\n", "  \n\n"])
def test_windows_overlap_by_whole_words(separator: str) -> None:
    words = numbered(2000)
    found = [window.split() for window in windows(separator.join(words))]
    assert len(found) > 5
    assert list(dict.fromkeys(word for window in found for word in window)) == words
    for one, other in itertools.pairwise(found):
        shared = one[one.index(other[0]) :]
        assert shared == other[: len(shared)]
        assert OVERLAP - 64 < len(separator.join(shared)) <= OVERLAP


@pytest.mark.parametrize("letter", ["x", "调", "é", "한"])
def test_letters_without_any_blank_are_all_there(letter: str) -> None:
    found = windows(letter * 5000)
    assert len(found) > 5
    assert sum(map(len, found)) >= 5000


@pytest.mark.parametrize("blank", [" ", "\n", "\u3000"])
def test_neither_a_word_before_nor_after_many_blanks_is_lost(blank: str) -> None:
    found = windows(f"before{blank * 3000}after {ENGLISH * 20}")
    assert found[0] == "before"
    assert any("after Write" in window for window in found)


def test_an_encoder_reads_a_window_of_english_or_chinese_whole() -> None:
    encoder = tiny.default_encoder()
    for text in (ENGLISH * 60, CHINESE * 60):
        read = passages("How do I hand in?", text)
        assert len(read) > 3
        assert encoder.tokenize(read, "passage")["attention_mask"].sum(1).max() < 256


def test_the_question_stands_before_each_window() -> None:
    answer = ENGLISH * 40
    assert passages("When?", answer) == [f"When?\n{window}" for window in windows(answer)]
    assert len(windows(answer)) > 1
    assert passages("When?", "") == ["When?\n"]


def test_a_long_question_does_not_push_the_answer_out() -> None:
    question, answer = " ".join(numbered(300)), ENGLISH
    assert max(map(room, passages(question, answer))) <= SIZE
    assert any("Friday" in passage for passage in passages(question, answer))
    at_most = "q" * OVERLAP
    assert all(passage.startswith(at_most) for passage in passages(at_most, ENGLISH * 40))
    assert passages("q" * (OVERLAP + 1), "a") == [f"{'q' * (OVERLAP + 1)}\na"]
