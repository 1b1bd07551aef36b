"""Q&A in Markdown, as people write a page of questions: `## question`, the answer below it, `# section` above.

Where a `##` heading is followed at once by a `###`, it is a section and its `###` headings are the questions. Deeper
headings belong to the answer. What else an entry has stands in a comment, which no reader of the page sees:

    ---
    course: biology
    ---
    # Cells

    ## What is a cell?
    <!--
    id: cell
    alternates: Define cell | What are cells?
    -->

    The smallest unit that lives.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it import MarkdownIt

from data.tables import Row, Table, place

# Inline marks are not looked at: a heading is taken as it was typed.
_MARKDOWN = MarkdownIt("commonmark").disable("inline")
_FRONT = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"([A-Za-z_]+):(?: +(.*))?")
_ALL = ("course", "lang", "source_url", "expires_on")  # may stand in the front matter, for every entry


@dataclass(slots=True)
class _Heading:
    """A heading: its level, its text, the line it begins on (from 0) and the one after it; what stands below, empty."""

    level: int
    text: str
    begin: int
    end: int
    section: str = ""
    body: list[str] = field(default_factory=list)


def parse(text: str, columns: Sequence[str], file: str = "") -> Table:
    """Return the questions of a page as rows, one for each, and a note for text that belongs to none.

    `columns` are the names that a comment may give.
    """
    lines = re.split(r"\r\n|\r|\n", text)
    defaults, skipped = _front_matter(lines)
    lines = [""] * skipped + lines[skipped:]
    rows: list[Row] = []
    refused: list[str] = []
    notes: list[str] = []
    for heading in _questions(lines, file, notes):
        where = place(heading.begin + 1, file)
        try:
            cells, body = _fields(heading.body, columns)
        except ValueError as error:
            refused.append(f"{where}: {error}")
            continue
        told = {"question": heading.text, "section": heading.section, "answer": "\n".join(body), **cells}
        rows.append(Row(heading.begin + 1, {**defaults, **{n: cell.strip() for n, cell in told.items()}}, file))
    return Table(tuple(rows), tuple(refused), tuple(notes))


def page(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Yield the text of a page that `parse` reads as the same rows, piece by piece."""
    kept = list(rows)
    courses = {row["course"] for row in kept}
    common = {"course": courses.pop()} if len(courses) == 1 else {}
    yield "".join(f"---\ncourse: {course}\n---\n\n" for course in common.values())
    section = ""
    for row in kept:
        if row["section"] != section and _reads_as(f"# {row['section']}\n", 1, row["section"]):
            section = row["section"]
            yield f"# {section}\n\n"
        yield _block(columns, row, {"section": section, **common})


def _front_matter(lines: list[str]) -> tuple[dict[str, str], int]:
    """Return what is said at the top of the page for all entries, and how many lines it takes."""
    found = _FRONT.match("\n".join(lines))
    if not found:
        return {}, 0
    fields = (_FIELD.fullmatch(line.strip()) for line in found[1].splitlines())
    given = {f[1].lower(): (f[2] or "").strip().strip("\"'") for f in fields if f}
    return {name: given[name] for name in _ALL if name in given}, found[0].count("\n")


def _questions(lines: list[str], file: str, notes: list[str]) -> Iterator[_Heading]:
    """Yield the headings that are questions, with their section and the lines below each."""
    headings = list(_headings(lines))
    ends = [*(heading.begin for heading in headings), len(lines)][1:]
    stray = headings[0].begin if headings else len(lines)
    if any(line.strip() for line in lines[:stray]):
        notes.append(f"{place(1, file)}: the text above the first heading belongs to no question and is left out")
    section, nested, part = "", False, ""
    for i, (heading, end) in enumerate(zip(headings, ends, strict=True)):
        heading.body = lines[heading.end : end]
        empty = not any(line.strip() for line in heading.body)
        below = headings[i + 1].level if i + 1 < len(headings) else 0
        if heading.level == 3 and not nested:
            continue  # part of the answer; `_headings` gives it only to be looked at
        if heading.level == 1 or (heading.level == 2 and empty and below == 3):
            nested, section = heading.level == 2, heading.text
            part = heading.text if heading.level == 1 else part
            if not empty:
                notes.append(f"{place(heading.begin + 1, file)}: the text below this section's heading is left out")
            continue
        if heading.level == 2:
            nested, section = False, part
            heading.body = lines[heading.end : _next(headings, i, len(lines))]
        heading.section = section
        yield heading


