"""Questions that are nearly the same: two entries for one, and answers that contradict each other.

Two that have a wording in common are one. Else by their words, without a model: two questions are alike by the weight
of the words that both have, of all that either has (weighted Jaccard), rare words weighing more. Only pairs that can
reach the mark are compared, for they share one of their rarest words (prefix filtering: Bayardo, Ma and Srikant,
Scaling Up All Pairs Similarity Search, 2007).
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from data.records import Entry
from data.words import has_cjk, terms

MIN_ALIKE = 0.75  # of two questions
MIN_SAME_ANSWER = 0.5  # of two answers; below it they say something else
_NOT = frozenset(
    ("not", "no", "never", "none", "cannot", "without", "don", "doesn", "isn", "aren", "won", *"不没无未非别")
)
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Twin:
    """Two entries of a course with nearly the same question, or with a wording in common.

    `conflict` if their answers say something else. `entry` comes from the file, `other` stands before it there or in
    the store; each as it would be after the import.
    """

    entry: Entry
    other: Entry
    conflict: bool


def twins(entries: Sequence[Entry], new: frozenset[tuple[str, str]]) -> Iterator[Twin]:
    """Yield, by their order, each entry that is new (by course and id) with those before it, or not new, like it."""
    by_course: dict[str, list[Entry]] = defaultdict(list)
    # What stays comes first, so that each new one meets it.
    for entry in sorted(entries, key=lambda e: (e.course, e.id) in new):
        by_course[entry.course].append(entry)
    for own in by_course.values():
        yield from _of_course(own, new)


def conflicting(answer: str, other: str) -> bool:
    """Say whether two answers to one question differ in what they say: in a number, in a "not", or in most words."""
    if set(_NUMBER.findall(answer)) != set(_NUMBER.findall(other)):
        return True
    words, others = _words(answer), _words(other)
    negated, other_negated = (any(word in _NOT for word in side) for side in (words, others))
    shared, either = len(words & others), len(words | others)
    return negated != other_negated or shared < MIN_SAME_ANSWER * either


def _of_course(entries: Sequence[Entry], new: frozenset[tuple[str, str]]) -> Iterator[Twin]:
    bags = [_words(entry.question) for entry in entries]
    held = Counter(word for bag in bags for word in bag)
    weights = {word: math.log(1 + len(bags) / count) for word, count in held.items()}
    by_word: dict[str, list[int]] = defaultdict(list)
    by_wording: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, entry in enumerate(entries):
        prefix, wordings = list(_prefix(bags[i], weights)), _wordings(entry)
        if (entry.course, entry.id) in new:
            same = {j for wording in wordings for j in by_wording[wording]}
            near = {j for word in prefix for j in by_word[word]}
            for j in sorted(same | {j for j in near if _alike(bags[i], bags[j], weights) >= MIN_ALIKE}):
                other = entries[j]
                yield Twin(entry, other, conflicting(entry.answer, other.answer))
        for word in prefix:
            by_word[word].append(i)
        for wording in wordings:
            by_wording[wording].append(i)


def _wordings(entry: Entry) -> set[tuple[str, ...]]:
    """Return the words of the question and of its alternates, in their order."""
    asked = (tuple(term.lower() for term in terms(text)) for text in (entry.question, *entry.alternates))
    return {wording for wording in asked if wording}


def _prefix(bag: frozenset[str], weights: Mapping[str, float]) -> Iterator[str]:
    """Yield the rarest words, until what is left weighs too little to make two questions alike."""
    left = sum(weights[word] for word in bag)
    least = MIN_ALIKE * left
    for word in sorted(bag, key=lambda word: (-weights[word], word)):
        if left < least - 1e-9:
            return
        yield word
        left -= weights[word]


def _alike(bag: frozenset[str], other: frozenset[str], weights: Mapping[str, float]) -> float:
    either = sum(weights[word] for word in bag | other)
    return sum(weights[word] for word in bag & other) / either if either else 0.0


def _words(text: str) -> frozenset[str]:
    """Return the words; of Chinese and Japanese the characters, for one between them would change two pairs more."""
    return frozenset(term.lower() for term in terms(text) if len(term) != 2 or not has_cjk(term))
