"""Questions that are nearly the same are found as if every pair were compared, and what contradicts is told."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from data.records import Entry
from data.twins import Twin, conflicting, twins


def entry(n: int, question: str, answer: str = "A.", course: str = "c") -> Entry:
    return Entry(course, str(n), question, answer)


def found(*questions: str, new: int | None = None) -> set[tuple[str, str]]:
    entries = [entry(n, question) for n, question in enumerate(questions)]
    keys = frozenset(("c", str(n)) for n in range(len(entries)) if new is None or n >= new)
    return {(twin.entry.id, twin.other.id) for twin in twins(entries, keys)}


def test_another_wording_of_nearly_the_same_words_is_found() -> None:
    others = [f"What is topic {n} about?" for n in range(30)]
    assert found("How do I freeze the lower layers?", "How do I freeze lower layers?", *others[:1]) == {("1", "0")}
    assert found("如何冻结底层的参数？", "如何冻结底层参数？") == {("1", "0")}


def test_questions_that_share_only_common_words_are_not() -> None:
    assert found(*(f"What is {word}?" for word in ("pooling", "padding", "dropout", "attention"))) == set()


def test_what_stood_there_before_is_compared_with_what_is_new_only() -> None:
    assert found("Why?", "why", "WHY", new=2) == {("2", "0"), ("2", "1")}
    assert found("Why?", "why", new=2) == set()


def test_two_entries_with_an_alternate_in_common_are_found() -> None:
    first, second = entry(0, "What is a learning rate?"), entry(1, "When is the exam?", "On 1 May.")
    both = [replace(one, alternates=("the usual question",)) for one in (first, second)]
    assert list(twins(both, frozenset([("c", "1")]))) == [Twin(both[1], both[0], True)]


def test_two_courses_are_kept_apart() -> None:
    entries = [entry(0, "Why?"), entry(1, "Why?", course="d")]
    assert list(twins(entries, frozenset(e for e in [("c", "0"), ("d", "1")]))) == []


def test_answers_contradict_by_a_number_a_not_or_other_words() -> None:
    assert not conflicting("The exam is on 1 May.", "The exam is on May 1!")
    assert conflicting("The exam is on 1 May.", "The exam is on 2 May.")
    assert conflicting("You may use notes.", "You may not use notes.")
    assert conflicting("可以带笔记。", "不可以带笔记。")
    assert conflicting("Set requires_grad to False.", "Ask your teacher.")


def test_a_twin_tells_whether_the_answers_agree() -> None:
    old, new = entry(0, "When is the exam?", "On 1 May."), entry(1, "when is the Exam", "On 2 May.")
    assert list(twins([old, new], frozenset([("c", "1")]))) == [Twin(new, old, True)]


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6).map(" ".join), max_size=8))
def test_no_pair_is_missed_that_comparing_all_would_find(questions: list[str]) -> None:
    pairs = [found(*questions)]
    assert {tuple(sorted(pair)) for pair in pairs[0]} >= {
        (str(i), str(j))
        for i, one in enumerate(questions)
        for j, other in enumerate(questions)
        if i < j and set(one.split()) == set(other.split()) and one
    }
