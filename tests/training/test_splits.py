"""No wording that is nearly the same, and no linked answer, stands on both sides of a split."""

from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from data.records import Entry
from data.words import terms
from training.examples import Example
from training.splits import MAX_UNSEEN_SHARE, NEAR_DUPLICATE, Groups, Split, folds, near_duplicates, split, without

WORDS = [f"w{i}" for i in range(9)]
# Few words and few answers, so that near-duplicates and linked answers are common.
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join) | st.sampled_from(["?", "什么是", ""])
EXAMPLES = st.lists(
    st.builds(
        Example,
        TEXTS,
        st.sampled_from(["c", "d"]),
        st.frozensets(st.integers(1, 12), min_size=1, max_size=2),
        st.just(1.0),
    ),
    max_size=40,
    unique_by=lambda e: (e.course, e.text),
).map(
    # The keys of entries are the store's: those of one course are not those of another.
    lambda found: [
        Example(e.text, e.course, frozenset(k + 100 * (e.course == "d") for k in e.answers), 1.0) for e in found
    ]
)


def alike(one: str, other: str) -> bool:
    a, b = (set(terms(text.lower())) for text in (one, other))
    return bool(a and b) and len(a & b) >= NEAR_DUPLICATE * len(a | b)


def sides(parts: Split) -> dict[Example, str]:
    return {e: name for name in ("train", "validation", "new", "unseen") for e in getattr(parts, name)}


def many(n: int) -> list[Example]:
    return [Example(f"topic{i // 4} wording{i} of", "c", frozenset({i // 4}), 1.0) for i in range(n)]


@given(EXAMPLES)
@settings(max_examples=200, deadline=None)
def test_nothing_alike_and_nothing_linked_stands_on_two_sides(examples: list[Example]) -> None:
    parts = split(examples)
    side = sides(parts)
    assert len(side) == len(examples) == sum(len(getattr(parts, n)) for n in ("train", "validation", "new", "unseen"))
    for one, other in combinations(examples, 2):
        if one.course == other.course and alike(one.text, other.text):
            assert side[one] == side[other]
        if one.answers & other.answers:
            assert (side[one] == "unseen") == (side[other] == "unseen")


@given(EXAMPLES)
@settings(max_examples=100, deadline=None)
def test_new_wordings_are_of_answers_that_are_trained(examples: list[Example]) -> None:
    parts = split(examples)
    trained = {key for e in parts.train for key in e.answers}
    assert all(e.answers <= trained for e in (*parts.validation, *parts.new))
    assert not any(e.answers & trained for e in parts.unseen)


@given(EXAMPLES)
@settings(max_examples=50, deadline=None)
def test_a_split_is_the_same_each_time_whatever_the_order(examples: list[Example]) -> None:
    assert split(examples) == split(examples)
    assert sides(split(examples)) == sides(split(examples[::-1]))


def test_the_parts_are_of_the_sizes_that_are_meant() -> None:
    parts = split(many(4000))
    assert parts.held_out == parts.validation + parts.new + parts.unseen
    for name, low, high in (("unseen", 0.09, 0.15), ("new", 0.08, 0.13), ("validation", 0.05, 0.09)):
        assert low < len(getattr(parts, name)) / 4000 < high, name


def test_more_data_keeps_most_examples_on_their_side() -> None:
    few, more = sides(split(many(2000))), sides(split(many(3000)))
    assert sum(more[e] == name for e, name in few.items()) >= 0.98 * len(few)


def test_one_group_of_linked_answers_may_not_take_everything_away() -> None:
    for seed in range(30):
        linked = [Example(f"s{seed} t{i} u{i}", "c", frozenset({i, i + 1}), 1.0) for i in range(20)]
        assert len(split(linked).unseen) <= MAX_UNSEEN_SHARE * 20


@given(EXAMPLES, st.integers(2, 4))
@settings(max_examples=150, deadline=None)
def test_each_example_is_held_out_by_one_fold_and_nothing_alike_is_learned(examples: list[Example], count: int) -> None:
    try:
        parts = folds(examples, count)
    except ValueError:
        assume(False)
    asked = [e for part in parts for e in (*part.new, *part.unseen)]
    assert sorted(asked, key=repr) == sorted(examples, key=repr)
    for part in parts:
        assert len(sides(part)) == len(examples)
        trained = {key for e in part.train for key in e.answers}
        assert all(e.answers <= trained for e in (*part.validation, *part.new))
        assert not any(e.answers <= trained for e in part.unseen)
        for one, other in combinations(examples, 2):
            if one.course == other.course and alike(one.text, other.text):
                held, side = {"new", "unseen"}, sides(part)
                assert side[one] == side[other] or {side[one], side[other]} == held


def test_folds_are_of_one_size_and_hold_out_new_wordings_of_learned_answers() -> None:
    parts = folds(many(400), 3)
    assert {len(p.new) + len(p.unseen) for p in parts} <= {133, 134}
    assert not any(p.unseen for p in parts)  # each answer has four wordings
    assert all(0.02 < len(p.validation) / 400 < 0.12 for p in parts)
    assert [set(p.train) for p in parts] == [set(p.train) for p in folds(many(400)[::-1], 3)]


@pytest.mark.parametrize("count", [1, 5])
def test_folds_need_as_many_groups_of_wordings(count: int) -> None:
    with pytest.raises(ValueError, match="of 4 groups of wordings"):
        folds(many(4), count)


@given(st.lists(TEXTS, max_size=25), st.sampled_from([0.5, 0.75, NEAR_DUPLICATE, 1.0]))
@settings(max_examples=200, deadline=None)
def test_near_duplicates_are_those_of_comparing_all(texts: list[str], threshold: float) -> None:
    sets = [set(terms(text.lower())) for text in texts]
    slow = {
        (i, j)
        for i, j in combinations(range(len(texts)), 2)
        if sets[i] and sets[j] and len(sets[i] & sets[j]) >= threshold * len(sets[i] | sets[j])
    }
    found = list(near_duplicates(texts, threshold))
    assert set(found) == slow
    assert len(found) == len(slow)


def test_held_out_wordings_leave_the_entries_of_their_course_alone_elsewhere() -> None:
    here = Entry("c", "a", "Q?", "A", alternates=("One", "two"), confirmed=("three", "ONE "), key=1)
    there = Entry("d", "a", "Q?", "A", alternates=("one",), key=2)
    held = [Example("one", "c", frozenset({1}), 1.0), Example("Q?", "c", frozenset({1}), 1.0)]
    left, other = without([here, there], held)
    assert (left.question, left.alternates, left.confirmed) == ("Q?", ("two",), ("three",))
    assert other == there


def test_joined_items_have_one_root() -> None:
    groups = Groups()
    groups.join("a", "b")
    groups.join("c", "d")
    assert groups.root("a") == groups.root("b") != groups.root("c")
    groups.join("b", "c")
    assert len({groups.root(item) for item in "abcd"}) == 1
    assert groups.root("e") == "e"
