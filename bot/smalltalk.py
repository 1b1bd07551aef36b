"""Small talk: greetings, thanks, "ok", emoji and "are you a bot?", which are answered kindly and are no questions.

A text is small talk only if all of it is: "hi, how do I submit?" and "thanks, but how about GPT?" are questions. The
phrases stand in the catalogues; marks, capitals and letters that are said several times ("hellooo") do not count.
"""

import re
import unicodedata
from typing import Literal

from bot.texts import CATALOGUES, Texts

Kind = Literal["bot", "thanks", "bye", "hello", "fine", "smile"]
KINDS: tuple[Kind, ...] = ("bot", "thanks", "bye", "hello", "fine")  # of several, the first is answered
MAX_CHARS = 80  # nobody greets at greater length
_APOSTROPHE = re.compile(r"['’`]")
_MARKS = re.compile(r"[\W_]+")
_AGAIN = re.compile(r"(.)\1+")
_LATIN = re.compile(r"[a-z0-9]")


def small_talk(text: str, texts: Texts) -> str | None:
    """Return what to say to small talk, None to what may be a question."""
    kind = kind_of(text)
    return str(getattr(texts.talk, kind)) if kind else None


def kind_of(text: str) -> Kind | None:
    """Return what kind of small talk the whole text is, None if it is none."""
    said = _plain(text)
    if not said:
        return "smile" if any(unicodedata.category(char) == "So" for char in text) else None
    if len(said) > MAX_CHARS:
        return None
    reached: dict[int, frozenset[str]] = {0: frozenset()}  # where phrases end, and of which kinds they were
    for at in range(len(said)):
        if at in reached:
            for phrase, kind in _PHRASES:
                if said.startswith(phrase, at) and _ends(said, at + len(phrase)):
                    after = at + len(phrase) + said.startswith(" ", at + len(phrase))
                    reached[after] = reached.get(after, frozenset()) | reached[at] | {kind}
    found = reached.get(len(said), frozenset())
    return next((kind for kind in KINDS if kind in found), None)


def _plain(text: str) -> str:
    """Return a text as phrases are compared."""
    words = _MARKS.sub(" ", _APOSTROPHE.sub("", unicodedata.normalize("NFKC", text).casefold())).strip()
    return _AGAIN.sub(r"\1", words)


def _ends(said: str, at: int) -> bool:
    """Say whether a phrase may end here: not within a word of Latin letters."""
    return at == len(said) or not (_LATIN.match(said[at - 1]) and _LATIN.match(said[at]))


def _phrases() -> list[tuple[str, str]]:
    found = []
    for texts in CATALOGUES.values():
        for kind in KINDS:
            found += [(_plain(phrase), str(kind)) for phrase in getattr(texts.talk, f"says_{kind}").split("|")]
        found += [(_plain(phrase), "filler") for phrase in texts.talk.fillers.split("|")]
    return found


_PHRASES = _phrases()
