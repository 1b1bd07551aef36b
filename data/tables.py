"""Rows in and out of files: .csv (commas, semicolons or tabs), .tsv and .jsonl, in any encoding of data/encodings.py;
.xlsx. What a spreadsheet saves as “Unicode Text”, a .txt, is read too.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data.encodings import MAX_FILE_BYTES, read_text
from data.errors import Refused, TutorError
from data.files import draft
from data.spreadsheets import MAX_CHARS, further_sheets, read_sheet, write_sheet

MAX_ROWS = 200_000
SEPARATORS = {".csv": ",", ".tsv": "\t"}
SUFFIXES = (*SEPARATORS, ".jsonl", ".xlsx")
READ = (*SUFFIXES, ".txt")
_FORMULA = re.compile("'*[\\s\u200b\ufeff]*[=+\\-@\\t\\r\\n＝＋－＠]")  # also in full width


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row by column name, the line on which it begins and, of a folder, the file that it stands in."""

    line: int
    cells: Mapping[str, str]
    file: str = ""

    @property
    def place(self) -> str:
        """Where the row stands, for a person."""
        return place(self.line, self.file)

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """The readable rows of a file, and a reason with its line number for each row that is not.

    `notes` tell with their line numbers what was left out; `encoding` is what the text was read in, "" if it is none.
    """

    rows: tuple[Row, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...] = ()
    encoding: str = ""


def place(line: int, file: str = "") -> str:
    """Return where something stands, for a person."""
    return f"{file}: line {line}" if file else f"line {line}"


def read_table(
    path: Path, *, required: Sequence[str], optional: Sequence[str] = (), max_chars: int = MAX_CHARS
) -> Table:
    """Read a file whose columns, in any order, are all of `required` and any of `optional`.

    Cells are stripped and hold up to `max_chars`. Raises Refused if the file as a whole cannot be read: missing,
    another format or encoding, too large, a column that is missing or unknown.
    """
    suffix = path.suffix.lower()
    if suffix not in READ:
        raise Refused([f"{path}: cannot read {suffix or 'a file without suffix'}; use one of {', '.join(READ)}"])
    columns, read, unread, encoding = _parsed(path, suffix)
    if unread and not columns:
        raise Refused([f"{path}: {reason}" for reason in unread])
    if len(read) > MAX_ROWS:
        raise Refused([f"{path}: has more than {MAX_ROWS:,} rows; split it"])
    _check_columns(path, columns, required, optional)
    return checked(Table(tuple(read), tuple(unread), further_sheets(path), encoding), max_chars)


def checked(table: Table, max_chars: int = MAX_CHARS) -> Table:
    """Refuse the rows with a cell that holds more than it may."""
    rows, refused = [], list(table.refused)
    for row in table.rows:
        long = [name for name, cell in row.cells.items() if len(cell) > max_chars]
        if long:
            limit = f"{max_chars:,} characters a cell may hold"
            refused.append(f"{row.place}: {long[0]} is longer than the {limit}")
        else:
            rows.append(row)
    return replace(table, rows=tuple(rows), refused=tuple(refused))


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> int:
    """Write rows to a .csv, .tsv, .jsonl or .xlsx file, which appears whole or not at all; return how many.

    Spreadsheets run a cell that starts like a formula, so such cells get a `'` in front; JSONL stays raw.
    Raises Refused for another suffix, TutorError if the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise Refused([f"{path}: cannot write {suffix or 'without suffix'}; use one of {', '.join(SUFFIXES)}"])
    try:
        with draft(path) as beside:
            if suffix == ".xlsx":
                count = write_sheet(beside, columns, (_defused(columns, row) for row in rows))
            else:
                with beside.open("w", encoding="utf-8", newline="") as file:
                    count = _write(file, suffix, columns, rows)
            beside.replace(path)
    except OSError as error:
        raise TutorError(f"{path}: cannot be written ({error.strerror})") from error
    return count


def defuse(cell: str) -> str:
    """Put a `'` before what a spreadsheet would run as a formula."""
    return "'" + cell if _FORMULA.match(cell) else cell


def fuse(cell: str) -> str:
    """Take away the `'` that `defuse` put there."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def _write(file: io.TextIOBase, suffix: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> int:
    count = 0
    # Lines end in CR LF (RFC 4180): before Python 3.13 a CR inside a cell is quoted only then.
    writer = csv.writer(file, delimiter=SEPARATORS.get(suffix, ","))
    if suffix != ".jsonl":
        writer.writerow(columns)
    for row in rows:
        if suffix == ".jsonl":
            file.write(json.dumps({c: row.get(c) for c in columns}, ensure_ascii=False) + "\n")
        else:
            writer.writerow(_defused(columns, row))
        count += 1
    return count


