"""The index of one course: every text's vector in one matrix, searched exactly, beside the lexical side."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from data.importing import normalise
from data.records import Entry
from qa_model.encoder import Kind, Vectors
from qa_model.fusion import Signals
from qa_model.lexical import Lexical, has_cjk, terms

Text = tuple[Kind, str]  # the same words give one vector as a question and another as a passage

MAX_MISSING = 0.05  # share of texts without a vector that changes little
MIN_EXACT_TERMS = 3  # of a wording that is taken at its word: "question 3" says nothing


def texts_of(entry: Entry) -> list[Text]:
    """Return what is embedded of an entry: its text first, then every wording of its question."""
    wordings: list[Text] = [("query", wording) for wording in (entry.question, *entry.phrasings)]
    return [("passage", f"{entry.question}\n{entry.answer}"), *wordings]


class CourseIndex:
    """Finds entries of one course; a text without a vector yet takes part by its words alone.

    `complete` says whether all but a few texts have their vector, `cjk` whether most questions are in a CJK script.
    Raises ValueError if there are no entries.
    """

    def __init__(self, entries: Sequence[Entry], vectors: Mapping[Text, Vectors], dim: int) -> None:
        if not entries:
            raise ValueError("a course without entries has no index")
        self.entries = tuple(entries)
        self._lexical = Lexical(entries)
        texts = [texts_of(entry) for entry in entries]
        missing = [text not in vectors for own in texts for text in own]
        self.complete = sum(missing) <= MAX_MISSING * len(missing)
        none = np.zeros(dim, np.float32)
        self._passages = np.stack([vectors.get(own[0], none) for own in texts])
        self._wordings = np.stack([vectors.get(text, none) for own in texts for text in own[1:]])
        counts = np.array([len(own) - 1 for own in texts])
        self._first = np.concatenate([[0], counts.cumsum()[:-1]])  # (entries,): where each entry's wordings begin
        self._exact: dict[str, list[int]] = defaultdict(list)
        for i, own in enumerate(texts):
            for wording in {normalise(words) for _, words in own[1:] if len(terms(words)) >= MIN_EXACT_TERMS}:
                self._exact[wording].append(i)
        self._langs = np.array([entry.lang for entry in entries])
        self.cjk = sum(has_cjk(entry.question) for entry in entries) * 2 > len(entries)

    def signals(self, questions: Sequence[str], vectors: Vectors) -> list[Signals]:
        """Return the signals of each question; `vectors` is (questions, dim), a zero row means no dense signal."""
        text = vectors @ self._passages.T  # (questions, entries)
        wording = np.maximum.reduceat(vectors @ self._wordings.T, self._first, axis=1)  # (questions, entries)
        found = []
        for i, question in enumerate(questions):
            lexical, most = self._lexical.scores(question)
            for k in self._exact.get(normalise(question), ()):
                # Word for word a known wording: every signal is whole, whatever the entry's text is like.
                text[i, k] = wording[i, k] = text[i, k] != 0
                lexical[k] = max(most, lexical.max())
            found.append(Signals(text[i], wording[i], lexical, most, np.full(len(self.entries), np.nan, np.float32)))
        return found

    def speaks(self, lang: str) -> bool:
        """Say whether an entry is in the language."""
        return bool((self._langs == lang).any())

    def in_language(self, lang: str) -> npt.NDArray[np.bool_]:
        """Return which entries, (entries,), are in the language or in none; all of them if none is in it."""
        if not lang or not self.speaks(lang):
            return np.ones(len(self.entries), bool)
        mask: npt.NDArray[np.bool_] = (self._langs == lang) | (self._langs == "")
        return mask
