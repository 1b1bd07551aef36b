"""A block of a course: up to a few thousand entries in their order with all that is searched; never changed.

An import makes the blocks anew whose entries it touches, and the others stay as they are.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from data.records import Entry
from data.words import has_cjk, normalise, terms
from qa_model.encoder import Ids, Kind, Vectors
from qa_model.lexical import Postings
from qa_model.matrix import Matrix, starts_of
from qa_model.spelling import words_of
from qa_model.stems import Stemmer
from qa_model.windows import passages

Text = tuple[Kind, str]  # the same words give one vector as a question and another as a passage

BLOCK = 16384  # entries; one that is half full is read as bytes
HEADING_DISCOUNT = 0.1  # off the cosine with an entry's own question
MIN_EXACT_TERMS = 3  # of a wording that is taken at its word: "question 3" says nothing


def texts_of(entry: Entry) -> list[Text]:
    """Return what is embedded of an entry: its passages first, each with the question, then every wording of it."""
    read: list[Text] = [("passage", passage) for passage in passages(entry.question, entry.answer)]
    wordings: list[Text] = [("query", wording) for wording in (entry.question, *entry.phrasings)]
    return read + wordings


def plain(wording: str) -> str:
    """Return a wording as it is compared word for word: case, blanks and the marks at its end do not count."""
    return normalise(wording).rstrip(" ?!.…？！。")


class Block:
    """Entries with their matrices of passages and of wordings, postings, and counts of words and tokens."""

    def __init__(
        self,
        entries: Sequence[Entry],
        vectors: Mapping[Text, Vectors],
        dim: int,
        ids: Mapping[Text, Ids],
        stemmer: Stemmer,
    ) -> None:
        self.entries = tuple(entries)
        texts = [texts_of(entry) for entry in entries]
        self.passages = tuple([text for text in own if text[0] == "passage"] for own in texts)
        wordings = [[text for text in own if text[0] == "query"] for own in texts]
        self.texts = sum(map(len, texts))
        self.missing = [text for own in texts for text in own if text not in vectors]
        large, none = len(entries) * 2 >= BLOCK, np.zeros(dim, np.float32)
        self.text, self.wording = (
            Matrix(
                np.stack([vectors.get(text, none) for own in side for text in own]), starts_of(side), off, large=large
            )
            for side, off in ((self.passages, np.zeros(1, np.float32)), (wordings, _discount(wordings)))
        )
        self.postings = Postings(self.entries, stemmer)
        self.words = words_of(entries)
        self.tokens = Counter(t for own in self.passages for t in {int(i) for p in own for i in ids.get(p, ())})
        self.exact: dict[str, list[int]] = defaultdict(list)
        for i, entry in enumerate(entries):
            known = (entry.question, *entry.phrasings)
            for wording in {plain(words) for words in known if len(terms(words)) >= MIN_EXACT_TERMS}:
                self.exact[wording].append(i)
        self.cjk = sum(has_cjk(entry.question) for entry in entries)


def _discount(wordings: Sequence[Sequence[Text]]) -> Vectors:
    """Return what is taken off each wording: an entry's own question is a heading as often as what one would ask."""
    discount = np.zeros(sum(map(len, wordings)), np.float32)
    discount[starts_of(wordings)] = HEADING_DISCOUNT
    return discount
