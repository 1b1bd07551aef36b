"""The index of one course: every text's vector in one matrix, searched exactly, beside the lexical side."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from data.importing import normalise
from data.records import Entry
from data.words import has_cjk, terms
from qa_model.encoder import Ids, Kind, Vectors
from qa_model.fusion import Signals
from qa_model.lexical import Lexical
from qa_model.spelling import words_of
from qa_model.windows import passages

Text = tuple[Kind, str]  # the same words give one vector as a question and another as a passage

MAX_MISSING = 0.05  # share of texts without a vector that changes little
HEADING_DISCOUNT = 0.1  # off the cosine with an entry's own question
MIN_EXACT_TERMS = 3  # of a wording that is taken at its word: "question 3" says nothing


def texts_of(entry: Entry) -> list[Text]:
    """Return what is embedded of an entry: its passages first, each with the question, then every wording of it."""
    read: list[Text] = [("passage", passage) for passage in passages(entry.question, entry.answer)]
    wordings: list[Text] = [("query", wording) for wording in (entry.question, *entry.phrasings)]
    return read + wordings


class CourseIndex:
    """Finds entries of one course; a text without a vector yet takes part by its words alone.

    `complete` says whether all but a few texts have their vector, `cjk` whether most questions are in a CJK script.
    Raises ValueError if there are no entries.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        vectors: Mapping[Text, Vectors],
        dim: int,
        ids: Mapping[Text, Ids] | None = None,
    ) -> None:
        if not entries:
            raise ValueError("a course without entries has no index")
        self.entries = tuple(entries)
        self._lexical = Lexical(entries)
        self.words = words_of(entries)
        texts = [texts_of(entry) for entry in entries]
        self.passages = tuple([text for text in own if text[0] == "passage"] for own in texts)
        wordings = [[text for text in own if text[0] == "query"] for own in texts]
        missing = [text not in vectors for own in texts for text in own]
        self.complete = sum(missing) <= MAX_MISSING * len(missing)
        none = np.zeros(dim, np.float32)
        self._passages, self._wordings = (
            (np.stack([vectors.get(text, none) for own in side for text in own]), _starts(side))
            for side in (self.passages, wordings)
        )
        # An entry's own question is a heading as often as what a student would ask.
        self._discount = np.zeros(sum(map(len, wordings)), np.float32)
        self._discount[self._wordings[1]] = HEADING_DISCOUNT
        self._counts = _document_counts(self.passages, ids or {})
        self._exact: dict[str, list[int]] = defaultdict(list)
        for i, entry in enumerate(entries):
            known = (entry.question, *entry.phrasings)
            for wording in {_plain(words) for words in known if len(terms(words)) >= MIN_EXACT_TERMS}:
                self._exact[wording].append(i)
        self._langs = np.array([entry.lang for entry in entries])
        self.cjk = sum(has_cjk(entry.question) for entry in entries) * 2 > len(entries)

    def signals(self, questions: Sequence[str], vectors: Vectors) -> list[Signals]:
        """Return the signals of each question; `vectors` is (questions, dim), a zero row means no dense signal."""
        alike = vectors @ self._wordings[0].T
        alike -= self._discount * (alike != 0)  # 0: there is no vector, and nothing to take it off
        text = np.maximum.reduceat(vectors @ self._passages[0].T, self._passages[1], axis=1)  # (questions, entries)
        wording = np.maximum.reduceat(alike, self._wordings[1], axis=1)  # (questions, entries)
        found = []
        for i, question in enumerate(questions):
            lexical, most = self._lexical.scores(question)
            for k in self._exact.get(_plain(question), ()):
                # Word for word a known wording: every signal is whole, whatever the entry's text is like.
                text[i, k] = wording[i, k] = text[i, k] != 0
                lexical[k] = max(most, lexical.max())
            found.append(Signals(text[i], wording[i], lexical, most, np.full(len(self.entries), np.nan, np.float32)))
        return found

    def token_weights(self, ids: Ids) -> Vectors:
        """Return how much each token of a question tells, (tokens,), summing to 1: the root of its idf in the course.

        The root: rare tokens lead, and no single one decides (README: what each signal is worth).
        """
        n = np.array([self._counts.get(int(i), 0) for i in ids], np.float32)
        weights = np.sqrt(np.log1p((len(self.entries) - n + 0.5) / (n + 0.5)))
        return (weights / max(float(weights.sum()), 1e-6)).astype(np.float32)

    def speaks(self, lang: str) -> bool:
        """Say whether an entry is in the language."""
        return bool((self._langs == lang).any())

    def in_language(self, lang: str) -> npt.NDArray[np.bool_]:
        """Return which entries, (entries,), are in the language or in none; all of them if none is in it."""
        if not lang or not self.speaks(lang):
            return np.ones(len(self.entries), bool)
        mask: npt.NDArray[np.bool_] = (self._langs == lang) | (self._langs == "")
        return mask


def _plain(wording: str) -> str:
    """Return a wording as it is compared word for word: case, blanks and the marks at its end do not count."""
    return normalise(wording).rstrip(" ?!.…？！。")


def _starts(grouped: Sequence[Sequence[Text]]) -> npt.NDArray[np.intp]:
    """Return where each group begins in the groups laid end to end, (groups,)."""
    return np.cumsum([0, *(len(own) for own in grouped[:-1])])


def _document_counts(passages: Sequence[Sequence[Text]], ids: Mapping[Text, Ids]) -> dict[int, int]:
    """Return in how many entries each token occurs."""
    counts: dict[int, int] = defaultdict(int)
    for own in passages:
        for token in {int(i) for text in own for i in ids.get(text, ())}:
            counts[token] += 1
    return counts
