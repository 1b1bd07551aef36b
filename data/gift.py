"""Moodle's GIFT: questions of a quiz as plain text, read as Q&A: the question, what is right, the general feedback.

    // a comment
    $CATEGORY: Cells/Basics

    ::name:: What powers a cell? {=The mitochondrion ~The nucleus #feedback ####More about it.}

https://docs.moodle.org/en/GIFT_format
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from data.html import as_line, as_markdown
from data.tables import Row, Table

BLANK = "_____"
_CATEGORY = re.compile(r"\s*\$CATEGORY:\s*(.*)", re.IGNORECASE)
_NAME = re.compile(r"\s*::(?:\\.|[^\\])*?::")
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_WEIGHT = re.compile(r"%(-?\d+(?:\.\d+)?)%")
_TRUE_FALSE = re.compile(r"(T|F|TRUE|FALSE)\Z", re.IGNORECASE)
_OPTION = re.compile(r"(?<!\\)([=~])")
_FEEDBACK = re.compile(r"(?<!\\)#")
_ESCAPED = re.compile(r"\\([~=#{}:\\n])")


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of one question, the line it begins on, the category above it."""

    line: int
    text: str
    section: str


def parse(text: str) -> Table:
    """Return the questions as rows; a description, and a question without any answer, is noted and left out."""
    rows, refused, notes = [], [], []
    for block in _blocks(text):
        try:
            cells = _cells(block.text)
        except ValueError as error:
            refused.append(f"line {block.line}: {error}")
            continue
        if cells["answer"]:
            rows.append(Row(block.line, {**cells, "section": block.section}))
        else:
            notes.append(f"line {block.line}: left out, for no answer stands there: {cells['question'][:60]}")
    return Table(tuple(rows), tuple(refused), tuple(notes))


def _blocks(text: str) -> Iterator[_Block]:
    """Yield what stands between empty lines, without comments; a name or a category begins anew without one.

    What stands inside braces parts nothing.
    """
    section, begin, kept, inside = "", 0, list[str](), False
    for number, line in enumerate([*text.splitlines(), ""], 1):
        category = _CATEGORY.match(line)
        if line.lstrip().startswith("//"):
            continue
        if kept and not inside and (category or _named(line, kept)):
            yield _Block(begin, "\n".join(kept), section)
            kept = []
        if category and not kept:
            section = _unescaped(category[1]).rstrip("/").split("/")[-1].strip()
        elif line.strip() or inside:
            begin = begin if kept else number
            kept.append(line)
            inside = _open(line, inside)
        elif kept:
            yield _Block(begin, "\n".join(kept), section)
            kept = []
    if kept:
        yield _Block(begin, "\n".join(kept), section)


def _named(line: str, kept: list[str]) -> bool:
    """Say whether a line begins a question with its name, behind the answers of another."""
    return bool(_NAME.match(line)) and _brace("\n".join(kept), "}") >= 0


def _open(line: str, inside: bool) -> bool:
    """Say whether a brace stands open after this line."""
    braces = re.findall(r"(?<!\\)[{}]", line)
    return braces[-1] == "{" if braces else inside


def _brace(text: str, mark: str) -> int:
    """Return where the first such brace stands that is not escaped, -1 if none does."""
    found = re.search(rf"(?<!\\){re.escape(mark)}", text)
    return found.start() if found else -1


def _cells(text: str) -> dict[str, str]:
    text = _NAME.sub("", text, count=1) if _NAME.match(text) else text
    stated = _FORMAT.match(text)
    kind = stated[1].lower() if stated else "moodle"
    text = text[stated.end() :] if stated else text
    begin, end = _brace(text, "{"), _brace(text, "}")
    if begin < 0:
        return {"question": _question(text, kind), "answer": ""}
    if end < begin or _brace(text[begin + 1 : end], "{") >= 0:
        raise ValueError("the brace that opens is not closed: write } after the last answer, \\} for one that is text")
    after = text[end + 1 :].strip()
    if _brace(after, "{") >= 0:
        raise ValueError(
            "answers in braces stand here twice: put an empty line between questions, write \\{ for one that is text"
        )
    gap = f" {BLANK} {after}" if after else ""
    inside, _, general = text[begin + 1 : end].partition("####")
    answer = "\n\n".join(filter(None, [_right(inside.strip(), kind), _read(general, kind)]))
    return {"question": _question(text[:begin].rstrip() + gap, kind), "answer": answer}


def _right(inside: str, kind: str) -> str:
    """Return what stands as right between the braces."""
    if inside.startswith("#"):
        return _numbers(inside[1:])
    truth = _TRUE_FALSE.match(_FEEDBACK.split(inside)[0].strip())
    if truth:
        return "True" if truth[1][0] in "Tt" else "False"
    right = [_option(option, kind) for mark, option in _options(inside) if _is_right(mark, option)]
    kept = list(dict.fromkeys(filter(None, right)))
    return kept[0] if len(kept) == 1 else "\n".join(f"- {option}" for option in kept)


def _options(inside: str) -> Iterator[tuple[str, str]]:
    parts = _OPTION.split(inside)
    return zip(parts[1::2], parts[2::2], strict=True)


def _is_right(mark: str, option: str) -> bool:
    weight = _WEIGHT.match(option.strip())
    return float(weight[1]) > 0 if weight else mark == "="


def _option(option: str, kind: str) -> str:
    """Return an option without its weight and feedback; of a pair to be matched, both sides."""
    text = _FEEDBACK.split(_WEIGHT.sub("", option.strip(), count=1))[0]
    return _read(re.sub(r"(?<!\\)\s*->\s*", " → ", text), kind)


def _numbers(inside: str) -> str:
    """Return a number with its tolerance, or a range, as people write it; of several, those that are fully right."""
    given = [option for mark, option in _options(inside) if mark == "="] or [inside]
    told = []
    for number in given:
        text = _FEEDBACK.split(_WEIGHT.sub("", number.strip(), count=1))[0].strip()
        value, _, tolerance = text.partition(":")
        told.append(f"{value} ± {tolerance}" if tolerance.strip("0. ") else value.replace("..", " to "))
    return ", ".join(told)


def _question(text: str, kind: str) -> str:
    return as_line(_unescaped(text)) if kind in ("html", "moodle") else " ".join(_unescaped(text).split())


def _read(text: str, kind: str) -> str:
    plain = _unescaped(text).strip()
    stated = _FORMAT.match(plain)
    kind = stated[1].lower() if stated else kind
    plain = plain[stated.end() :].strip() if stated else plain
    return as_markdown(plain) if kind in ("html", "moodle") and "<" in plain else plain


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)
