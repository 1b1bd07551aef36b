"""Rules by which names are found: what stands before and after, and what the words themselves must be."""

import re
from collections.abc import Callable

from data.name_lists import FAMOUS, GIVEN, METHODS, NO_NAME, PINYIN

Accept = Callable[[re.Match[str]], int]  # how many characters of the group `out` are a name; 0 for none

SYLLABLES = re.compile(r"(?:(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?[aeiouü]{1,3}(?:ng|n|r)?){1,3}")

LOW, UP = "a-zß-öø-ÿā-ɏ", "A-ZÀ-ÖØ-ÞĀ-ɏ"
TITLE = rf"(?:Mc|Mac|[ODL]['’])?[{UP}][{LOW}]{{1,20}}(?:-[{UP}]?[{LOW}]{{1,20}}|['’][{UP}][{LOW}]{{1,20}}){{0,2}}"
END = rf"(?![{UP}{LOW}\d_])"
PARTICLE = r"(?:von|van|der|den|de|da|di|del|la|al|el|bin|ibn|ter|zu|dos)"
NAME = (
    rf"(?P<out>(?:[A-Z]\.\s?){{0,2}}{TITLE}{END}"
    rf"(?:[  ](?:{PARTICLE}[  ]){{0,2}}{TITLE}{END}|[  ][A-Z]\.(?=[  ,])|[  ][A-Z]{{3,12}}{END}){{0,3}})"
)
ANY = rf"(?P<out>[{UP}{LOW}][{UP}{LOW}'’-]{{1,20}}{END}(?:[  ][{UP}{LOW}][{UP}{LOW}'’-]{{1,20}}{END}){{0,3}})"

WORDS = re.compile(r"[^\s]+")


def rule(before: str, out: str, accept: Accept, after: str = "") -> tuple[re.Pattern[str], Accept]:
    # The name itself stands in a lookahead: what one rule refuses is open to the next match.
    return re.compile(rf"{before}(?={out}{after})"), accept


def plain(word: str) -> str:
    return re.split(r"[-'’]", word.casefold().strip(".,"))[0]


def length(match: re.Match[str], words: list[re.Match[str]]) -> int:
    """Return the length of the first words of the group up to one that is no name, particles at the end left out."""
    end = 0
    for word in words:
        if plain(word[0]) in NO_NAME or word[0].casefold() in NO_NAME:
            break
        if not re.fullmatch(PARTICLE, word[0]) or not end:
            end = word.end()
    return end


def capital(match: re.Match[str]) -> int:
    """Take words with a capital, unless they go on as `I'm Chrome user` does."""
    words = list(WORDS.finditer(match["out"]))
    after = match.string[match.end("out") :][:14]
    if re.match(r"\s?(?:students?|users?|beginner|major|developer|speaker|fan|level|mode)\b", after):
        return 0
    return length(match, words)


def person(match: re.Match[str]) -> int:
    """As `capital`, where a method may stand as well."""
    return 0 if plain(match["out"].split()[0]) in METHODS else capital(match)


def whole(match: re.Match[str]) -> int:
    """Take all of it: the rule itself says that it is a name."""
    return len(match["out"])


def told(match: re.Match[str]) -> int:
    """Take what is called a name, also in small letters: then one word, and a second that ends the phrase."""
    words = list(WORDS.finditer(match["out"]))
    if words[0][0][0].islower():
        return length(match, words[: 2 if ends(match, words) else 1])
    small = (i for i, word in enumerate(words) if word[0][0].islower() and not re.fullmatch(PARTICLE, word[0]))
    capital = next(small, len(words))
    return length(match, words[:capital])


def given(match: re.Match[str]) -> int:
    """Take a known first name with the surname after it, unless the whole is a well-known researcher."""
    words = list(WORDS.finditer(match["out"]))
    if plain(words[0][0]) not in GIVEN or (len(words) > 1 and plain(words[1][0]) in FAMOUS):
        return 0
    return told(match)


def given_capital(match: re.Match[str]) -> int:
    return given(match) if match["out"][0].isupper() else 0


def someone(match: re.Match[str]) -> int:
    """Take a known first name, or two words with a capital."""
    return given(match) or (person(match) if " " in match["out"] else 0)


def full(match: re.Match[str]) -> int:
    """Take a known first name with its surname, or a Chinese name of two words in Latin letters."""
    words = match["out"].split()
    if len(words) < 2 or plain(words[-1]) in FAMOUS or plain(words[1]) in NO_NAME:
        return 0
    pair = [plain(word) for word in words[:2]]
    chinese = any(word in PINYIN for word in pair) and all(map(SYLLABLES.fullmatch, pair))
    return capital(match) if pair[0] in GIVEN or (chinese and len(words) == 2) else 0


def ends(match: re.Match[str], words: list[re.Match[str]]) -> bool:
    """Say whether the phrase ends after the second word."""
    if len(words) < 2:
        return False
    after = match.string[match.start("out") + words[1].end() :][:6]
    return re.match(r"\s*(?:$|[,.!;:?()\n]|and\b|from\b)", after) is not None