def _next(headings: list[_Heading], i: int, last: int) -> int:
    """Return the line on which the answer to a `##` question ends: that of the next heading of level 1 or 2."""
    return next((h.begin for h in headings[i + 1 :] if h.level < 3), last)


def _headings(lines: list[str]) -> Iterator[_Heading]:
    """Yield the headings of the levels 1 to 3 that stand in no list, quotation or code."""
    tokens = _MARKDOWN.parse("\n".join(lines))
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.level == 0 and token.tag in ("h1", "h2", "h3") and token.map:
            begin, end = token.map
            yield _Heading(int(token.tag[1]), inline.content.strip(), begin, end)


def _fields(body: list[str], columns: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the cells that a comment at the top of a body gives, and the rest of the body.

    A comment that names no column is part of the answer. Raises ValueError for one that names an unknown one too.
    """
    first = next((i for i, line in enumerate(body) if line.strip()), None)
    if first is None or not body[first].startswith("<!--"):
        return {}, body
    last = next((i for i, line in enumerate(body) if i >= first and line.rstrip().endswith("-->")), None)
    if last is None:
        return {}, body
    inside = "\n".join(body[first : last + 1]).strip().removeprefix("<!--").removesuffix("-->")
    found = [_FIELD.fullmatch(line.strip()) for line in inside.splitlines() if line.strip()]
    cells = {f[1].lower(): _value((f[2] or "").strip()) for f in found if f}
    if not set(cells) & set(columns) or not all(found):
        return {}, body
    unknown = [name for name in cells if name not in columns]
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r} in the comment; there are: {', '.join(columns)}")
    return cells, body[last + 1 :]


def _value(text: str) -> str:
    """Return a value as it stands or, in quotation marks, as JSON has it."""
    if not text.startswith('"'):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value.encode("utf-8", "replace").decode().replace("\0", "") if isinstance(value, str) else text


def _block(columns: Sequence[str], row: Mapping[str, str], known: Mapping[str, str]) -> str:
    """Return one question as it reads best, or with all in its comment where that would be read as something else."""
    cells = {name: row[name] for name in columns}
    told = {name: cell for name, cell in cells.items() if cell != known.get(name, "")}
    aside = {name: cell for name, cell in told.items() if name not in ("question", "answer")}
    best = _written(cells["question"], aside, cells["answer"])
    following = "\n## x\n\ny\n"
    read = parse(f"{best}{following}", columns)
    if len(read.rows) == 2 and all(read.rows[0][name] == told.get(name, "") for name in columns):
        return best
    return _written(" ".join(cells["question"].split()).replace("#", "") or "?", told, "")


def _written(question: str, cells: Mapping[str, str], answer: str) -> str:
    fields = "".join(f"{name}: {_plain(cell)}\n" for name, cell in cells.items())
    comment = f"<!--\n{fields}-->\n" if fields else ""
    return f"## {question}\n{comment}\n{answer}\n\n" if answer else f"## {question}\n{comment}\n"


def _plain(cell: str) -> str:
    """Return a cell for one line of a comment: as it is, or as JSON where it could be taken for something else."""
    if cell and cell.isprintable() and cell == cell.strip() and cell[0] != '"' and "--" not in cell:
        return cell
    return json.dumps(cell, ensure_ascii=True).replace(">", "\\u003e").replace("--", "-\\u002d")


def _reads_as(source: str, level: int, text: str) -> bool:
    found = list(_headings(source.splitlines()))
    return [(heading.level, heading.text) for heading in found] == [(level, text)] and "\n" not in text
