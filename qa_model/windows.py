"""Long texts in overlapping windows that an encoder reads whole: nothing of an answer is cut off unread."""

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate

from qa_model.lexical import has_cjk

SIZE, OVERLAP = 900, 180  # in letters: about what an encoder reads of English in 256 tokens, and a fifth of it
CJK_SIZE = 4  # a character of Chinese or Japanese takes the room of so many letters
_PIECE = re.compile(r"[\u2e80-\u9fff\U00020000-\U0003ffff]|[^\s\u2e80-\u9fff\U00020000-\U0003ffff]{1,64}\s*|\s+")


def windows(text: str) -> list[str]:
    """Cut a text between words, or between Chinese characters, into windows that overlap; a short one is one window."""
    pieces = _PIECE.findall(text)
    ends = list(accumulate((CJK_SIZE if has_cjk(piece) else len(piece) for piece in pieces), initial=0))
    found: list[str] = []
    start = end = 0
    while end < len(pieces):
        end = bisect_right(ends, ends[start] + SIZE) - 1
        found.append("".join(pieces[start:end]).strip())
        start = max(start + 1, bisect_left(ends, ends[end] - OVERLAP))
    return found if len(found) > 1 else [text]
