"""Questions that lean on the one before ("and for GPT?"): read with it where that is clearly surer, by score alone.

The thresholds were chosen on one half of tests/followups/pairs.csv; `python tests/benchmarks/bench_followup.py`
reports the other.
"""

import math
from dataclasses import replace

from data.records import Answer

MIN_GAIN = 2.2  # log-odds that the reading with its context must be surer than the question alone
MIN_SURE = 0.85  # probability that it must have: a context makes nearly anything look like something
_CERTAIN = 0.98  # nothing is surer than this, so that two good answers are never far apart


def searched(text: str, context: str) -> str:
    """Return the text that is searched: with a context, the question's own words twice, for they ask what is new."""
    return f"{text} {context} {text}" if context else text


def may_lean(alone: Answer) -> bool:
    """Say whether a reading with the context could be clearly surer than this answer to the question alone.

    Who says a word that the courses do not have asks about something else, and the context is left out: with it, any
    question would find what the one before found.
    """
    return not alone.foreign and leans(alone, replace(alone, confidence=1.0))


def leans(alone: Answer, joined: Answer) -> bool:
    """Say whether a question is to be read with its context, from the answers to both readings."""
    gain = _log_odds(joined.confidence) - _log_odds(alone.confidence)
    return joined.confidence >= MIN_SURE and gain >= MIN_GAIN


def _log_odds(probability: float) -> float:
    p = min(max(probability, 1 - _CERTAIN), _CERTAIN)
    return math.log(p / (1 - p))
