"""A split without leaks: wordings that are nearly the same, and answers that share a wording, stay on one side."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from data.records import Entry
from data.words import normalise, terms
from training.examples import Example

NEAR_DUPLICATE = 0.8  # Jaccard similarity of the sets of words
UNSEEN_PERCENT, NEW_WORDING_PERCENT, VALIDATION_PERCENT = 12, 12, 8
MIN_ANSWERS = 3  # between two, a guess is right half the time and nothing can be held out
MAX_UNSEEN_SHARE = 0.2  # of the examples, that one group of linked answers may take away from training


@dataclass(frozen=True, slots=True)
class Split:
    """Examples by use. `unseen`: of answers never learned from; `new`: new wordings of answers that were learned."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    new: tuple[Example, ...]
    unseen: tuple[Example, ...]

    @property
    def held_out(self) -> tuple[Example, ...]:
        """Every example that training must not see."""
        return self.validation + self.new + self.unseen

    @property
    def learned(self) -> frozenset[int]:
        """The keys of the answers that training sees."""
        return frozenset(key for example in self.train for key in example.answers)


class Groups:
    """Disjoint sets (Tarjan, JACM 1975): items that were joined have the same root."""

    def __init__(self) -> None:
        self._parent: dict[Hashable, Hashable] = {}

    def root(self, item: Hashable) -> Hashable:
        """Return the item that stands for the group of this one."""
        parent = self._parent.setdefault(item, item)
        while parent != item:
            self._parent[item] = self._parent[parent]
            item, parent = parent, self._parent[parent]
        return item

    def join(self, one: Hashable, other: Hashable) -> None:
        """Make the two items' groups one."""
        self._parent[self.root(one)] = self.root(other)


def split(examples: Sequence[Example]) -> Split:
    """Part the examples by a hash of their text, so that a later round with more data parts the old ones alike."""
    linked, wordings = _linked(examples)
    parts: dict[str, list[Example]] = defaultdict(list)
    for own in linked:
        for name, indices in _part(own, examples, wordings).items():
            parts[name] += [examples[i] for i in indices]
    return Split(*(tuple(parts[name]) for name in ("train", "validation", "new", "unseen")))


def folds(examples: Sequence[Example], count: int) -> list[Split]:
    """Part the examples `count` times so that each is held out once, for cross-validation.

    Near-duplicates are held out together. The wordings of one answer are dealt out over the folds, so that most of
    what a fold holds out are new wordings of answers that it learns (`new`); where an answer has no other wording,
    it is `unseen`. Raises ValueError if the near-duplicates make fewer groups than folds.
    """
    linked, wordings = _linked(examples)

    def name(own: list[int]) -> str:
        return min(f"{examples[i].course} {normalise(examples[i].text)}" for i in own)

    order = [c for own in sorted(linked, key=name) for c in sorted(_clusters(own, wordings), key=name)]
    if not 2 <= count <= len(order):
        raise ValueError(f"{count} folds cannot be made of {len(order)} groups of wordings")
    return [_fold(order, fold, count, examples) for fold in range(count)]


def _fold(order: list[list[int]], fold: int, count: int, examples: Sequence[Example]) -> Split:
    """Hold out every `count`-th cluster; of the others, some of the wordings whose answer keeps one validate."""
    rest = [cluster for i, cluster in enumerate(order) if i % count != fold]
    placed = [("validation" if _place(c, examples) == "validation" else "train", c) for c in rest]
    parts = _settle(placed, examples)
    learned = {key for i in parts["train"] for key in examples[i].answers}
    for i in (i for cluster in order[fold::count] for i in cluster):
        parts["new" if examples[i].answers <= learned else "unseen"].append(i)
    return Split(*(tuple(examples[i] for i in parts[name]) for name in ("train", "validation", "new", "unseen")))


