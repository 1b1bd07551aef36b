"""What can be counted in a text without knowing what it should say: its length, sentences and vocabulary.

Readability formulas are sums of these: the Automated Readability Index (Smith and Senter, 1967) is 4.71 letters a word
plus half the words a sentence; so no formula stands beside them.
"""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from data.words import terms

LONG_WORD = 7  # letters
_SENTENCE_END = re.compile(r"[.!?…。！？]+(?:\s|$)|[。！？]|\n+")
_QUOTES = re.compile('["“”«»「」]')


@dataclass(frozen=True, slots=True)
class StyleSigns:
    """Measures of a text alone; counts as the logarithm of one more.

    words, letters, sentences, paragraphs, vocabulary (different words): counts. sentence_length: words a sentence, its
    logarithm; sentence_variety: how unlike the sentences' lengths are (standard deviation by mean). word_length: mean
    letters a word; word_variety: their standard deviation; long_words: share with LONG_WORD letters or more.
    diversity: different words by the root of all (Guiraud, 1954); once: share of the words that stand there once.
    commas, questions, exclamations, quotes: for each word. digits, capitals: share of the characters.
    pieces: the encoder's tokens a word, logarithm: rare and misspelt words fall into many.
    """

    words: float
    letters: float
    sentences: float
    paragraphs: float
    vocabulary: float
    sentence_length: float
    sentence_variety: float
    word_length: float
    word_variety: float
    long_words: float
    diversity: float
    once: float
    commas: float
    questions: float
    exclamations: float
    quotes: float
    digits: float
    capitals: float
    pieces: float


def style_signs(text: str, tokens: int) -> StyleSigns:
    """Return the measures of a text that the encoder cuts into so many tokens."""
    words = [word.lower() for word in terms(text)]
    n = max(len(words), 1)
    counts = Counter(words)
    lengths = np.array([len(word) for word in words] or [0])
    spans = np.array([len(own) for part in _SENTENCE_END.split(text) if (own := terms(part))] or [0])
    size = max(len(text), 1)
    return StyleSigns(
        words=float(np.log1p(len(words))),
        letters=float(np.log1p(lengths.sum())),
        sentences=float(np.log1p(len(spans))),
        paragraphs=float(np.log1p(sum(bool(line.strip()) for line in text.splitlines()))),
        vocabulary=float(np.log1p(len(counts))),
        sentence_length=float(np.log1p(spans.mean())),
        sentence_variety=float(spans.std() / max(spans.mean(), 1)),
        word_length=float(lengths.mean()),
        word_variety=float(lengths.std()),
        long_words=float((lengths >= LONG_WORD).mean()),
        diversity=float(len(counts) / np.sqrt(n)),
        once=sum(count == 1 for count in counts.values()) / n,
        commas=(text.count(",") + text.count("，")) / n,
        questions=(text.count("?") + text.count("？")) / n,
        exclamations=(text.count("!") + text.count("！")) / n,
        quotes=len(_QUOTES.findall(text)) / n,
        digits=sum(map(str.isdigit, text)) / size,
        capitals=sum(map(str.isupper, text)) / size,
        pieces=float(np.log(max(tokens, 1) / n)),
    )
