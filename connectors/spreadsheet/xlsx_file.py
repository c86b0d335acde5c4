"""XLSX: typed cells. Text stays text, whatever it looks like; dates come as ISO 8601."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl.cell.cell import MergedCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from connectors.contract import Invalid, Unavailable
from connectors.spreadsheet.sheet import Change, Opened, Options, Row, header_of
from connectors.spreadsheet.xlsx_cells import DIGITS, put, unheld
from connectors.spreadsheet.xlsx_formulas import saved, uncalculated
from connectors.spreadsheet.xlsx_text import load, meant, spelt
from schemas.said import phrase

UNPACKED = 512 * 1024 * 1024
"""Bytes that a file may unpack to: a few kilobytes of zip can hold gigabytes."""
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    InvalidFileException,
    SyntaxError,
    LookupError,
    ValueError,
    OSError,
    TypeError,
)
"""What openpyxl and the parsers below it raise over files that are torn or were never XLSX."""


class XlsxFormat:
    @contextmanager
    def open(self, path: Path, options: Options) -> Iterator[Opened]:
        book = _load(path, read_only=True, data_only=True)
        try:
            sheet = _sheet(path, book, options.sheet)
            sheet.reset_dimensions()  # some programs declare a smaller area than they fill
            rows = unbroken(path, sheet.iter_rows())
            header = header_of(path, [raw_value(cell.value) for cell in next(rows, ())])
            yield Opened(header, _rows(rows, header, options.wanted, uncalculated(sheet)))
        finally:
            book.close()

    def write(self, path: Path, options: Options, changes: list[Change]) -> bytes:
        book = _load(path, keep_vba=path.suffix.lower() == ".xlsm")
        sheet = _sheet(path, book, options.sheet)
        index = {str(raw_value(cell.value)).strip(): cell.column for cell in sheet[1] if cell.value is not None}
        filled = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        width, last = max(cell.column for cell in filled), max(cell.row for cell in filled)
        for name in dict.fromkeys(c for change in changes for c in change.cells or () if c not in index):
            width += 1
            index[name] = width
            sheet.cell(1, width, spelt(name))
        for change in changes:
            if change.cells is None:
                _blank(sheet[change.number])
                continue
            if change.number is None:
                last += 1
            for name, value in change.cells.items():
                cell = sheet.cell(change.number or last, index[name])
                if change.number is None and last > 2:
                    cell.number_format = sheet.cell(last - 1, index[name]).number_format
                put(cell, name, value)
        return saved(book, path)

    def unheld(self, value: Any, options: Options) -> str | None:
        return unheld(value)


def _blank(row: Any) -> None:
    """Rows below stay where they are: openpyxl moves cells, but not the formulas that point at them."""
    for cell in row:
        if not isinstance(cell, MergedCell):
            cell.value = None


def _load(path: Path, **how: bool) -> Any:
    return load_bounded(path, UNPACKED, **how)


def load_bounded(path: Path, most: int, **how: bool) -> Any:
    """The workbook, unless it unpacks to more than ``most`` bytes. Raises ``Unavailable``."""
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > most:
                raise Unavailable(
                    phrase("%(name)s unpacks to more than %(most)s MB. Split it.", name=path.name, most=most // 2**20)
                )
        return load(path, **how)
    except BROKEN as error:
        raise _broken(path, error) from None


def _broken(path: Path, error: Exception) -> Unavailable:
    reason = f"{type(error).__name__}: {error}"
    return Unavailable(
        phrase(
            "%(name)s cannot be read as XLSX (%(reason)s). Open it and save it again.", name=path.name, reason=reason
        )
    )


def unbroken(path: Path, rows: Any) -> Iterator[Any]:
    """Rows are parsed as they are asked for, so a torn file shows itself only then."""
    rows = iter(rows)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except BROKEN as error:
            raise _broken(path, error) from None
        yield row


def _sheet(path: Path, book: Any, name: str) -> Any:
    if not name and book.worksheets:
        return book.worksheets[0]
    if name not in book.sheetnames:
        raise Invalid(
            phrase(
                "%(name)s has no worksheet %(sheet)s. It has: %(grids)s.",
                name=path.name,
                sheet=repr(name),
                grids=", ".join(book.sheetnames),
            )
        )
    return book[name]


def _rows(rows: Any, header: tuple[str, ...], wanted: frozenset[str], uncalculated: frozenset[str]) -> Iterator[Row]:
    columns = [(i, name, get_column_letter(i + 1)) for i, name in enumerate(header) if name in wanted]
    for number, cells in enumerate(rows, 2):
        if all(cell.value is None for cell in cells) and not uncalculated:
            continue
        kept: dict[str, Any] = {}
        error = ""
        for i, name, letter in columns:
            if uncalculated and f"{letter}{number}" in uncalculated:
                error = phrase(
                    "%(name)s holds a formula that was never calculated. Open the file in Excel and save it.",
                    name=repr(name),
                )
            elif i < len(cells):
                if cells[i].data_type == "e":
                    error = phrase("%(name)s holds the error %(value)s.", name=repr(name), value=cells[i].value)
                else:
                    kept[name] = raw_value(cells[i].value)
        if error or any(cell.value is not None for cell in cells):
            yield Row(number, kept, error)


def raw_value(value: Any) -> Any:
    """A cell as contract.Raw has it. Excel keeps numbers as doubles and shows 15 digits: a sum of 110.00000000000001
    is 110 to everybody who looks at it."""
    if isinstance(value, float):
        number = Decimal(f"{value:.{DIGITS}g}")
        return int(number) if number == number.to_integral_value() else number
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return (meant(value) or None) if isinstance(value, str) else value
