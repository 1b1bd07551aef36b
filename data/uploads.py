"""A file of Q&A that a teacher sends in chat: checked, imported into one course, or sent back with its problems marked.

plan = store.read(uploads.check_file, "qa.xlsx", content, "biology")
plan, change = store.write(uploads.import_file, "qa.xlsx", content, "biology", actor=person)
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from data import importing
from data.encodings import read_text
from data.errors import Refused
from data.spreadsheets import raw_rows, write_sheet
from data.tables import MAX_ROWS, defuse, fuse, separator

MAX_UPLOAD_BYTES = 5 * 1024 * 1024
MAX_UPLOAD_ROWS = 5_000
_AT_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)


def check_file(db: Database, name: str, content: bytes, course: str) -> importing.Plan:
    """Return what importing the file into the course would do; nothing is written.

    `name` tells the format by its end. Raises Refused with a reason for each row that cannot be taken, "line N: ..."
    as `marked` reads it, or for the file as a whole; a row of another course is such a row.
    """
    with _on_disk(name, content) as path:
        try:
            plan = importing.plan(db, path, course=course, only=True)
        except Refused as refused:
            raise Refused([reason.removeprefix(f"{path}: ") for reason in refused.reasons]) from refused
    rows = len(plan.added) + len(plan.changed) + plan.left
    if rows > MAX_UPLOAD_ROWS:
        raise Refused(
            [f"{rows:,} questions, more than the {MAX_UPLOAD_ROWS:,} that a file sent here may hold; split it"]
        )
    return replace(plan, source=name[:100])


def import_file(
    db: Database, name: str, content: bytes, course: str, *, actor: str
) -> tuple[importing.Plan, int | None]:
    """Check the file anew and import it, in the transaction of the writing thread.

    `actor` is the pseudonym of who sent it. Returns what was done, and the change's number in the log, None if nothing
    changed. Raises Refused as `check_file` does.
    """
    plan = check_file(db, name, content, course)
    return plan, importing.apply(db, plan, actor=actor)


def marked(name: str, content: bytes, reasons: Sequence[str]) -> tuple[str, bytes]:
    """Return a name and a file to send back: the table with the reasons of refused rows in a column `problem`.

    A spreadsheet stays one, another table becomes .csv or .tsv; what is no table, or was refused as a whole, a list of
    the reasons. The column is not read when the file is sent again.
    """
    problems: dict[int, list[str]] = defaultdict(list)
    for reason in reasons:
        found = _AT_LINE.fullmatch(reason)
        if found:
            problems[int(found[1])].append(found[2])
    stem = Path(name).stem[:80] or "file"
    with _on_disk(name, content) as path:
        rows = _raw(path) if problems else []
        if not rows:
            return f"{stem}-problems.txt", "".join(f"{reason}\r\n" for reason in reasons).encode("utf-8-sig")
        table = list(_with_problems(rows, problems))
        if path.suffix == ".xlsx":
            made = path.with_name("marked.xlsx")
            write_sheet(made, table[0], table[1:])
            return f"{stem}-marked.xlsx", made.read_bytes()
        mark = separator(read_text(path).content, path.suffix)
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=mark).writerows(table)
    return f"{stem}-marked{'.tsv' if mark == chr(9) else '.csv'}", text.getvalue().encode("utf-8-sig")


@contextmanager
def _on_disk(name: str, content: bytes) -> Iterator[Path]:
    """Put the file where it can be read by its format. Raises Refused if it is too large."""
    if len(content) > MAX_UPLOAD_BYTES:
        raise Refused([f"larger than the {MAX_UPLOAD_BYTES // 2**20} MiB that a file sent here may have; split it"])
    with TemporaryDirectory() as folder:
        path = Path(folder, f"file{re.sub('[^.a-z]', '', Path(name).suffix.lower())[:10]}")
        path.write_bytes(content)
        yield path


def _raw(path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows of a table as they stand, with their lines; none if this is no table, or no whole one."""
    if path.suffix == ".xlsx":
        return raw_rows(path, MAX_ROWS)
    if path.suffix not in (".csv", ".tsv", ".txt"):
        return []
    text = read_text(path).content
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text, path.suffix), strict=True)
    rows, begin = [], 1
    try:
        for cells in reader:
            rows.append((begin, cells))
            begin = reader.line_num + 1
    except csv.Error:
        return []
    filled = [row for row in rows if any(cell.strip() for cell in row[1])]
    return filled if filled and {cell.strip().lower() for cell in filled[0][1]} & set(importing.REQUIRED) else []


def _with_problems(rows: list[tuple[int, list[str]]], problems: dict[int, list[str]]) -> Iterator[list[str]]:
    """Yield the rows with the added column at their end, in place of one from an earlier time."""
    width = max(i for _, cells in rows for i, cell in enumerate(cells, 1) if cell.strip())
    names = [cell.strip().lower() for cell in rows[0][1]]
    old = names.index(importing.MARK) if importing.MARK in names else None
    for i, (line, cells) in enumerate(rows):
        told = importing.MARK if i == 0 else "; ".join(problems.get(line, ()))
        kept = [defuse(fuse(cell)) for j, cell in enumerate([*cells[:width], *[""] * (width - len(cells))]) if j != old]
        yield [*kept, defuse(told)]
