"""Long texts in overlapping windows that an encoder reads whole: nothing of an answer is cut off unread."""

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate

from data.words import has_cjk

SIZE, OVERLAP = 900, 180  # in letters: about what an encoder reads of English in 256 tokens, and a fifth of it
CJK_SIZE = 4  # a character of Chinese or Japanese takes the room of so many letters
# No piece is longer than an overlap, blanks included: a window always holds some, and none falls between two.
_PIECE = re.compile(
    r"[\u2e80-\u9fff\U00020000-\U0003ffff]|[^\s\u2e80-\u9fff\U00020000-\U0003ffff]{1,64}\s{0,64}|\s{1,64}"
)


def passages(question: str, answer: str) -> list[str]:
    """Return what is read of an entry: its question before each window of its answer.

    A question that is longer than an overlap is cut together with its answer: before each window it would push the
    answer out of what the encoder reads.
    """
    if sum(_pieces(question)[1]) > OVERLAP:
        return windows(f"{question}\n{answer}")
    return [f"{question}\n{part}" for part in windows(answer)]


def windows(text: str) -> list[str]:
    """Cut a text between words, or between Chinese characters, into windows that overlap; a short one is one window."""
    pieces, rooms = _pieces(text)
    ends = list(accumulate(rooms, initial=0))
    if ends[-1] <= SIZE:
        return [text]
    found: list[str] = []
    start = end = 0
    while end < len(pieces):
        end = bisect_right(ends, ends[start] + SIZE) - 1
        found.append("".join(pieces[start:end]).strip())
        start = bisect_left(ends, ends[end] - OVERLAP)
    return [window for window in found if window] or [text]


def _pieces(text: str) -> tuple[list[str], list[int]]:
    """Return the pieces between which a text may be cut, and how many letters of English take the room of each."""
    pieces = _PIECE.findall(text)
    return pieces, [CJK_SIZE if has_cjk(piece) else len(piece) for piece in pieces]
