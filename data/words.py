"""The words of a text, for all that compares texts by their words."""

import re
import unicodedata

_WORD = re.compile(r"\w+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+")
_SMALL = """about above after again also although always among another because been before being between both
cannot could does doing down during each either else enough even ever every from further have having hence here herself
himself however into itself just least less like many might more most much must myself neither never only other
otherwise ourselves over rather same shall should since some such than that their theirs them then there therefore these
they this those though through thus together under unless until upon very well were what when where whereas whether
which while whom whose will with within without would your yours"""
SMALL_WORDS = frozenset(_SMALL.split())  # of English, from four letters on: they say nothing of what a text is about


def normalise(text: str) -> str:
    """Return the text as two wordings are compared: NFKC, case folded, white space collapsed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def terms(text: str) -> list[str]:
    """Return the words of a text: runs of letters and digits; of Chinese and Japanese, characters and pairs of them."""
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text)):
        at = 0
        for run in _CJK.finditer(word):
            found += [word[at : run.start()], *_characters(run[0])]
            at = run.end()
        found.append(word[at:])
    return [term for term in found if term.strip("_")]


def has_cjk(text: str) -> bool:
    """Say whether there is Chinese or Japanese in the text."""
    return _CJK.search(text) is not None


def _characters(run: str) -> list[str]:
    """Return the characters and every two that follow each other: a pair tells more, a single finds more."""
    return [*run, *(run[i : i + 2] for i in range(len(run) - 1))]


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters; where it was longer it ends in “…”."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
