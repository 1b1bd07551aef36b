"""BM25 over a course: whatever is typed is searched for as words, and nothing typed is an error."""

import math
import sqlite3
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.records import Entry
from data.words import has_cjk, terms
from qa_model.encoder import Vectors
from qa_model.lexical import MAX_TERMS, Lexical

ENTRIES = [
    Entry("c", "cpp", "How do I install C++ and foo-bar?", "Use the compiler.", alternates=("setting up a toolchain",)),
    Entry(
        "c", "train", "What happens while training?", "The weights are moved, step by step.", alternates=("don't stop",)
    ),
    Entry("c", "zh", "什么是迁移学习？", "把学到的知识用到另一个任务上。", alternates=("迁移学习是什么意思",)),
    Entry("c", "late", "When is the deadline?", "On Friday at noon.", confirmed=("how late can I hand in",)),
    Entry("c", "emoji", "May I use 🙂 in an essay?", "Sparingly. NEAR the end, OR never, AND only once."),
]
LEXICAL = Lexical(ENTRIES)
HOSTILE = [
    "C++?",
    "don't",
    "foo-bar:",
    "foo_bar __",
    '"quoted" words"',
    "NEAR(a b, 2)",
    "a AND OR NOT",
    "question: what",
    "{question answer}: x",
    "^deadline*",
    "a\0b",
    "\0",
    "?!...",
    "🙂🙂",
    "",
    "   ",
    "'; drop table texts; --",
    "a\ud800b",
    "ﬁne ½ ² Ⅷ",
    "İstanbul STRASSE ß",
]


def by_fts5(entries: Sequence[Entry], question: str) -> Vectors:
    """Return what SQLite's own BM25 gives each entry."""
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table texts using fts5(question, phrasings, answer, tokenize='porter unicode61')")
    fields = ((e.question, " \n ".join(e.alternates), e.answer) for e in entries)
    rows = [(i, *(" ".join(terms(field)) for field in own)) for i, own in enumerate(fields)]
    db.executemany("insert into texts (rowid, question, phrasings, answer) values (?, ?, ?, ?)", rows)
    scores = np.zeros(len(entries), np.float32)
    words = list(dict.fromkeys(term.lower() for term in terms(question)))[:MAX_TERMS]
    if words:
        sql = "select rowid, -bm25(texts, 2.0, 1.0, 1.0) from texts where texts match ?"
        for row, score in db.execute(sql, [" OR ".join(f'"{word}"' for word in words)]):
            scores[row] = score
    return scores


def best(question: str) -> str | None:
    scores, _ = LEXICAL.scores(question)
    return ENTRIES[int(scores.argmax())].id if scores.any() else None


def check(question: str) -> None:
    """Whatever the question, the scores are finite, not negative, and at most what is said to be reachable.

    That bound holds for any field weights: in SQLite's BM25 they multiply the count of a word, which saturates, so a
    word never gives more than (k1 + 1) * idf. FTS5 gives a word that half of the entries have an idf of 1e-6, where we
    say 0, hence the slack.
    """
    scores, most = LEXICAL.scores(question)
    assert scores.shape == (len(ENTRIES),)
    assert np.isfinite(scores).all() and math.isfinite(most)
    assert (scores >= 0).all() and most >= 0
    assert (scores <= most * (1 + 1e-5) + 2.2e-6 * MAX_TERMS).all()


@pytest.mark.parametrize("question", HOSTILE)
def test_hostile_input_is_only_words(question: str) -> None:
    check(question)


@given(st.text(max_size=60) | st.text(alphabet="ab\"'()*:^+-{} \0什么是学NEAROT", max_size=40))
@settings(max_examples=150, deadline=None)
def test_no_text_raises_or_scores_out_of_bounds(question: str) -> None:
    check(question)


