"""Anki's text export (“Notes in Plain Text”): fields between separators, below lines that say how it is written.

    #separator:tab
    #html:true
    #tags column:3
    What is a cell?	The smallest unit that lives.	biology

The first field is the question and the second the answer; a deck becomes the section.
https://docs.ankiweb.net/importing/text-files.html
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from data.html import as_line, as_markdown
from data.tables import Row, Table

HEADER = re.compile(
    r"#(separator|html|tags|columns|notetype|deck|(?:tags|notetype|deck|guid) column|if matches):(.*)", re.I
)
_SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|", "colon": ":"}
_CLOZE = re.compile(r"\{\{c\d+::(.*?)(?:::(.*?))?\}\}", re.DOTALL)
_SOUND = re.compile(r"\[sound:[^\]]*\]")
_TAGS = re.compile(
    r"</?(?:b|i|u|br|div|p|span|img|ul|ol|li|code|pre|table|a|sub|sup|strong|em)\b|&(?:nbsp|lt|gt|amp);", re.I
)


@dataclass(slots=True)
class _Form:
    """How a file is written, by its first lines; columns are counted from 1, 0 if there is none."""

    separator: str = "\t"
    html: bool | None = None
    tags: str = ""
    section: str = ""
    columns: dict[str, int] = field(default_factory=dict)
    skipped: int = 0


def parse(text: str) -> Table:
    """Return the notes as rows. A third field and those after it are left out, with a note."""
    lines = text.splitlines(keepends=True)
    form = _form(lines)
    if form.html is None:
        form.html = _TAGS.search(text) is not None
    rows, refused, notes = [], [], []
    more = 0
    try:
        for line, cells in _notes("".join(lines[form.skipped :]), form):
            fields = [cell for i, cell in enumerate(cells, 1) if i not in form.columns.values()]
            more = max(more, len([cell for cell in fields[2:] if cell.strip()]))
            try:
                rows.append(Row(line, _cells(fields, cells, form)))
            except ValueError as error:
                refused.append(f"line {line}: {error}")
    except csv.Error as error:
        refused.append(f"line {form.skipped + 1}: {error}; is a closing quote missing?")
    if more:
        notes.append(f"line {form.skipped + 1}: {more} fields after question and answer are left out")
    return Table(tuple(rows), tuple(refused), tuple(notes))


def _form(lines: list[str]) -> _Form:
    form = _Form()
    for line in lines:
        found = HEADER.fullmatch(line.rstrip("\r\n"))
        if not found:
            break
        form.skipped += 1
        name, value = found[1].lower(), found[2].strip()
        if name == "separator":
            form.separator = _SEPARATORS.get(value.lower(), found[2][:1] or "\t")
        elif name == "html":
            form.html = value.lower() == "true"
        elif name == "tags":
            form.tags = value
        elif name == "deck":
            form.section = _deck(value)
        elif name.endswith(" column") and value.isdecimal():
            form.columns[name.split()[0]] = int(value)
    return form


def _notes(text: str, form: _Form) -> Iterator[tuple[int, list[str]]]:
    """Yield the fields of each note with the line that it begins on; a line that begins with # is a comment."""
    csv.field_size_limit(len(text) + 1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=form.separator, strict=True)
    begin = 1
    for cells in reader:
        if any(cell.strip() for cell in cells) and not cells[0].startswith("#"):
            yield form.skipped + begin, cells
        begin = reader.line_num + 1


def _cells(fields: list[str], cells: list[str], form: _Form) -> dict[str, str]:
    if len(fields) < 2:
        raise ValueError("has one field: a question and an answer are needed, with a tab between them")
    front, back = (_SOUND.sub("", cell) for cell in fields[:2])
    deck = _column(cells, form.columns.get("deck", 0))
    told = {
        "section": _deck(deck) if deck else form.section,
        "tags": " ".join(filter(None, [form.tags, _column(cells, form.columns.get("tags", 0))])),
    }
    whole = _CLOZE.sub(lambda found: found[1], front)
    if whole != front:
        front = _CLOZE.sub(lambda found: f"[{found[2] or '…'}]", front)
        back = f"{whole}\n\n{back}" if not form.html else f"<p>{whole}</p>{back}"
    if form.html:
        return {**told, "question": as_line(front), "answer": as_markdown(back)}
    return {**told, "question": " ".join(front.split()), "answer": back.strip()}


def _column(cells: list[str], number: int) -> str:
    return cells[number - 1].strip() if 0 < number <= len(cells) else ""


def _deck(name: str) -> str:
    return name.split("::")[-1].strip()
