"""What can be counted in a text without knowing what it should say: its length, sentences and vocabulary.

Readability formulas are sums of these: the Automated Readability Index (Smith and Senter, 1967) is letters a word and
words a sentence; so no formula stands beside them. Counts of letters, sentences and different words, letters a word,
how unlike sentences are, punctuation, digits, capitals and tokens a word were tried: texts left out are scored no worse
without them (`tests/benchmarks/bench_scores.py FOLDER --ablation` shows what each of those that stayed is worth).
"""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from data.words import terms

LONG_WORD = 7  # letters
_SENTENCE_END = re.compile(r"[.!?…。！？]+(?:\s|$)|[。！？]|\n+")


@dataclass(frozen=True, slots=True)
class StyleSigns:
    """Measures of a text alone.

    words, paragraphs: the logarithm of one more than their count. sentence_length: words a sentence, its logarithm.
    word_variety: standard deviation of the words' letters; long_words: share with LONG_WORD letters or more.
    diversity: different words by the root of all (Guiraud, 1954); once: share of the words that stand there once.
    """

    words: float
    paragraphs: float
    sentence_length: float
    word_variety: float
    long_words: float
    diversity: float
    once: float


def style_signs(text: str) -> StyleSigns:
    """Return the measures of a text."""
    words = [word.lower() for word in terms(text)]
    n = max(len(words), 1)
    counts = Counter(words)
    lengths = np.array([len(word) for word in words] or [0])
    spans = [len(own) for part in _SENTENCE_END.split(text) if (own := terms(part))]
    return StyleSigns(
        words=float(np.log1p(len(words))),
        paragraphs=float(np.log1p(sum(bool(line.strip()) for line in text.splitlines()))),
        sentence_length=float(np.log1p(np.mean(spans or [0]))),
        word_variety=float(lengths.std()),
        long_words=float((lengths >= LONG_WORD).mean()),
        diversity=float(len(counts) / np.sqrt(n)),
        once=sum(count == 1 for count in counts.values()) / n,
    )