def _defused(columns: Sequence[str], row: Mapping[str, object]) -> list[object]:
    cells = [row.get(c) for c in columns]
    return ["" if c is None else defuse(c) if isinstance(c, str) else c for c in cells]


Parsed = tuple[list[str], list[Row], list[str]]  # columns, rows, reasons of rows that cannot be read


def _parsed(path: Path, suffix: str) -> tuple[list[str], list[Row], list[str], str]:
    """Return what was parsed, and the encoding."""
    if suffix == ".xlsx":
        columns, rows, refused = read_sheet(path, MAX_ROWS)
        return columns, [Row(line, {n: fuse(c) for n, c in cells.items()}) for line, cells in rows], refused, ""
    text = read_text(path)
    content = text.content
    parsed = _jsonl(content) if suffix == ".jsonl" else _separated(path, content, separator(content, suffix))
    return *parsed, text.encoding


def separator(text: str, suffix: str) -> str:
    """Return what stands between the cells: outside a .tsv a semicolon or a tab, if it does in the header and no comma.

    Spreadsheets write semicolons where a comma is the decimal mark, as in German and French, and tabs as “Unicode
    Text”.
    """
    header = next((line for line in text.splitlines() if line.strip(" ,;\t")), "")
    found = [mark for mark in ",;\t" if mark in header]
    return "\t" if suffix == ".tsv" else found[0] if found else ","


def _separated(path: Path, text: str, separator: str) -> Parsed:
    csv.field_size_limit(MAX_FILE_BYTES)  # our own limit names the line; the module's would end the reading
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns: list[str] = []
    rows: list[Row] = []
    refused: list[str] = []
    try:
        for line, cells in _numbered(reader):
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = [cell.strip().lower() for cell in cells]
            elif len(cells) != len(columns):
                advice = f"put quotes around a cell with {separator!r} in it"
                refused.append(f"line {line}: {len(cells)} cells where the header has {len(columns)}; {advice}")
            else:
                rows.append(Row(line, {n: fuse(c.strip()) for n, c in zip(columns, cells, strict=True)}))
    except csv.Error as error:
        raise Refused([f"{path}: line {reader.line_num}: {error}; is a closing quote missing?"]) from error
    return columns, rows, refused


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    begin = 1
    for cells in reader:
        yield begin, cells
        begin = reader.line_num + 1  # type: ignore[attr-defined]


def _jsonl(text: str) -> Parsed:
    columns: dict[str, None] = {}
    rows, refused = [], []
    for line, source in enumerate(text.split("\n"), 1):
        if not source.strip():
            continue
        try:
            cells = _json_cells(source)
        except ValueError as error:
            refused.append(f"line {line}: {error}")
            continue
        columns.update(dict.fromkeys(cells))
        rows.append(Row(line, cells))
    return list(columns), rows, refused


def _json_cells(source: str) -> dict[str, str]:
    try:
        value = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no JSON ({error})") from error
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    cells = {}
    for name, cell in value.items():
        if isinstance(cell, list) and all(isinstance(part, str) for part in cell):
            cell = "|".join(cell)
        if not isinstance(cell, str | None):
            raise ValueError(f"{name[:40]!r} must be text, not {json.dumps(cell)[:40]}")
        # JSON can say half a character and NUL, which no UTF-8 text file can hold.
        cells[name.strip().lower()] = (cell or "").encode("utf-8", "replace").decode().replace("\0", "").strip()
    return cells


def _check_columns(path: Path, columns: list[str], required: Sequence[str], optional: Sequence[str]) -> None:
    if not columns:
        raise Refused([f"{path}: is empty; the first line names the columns: {', '.join([*required, *optional])}"])
    reasons = [f"{path}: column {name!r} is missing" for name in required if name not in columns]
    reasons += [f"{path}: unknown column {name!r}" for name in columns if name not in {*required, *optional}]
    reasons += [f"{path}: column {name!r} stands twice" for name in {c for c in columns if columns.count(c) > 1}]
    reasons += [f"{path}: {reason}" for reason in _wrong_separator(path.suffix.lower(), columns)]
    if reasons:
        known = f"required: {', '.join(required)}; optional: {', '.join(optional) or 'none'}"
        raise Refused([*reasons, f"{path}: {known}"])


def _wrong_separator(suffix: str, columns: list[str]) -> Iterator[str]:
    """Yield what the names of the columns say of how the cells are separated."""
    if suffix == ".csv" and len(columns) > 1 and any(";" in name for name in columns):
        yield "in the first line stand both commas and semicolons: put the same one between all cells"
    if suffix == ".tsv" and len(columns) == 1 and re.search("[,;]", columns[0]):
        yield "in the first line stand no tabs between the cells: name the file .csv"