def near_duplicates(texts: Sequence[str], threshold: float = NEAR_DUPLICATE) -> Iterable[tuple[int, int]]:
    """Yield pairs of texts whose word sets have at least this Jaccard similarity; texts without words have none.

    Only sets that share one of their rarest words are compared (prefix filter: Chaudhuri, Ganti and Kaushik, 2006).
    """
    sets = [frozenset(terms(text.lower())) for text in texts]
    count: dict[str, int] = defaultdict(int)
    for words in sets:
        for word in words:
            count[word] += 1
    having: dict[str, list[int]] = defaultdict(list)
    for i, words in enumerate(sets):
        rarest = sorted(words, key=lambda word: (count[word], word))
        prefix = rarest[: len(words) - math.ceil(threshold * len(words)) + 1]
        for j in {j for word in prefix for j in having[word]}:
            if len(words & sets[j]) >= threshold * len(words | sets[j]):
                yield j, i
        for word in prefix:
            having[word].append(i)


def without(known: Sequence[Entry], held_out: Sequence[Example]) -> list[Entry]:
    """Return the entries as they would be if the held-out wordings had never been written."""
    texts = {(e.course, normalise(e.text)) for e in held_out}

    def kept(entry: Entry, wordings: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(w for w in wordings if (entry.course, normalise(w)) not in texts)

    return [replace(e, alternates=kept(e, e.alternates), confirmed=kept(e, e.confirmed)) for e in known]


def _linked(examples: Sequence[Example]) -> tuple[list[list[int]], Groups]:
    """Return the indices of examples by groups of linked answers, and the groups of near-duplicate wordings."""
    wordings, answers = Groups(), Groups()
    for i, j in near_duplicates([e.text for e in examples]):
        if examples[i].course == examples[j].course:
            wordings.join(i, j)
    for i, example in enumerate(examples):
        for key in example.answers:
            answers.join(("wording", wordings.root(i)), ("answer", key))
    linked: dict[Hashable, list[int]] = defaultdict(list)
    for i in range(len(examples)):
        linked[answers.root(("wording", wordings.root(i)))].append(i)
    return list(linked.values()), wordings


def _part(own: list[int], examples: Sequence[Example], wordings: Groups) -> dict[str, list[int]]:
    """Part the wordings of one group of linked answers."""
    name = min(f"{examples[i].course} {normalise(examples[i].text)}" for i in own)
    if _percent("answers", name) < UNSEEN_PERCENT and len(own) <= MAX_UNSEEN_SHARE * len(examples):
        return {"unseen": own}
    return _settle([(_place(cluster, examples), cluster) for cluster in _clusters(own, wordings)], examples)


def _clusters(own: list[int], wordings: Groups) -> list[list[int]]:
    """Return the near-duplicates among these examples, cluster by cluster."""
    clusters: dict[Hashable, list[int]] = defaultdict(list)
    for i in own:
        clusters[wordings.root(i)].append(i)
    return list(clusters.values())


def _settle(placed: list[tuple[str, list[int]]], examples: Sequence[Example]) -> dict[str, list[int]]:
    """Return the indices by part; what is placed outside training stays there if its answers are trained."""
    trained = {key for name, cluster in placed if name == "train" for i in cluster for key in examples[i].answers}
    parts: dict[str, list[int]] = defaultdict(list)
    for name, cluster in placed:
        # A new wording is one of an answer that was learned: without another wording it is trained itself.
        learned = all(examples[i].answers <= trained for i in cluster)
        parts[name if learned else "train"] += cluster
    return parts


def _place(cluster: list[int], examples: Sequence[Example]) -> str:
    return place(min(normalise(examples[i].text) for i in cluster))


def place(wording: str) -> str:
    """Return the part that a normalised wording belongs to, always the same: `new`, `validation` or `train`."""
    percent = _percent("wordings", wording)
    if percent < NEW_WORDING_PERCENT:
        return "new"
    return "validation" if percent < NEW_WORDING_PERCENT + VALIDATION_PERCENT else "train"


def _percent(what: str, text: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{what} {text}".encode(), digest_size=4).digest()) % 100
