"""Q&A in whatever people have it: tables, Markdown (a page or a folder of pages), Moodle, Anki; told apart by what is
inside where the name does not say it.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from data import anki, gift, markdown, moodle
from data.encodings import Text, read_text
from data.errors import Refused
from data.tables import MAX_ROWS, READ, Table, checked, read_table

PAGES = (".md", ".markdown")
KNOWN = (*READ, *PAGES, ".gift", ".xml")
MAX_PAGES = 1_000


def read(path: Path, *, required: Sequence[str], optional: Sequence[str] = ()) -> Table:
    """Read a file, or the Markdown of a folder, into rows; see `read_table` for the columns and what is raised."""
    table = _folder(path, (*required, *optional)) if path.is_dir() else _file(path, required, optional)
    if len(table.rows) > MAX_ROWS:
        raise Refused([f"{path}: has more than {MAX_ROWS:,} rows; split it"])
    return table


def _file(path: Path, required: Sequence[str], optional: Sequence[str]) -> Table:
    suffix = path.suffix.lower()
    if suffix == ".xml":
        return checked(moodle.read(path))
    if suffix in PAGES:
        text = read_text(path)
        return _found(path, checked(markdown.parse(text.content, (*required, *optional))), text, _AS_HEADING)
    if suffix == ".gift" or (suffix == ".txt" and path.is_file()):
        text = read_text(path)
        if suffix == ".gift" or _is_gift(text.content, required):
            return _found(path, checked(gift.parse(text.content)), text, "close each question's answers in braces")
        if _is_anki(text.content, required):
            return _found(path, checked(anki.parse(text.content)), text, "write a question, a tab and its answer")
    if suffix not in KNOWN:
        raise Refused([f"{path}: cannot read {suffix or 'a file without suffix'}; use one of {', '.join(KNOWN)}"])
    return read_table(path, required=required, optional=optional)


_AS_HEADING = "write each as `## question`, with its answer below"


def _found(path: Path, table: Table, text: Text, advice: str) -> Table:
    if not table.rows and not table.refused:
        raise Refused([f"{path}: has no question: {advice}"])
    return replace(table, encoding=text.encoding)


def _folder(path: Path, columns: Sequence[str]) -> Table:
    """Read every page in a folder and those below it, by name."""
    found = (Path(folder, name) for folder, _, names in os.walk(path, onerror=_unreadable) for name in names)
    pages = sorted(page for page in found if page.suffix.lower() in PAGES and page.is_file())
    if not pages or len(pages) > MAX_PAGES:
        count = f"more than {MAX_PAGES:,} files" if pages else "no file"
        raise Refused([f"{path}: this folder holds {count} of {' or '.join(PAGES)}; name one file, or another folder"])
    tables, encodings = [], dict[str, None]()
    for page in pages:
        text = read_text(page)
        encodings[text.encoding] = None
        tables.append(checked(markdown.parse(text.content, columns, page.relative_to(path).as_posix())))
    whole = Table(
        tuple(row for table in tables for row in table.rows),
        tuple(reason for table in tables for reason in table.refused),
        tuple(note for table in tables for note in table.notes),
        ", ".join(encodings),
    )
    return _found(path, whole, Text("", whole.encoding), _AS_HEADING)


def _unreadable(error: OSError) -> NoReturn:
    raise Refused([f"{error.filename}: cannot be read ({error.strerror})"]) from error


def _is_gift(text: str, required: Sequence[str]) -> bool:
    """Say whether this is GIFT and no table: what stands first begins as only that does, or has answers in braces."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("//")]
    if not lines or anki.HEADER.fullmatch(lines[0]) or "\t" in lines[0] or _names(lines[0]) & set(required):
        return False
    return lines[0].startswith(("::", "$CATEGORY")) or any("{" in line for line in lines)


def _is_anki(text: str, required: Sequence[str]) -> bool:
    """Say whether these are notes: their header says so, or tabs without a row that names our columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if anki.HEADER.fullmatch(first):
        return True
    return "\t" in first and not _names(first) & set(required)


def _names(line: str) -> set[str]:
    """Return the cells of a line that may name columns."""
    return {cell.strip().strip('"').lower() for cell in re.split("[,;\t]", line)}
