"""The first sheet of a .xlsx file: its rows as text, and rows written to a new one.

Formulas are read as the values that the spreadsheet program saved, dates as ISO 8601. The XML is parsed by defusedxml.
"""

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring
from openpyxl import DEFUSEDXML, LXML, Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell, WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from data.archives import Unsafe, check_archive
from data.errors import Refused

MAX_PACKED_BYTES = 64 * 1024 * 1024
MAX_COLUMNS = 255
WORKBOOK = "xl/workbook.xml"
MAX_SHEET_ROWS = 1_048_576  # what a spreadsheet program opens
MAX_CHARS = 32_767  # what a cell holds; more would be cut
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-F]{4}_)")
_ESCAPED = re.compile("_x([0-9A-F]{4})_")  # ECMA-376, 22.9.2.19

Sheet = tuple[list[str], list[tuple[int, dict[str, str]]], list[str]]  # columns, rows with their lines, refused rows


def read_sheet(path: Path, max_rows: int) -> Sheet:
    """Return the names in the first row that is not empty, the cells of the rows below by name, and bad rows' reasons.

    Raises Refused if the file cannot be read, is a zip bomb, or has more rows or columns than it may.
    """
    with _opened(path) as file:
        return _sheet(_rows(file, max_rows))


def further_sheets(path: Path) -> tuple[str, ...]:
    """Return a note that names the sheets behind the first, which nobody reads; none if there are none."""
    if path.suffix.lower() != ".xlsx":
        return ()
    with _opened(path) as file, ZipFile(file) as archive:
        root = fromstring(archive.read(WORKBOOK)) if WORKBOOK in archive.namelist() else None
    names = [sheet.get("name", "") for sheet in root.iter() if sheet.tag.endswith("}sheet")] if root is not None else []
    return (f"only the first sheet is read; left out: {', '.join(names[1:])}",) if names[1:] else ()


def raw_rows(path: Path, max_rows: int) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty as they stand, with their lines. Raises Refused as `read_sheet` does."""
    with _opened(path) as file:
        rows = [(line, [_as_text(cell.value) for cell in cells]) for line, cells in _cells(file, max_rows)]
    return [(line, cells) for line, cells in rows if any(cells)]


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open the file if it is safe to read; whatever goes wrong with it is Refused."""
    try:
        with path.open("rb") as file, warnings.catch_warnings(action="ignore"):
            if LXML or not DEFUSEDXML:
                raise Unsafe("cannot be read safely: install defusedxml, and import openpyxl after data")
            if path.stat().st_size > MAX_PACKED_BYTES:
                raise Unsafe(f"larger than {MAX_PACKED_BYTES // 2**20} MiB; split it")
            check_archive(file)
            yield file
    except OSError as error:
        raise Refused([f"{path}: cannot be read ({error.strerror})"]) from error
    except Unsafe as error:
        raise Refused([f"{path}: {error}"]) from error
    except Exception as error:  # openpyxl stumbles over what is damaged in many ways
        raise Refused([f"{path}: cannot be read as .xlsx ({type(error).__name__}): it is damaged"]) from error


def write_sheet(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a new .xlsx file and return the number of rows; every text is written as text, whatever it looks like.

    Raises Refused for a text or a number of rows that no spreadsheet holds, OSError if it cannot be written.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(columns)
    count = 0
    try:
        for count, row in enumerate(rows, 1):
            if count == MAX_SHEET_ROWS:
                raise Refused([f"there are more rows than the {MAX_SHEET_ROWS:,} of a spreadsheet; use .csv"])
            sheet.append([_text_cell(sheet, value) if isinstance(value, str) else value for value in row])
    except BaseException:
        sheet.close()
        raise
    book.save(path)
    return count


def _text_cell(sheet: WriteOnlyWorksheet, text: str) -> Cell:
    escaped = _NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    if len(escaped) > MAX_CHARS:
        raise Refused([f"a text of {len(text):,} characters does not fit into a cell of a spreadsheet; use .csv"])
    cell = WriteOnlyCell(sheet, escaped)
    cell.data_type = "s"  # never a formula
    return cell


def _rows(file: BinaryIO, max_rows: int) -> Iterator[tuple[int, list[str] | ValueError]]:
    """Yield the rows from 1 on, as text or as the reason why not."""
    for line, cells in _cells(file, max_rows):
        wrong = next((cell for cell in cells if cell.data_type == "e"), None)
        if wrong is not None:
            yield line, ValueError(f"cell {wrong.coordinate} holds the error {wrong.value}")
        else:
            yield line, [_as_text(cell.value) for cell in cells]


def _cells(file: BinaryIO, max_rows: int) -> Iterator[tuple[int, Sequence[Cell | MergedCell]]]:
    """Yield the rows from 1 on."""
    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    if not book.worksheets:
        raise Unsafe("has no sheet with cells")
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    for line, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), 1):
        if line > max_rows:
            raise Unsafe(f"has more than {max_rows:,} rows; split it")
        if len(cells) > MAX_COLUMNS and cells[-1].value is not None:
            raise Unsafe(f"has more than {MAX_COLUMNS} columns")
        yield line, cells


def _sheet(rows: Iterator[tuple[int, list[str] | ValueError]]) -> Sheet:
    columns: list[str] = []
    taken: list[tuple[int, dict[str, str]]] = []
    refused: list[str] = []
    for line, cells in rows:
        if isinstance(cells, ValueError):
            refused.append(f"line {line}: {cells}")
        elif not any(cells):
            continue
        elif not columns:
            columns = [cell.lower() for cell in cells]
        elif any(cell for cell, name in zip_longest(cells, columns, fillvalue="") if not name):
            refused.append(f"line {line}: a cell stands in a column without a name")
        else:
            taken.append((line, {name: cell for name, cell in zip(columns, cells, strict=False) if name}))
    return [name for name in columns if name], taken, refused


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(value)).replace("\0", "").strip()