WORDS = st.lists(st.sampled_from(["learn_rate", "learn", "rates", "learning", "rate", "Über", "什么", "x_y_z", "y"]))


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=8), WORDS)
@settings(max_examples=150, deadline=None)
def test_scores_are_those_of_fts5(texts: list[tuple[list[str], ...]], asked: list[str]) -> None:
    entries = [
        Entry("c", str(i), " ".join(q), " ".join(a), alternates=tuple(alternates))
        for i, (q, alternates, a) in enumerate(texts)
    ]
    question = " ".join(asked)
    assert Lexical(entries).scores(question)[0] == pytest.approx(by_fts5(entries, question), rel=1e-5)


@pytest.mark.parametrize("question", HOSTILE)
def test_hostile_input_scores_as_in_fts5(question: str) -> None:
    assert LEXICAL.scores(question)[0] == pytest.approx(by_fts5(ENTRIES, question), rel=1e-5)


@given(st.lists(st.sampled_from(sorted({t for e in ENTRIES for t in terms(f"{e.question} {e.answer}")})), max_size=90))
@settings(max_examples=100, deadline=None)
def test_known_words_score_within_bounds(words: list[str]) -> None:
    check(" ".join(words))


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("C++?", "cpp"),
        ("don't", "train"),
        ("foo-bar:", "cpp"),
        ('"deadline"', "late"),
        ("NEAR(noon)", "late"),
        ("TRAINED weight", "train"),
        ("installing compilers", "cpp"),
        ("迁移学习的定义", "zh"),
        ("toolchains", "cpp"),
        ("ｄｅａｄｌｉｎｅ", "late"),
        ("?!", None),
        ("🙂", None),
        ("quantum chromodynamics", None),
    ],
)
def test_the_entry_with_the_words_comes_first(question: str, entry: str | None) -> None:
    assert best(question) == entry


def test_words_are_stemmed() -> None:
    assert LEXICAL.scores("trains")[0][1] == LEXICAL.scores("training")[0][1] > 0


def test_words_that_no_entry_has_raise_only_the_most() -> None:
    known, more = LEXICAL.scores("deadline"), LEXICAL.scores("deadline chromodynamics")
    assert np.array_equal(known[0], more[0])
    assert more[1] > known[1]


def test_without_words_nothing_can_be_reached() -> None:
    scores, most = LEXICAL.scores("?!")
    assert not scores.any()
    assert most == 0


def test_without_entries_there_are_no_scores() -> None:
    scores, most = Lexical([]).scores("deadline")
    assert scores.shape == (0,)
    assert most == 0


def test_a_word_said_twice_counts_once() -> None:
    assert np.array_equal(LEXICAL.scores("deadline Deadline deadline")[0], LEXICAL.scores("deadline")[0])


def test_a_very_long_question_is_cut() -> None:
    many = " ".join(f"w{i}" for i in range(5000))
    assert LEXICAL.scores(f"{many} deadline")[0].max() == 0
    assert LEXICAL.scores(f"deadline {many}")[0].max() > 0


def test_a_word_of_the_question_weighs_more_than_one_of_the_answer() -> None:
    entries = [
        Entry("c", "q", "alpha beta", "gamma delta"),
        Entry("c", "a", "gamma delta", "alpha beta"),
        *(Entry("c", f"x{i}", "other words", "here") for i in range(4)),
    ]
    scores, _ = Lexical(entries).scores("alpha")
    assert scores[0] > scores[1] > 0 == scores[2]


def test_terms_are_words_characters_and_pairs() -> None:
    assert terms("Fine-tuning_2, don't!") == ["Fine", "tuning_2", "don", "t"]
    assert terms("用GPU训练") == ["用", "GPU", "训", "练", "训练"]
    assert terms("___ ?") == []
    assert terms("ＡＢ") == ["AB"]


@pytest.mark.parametrize(("text", "expected"), [("什么", True), ("カタ", True), ("what 是", True), ("what?", False)])
def test_chinese_and_japanese_are_told_from_latin(text: str, expected: bool) -> None:
    assert has_cjk(text) is expected
