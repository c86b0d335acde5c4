"""XLSX: typed cells. Text stays text, whatever it looks like; dates come as ISO 8601."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import IllegalCharacterError, InvalidFileException

from connectors.contract import Invalid, Unavailable
from connectors.spreadsheet.sheet import Change, Opened, Options, Row, header_of

UNPACKED = 512 * 1024 * 1024
"""Bytes that a file may unpack to: a few kilobytes of zip can hold gigabytes."""
LONGEST = 32_767
"""Characters in one cell (Microsoft: Excel specifications and limits)."""


class XlsxFormat:
    @contextmanager
    def open(self, path: Path, options: Options) -> Iterator[Opened]:
        book = _load(path, read_only=True, data_only=True)
        try:
            rows = _sheet(path, book, options.sheet).iter_rows()
            header = header_of(path, [cell.value for cell in next(rows, ())])
            yield Opened(header, _rows(rows, header, options.wanted))
        finally:
            book.close()

    def write(self, path: Path, options: Options, changes: list[Change]) -> bytes:
        book = _load(path)
        sheet = _sheet(path, book, options.sheet)
        names = [cell.value for cell in sheet[1]]
        index = {str(name).strip(): i for i, name in enumerate(names, 1) if name is not None}
        for name in dict.fromkeys(c for change in changes for c in change.cells or () if c not in index):
            index[name] = max(index.values()) + 1
            sheet.cell(1, index[name], name)
        last = sheet.max_row
        for change in changes:
            if change.cells is None:
                continue
            if change.number is None:
                last += 1
            for name, value in change.cells.items():
                _put(sheet.cell(change.number or last, index[name]), value)
        for number in sorted((c.number for c in changes if c.cells is None and c.number), reverse=True):
            sheet.delete_rows(number)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()


def _load(path: Path, **how: bool) -> Any:
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED:
                raise Unavailable(f"{path.name} unpacks to more than {UNPACKED // 2**20} MB. Split it.")
        return load_workbook(path, **how)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise Unavailable(f"{path.name} cannot be read as XLSX ({reason}). Open it and save it again.") from None


def _sheet(path: Path, book: Any, name: str) -> Any:
    if not name:
        return book.worksheets[0]
    if name not in book.sheetnames:
        raise Invalid(f"{path.name} has no worksheet {name!r}. It has: {', '.join(book.sheetnames)}.")
    return book[name]


def _rows(rows: Any, header: tuple[str, ...], wanted: frozenset[str]) -> Iterator[Row]:
    columns = [(i, name) for i, name in enumerate(header) if name in wanted]
    for number, cells in enumerate(rows, 2):
        if all(cell.value is None for cell in cells):
            continue
        kept: dict[str, Any] = {}
        error = ""
        for i, name in columns:
            if i < len(cells):
                if cells[i].data_type == "e":
                    error = f"{name!r} holds the error {cells[i].value}."
                else:
                    kept[name] = _value(cells[i].value)
        yield Row(number, kept, error)


def _value(value: Any) -> Any:
    """A cell as contract.Raw has it; Excel keeps numbers as doubles, of which ``repr`` gives the digits shown."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else Decimal(repr(value))
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return None if value == "" else value


def _put(cell: Any, value: Any) -> None:
    if isinstance(value, list):
        raise Invalid("A cell holds one text; give the field a separator in the mapping.")
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise Invalid(f"A cell holds {LONGEST} characters; this text has {len(value)}.")
        if cell.is_date and _is_day(value):
            cell.value = date.fromisoformat(value)
            return
    try:
        cell.value = float(value) if isinstance(value, Decimal) else value
    except IllegalCharacterError:
        raise Invalid("The text has a control character that XLSX cannot hold.") from None
    if isinstance(value, Decimal) and Decimal(repr(cell.value)) != value:
        raise Invalid(f"Excel keeps 15 digits; {value} has more.")
    if isinstance(value, str):
        cell.data_type = "s"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
