"""XLS, the file of Excel before 2007: read only, and only where somebody brings one."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import xlrd

from connectors.contract import Unavailable
from connectors.spreadsheet.grid import Counted, Fault, Grid, Merge
from connectors.spreadsheet.xlsx_file import raw_value
from schemas.said import phrase


def xls_grids(path: Path, content: bytes) -> list[Grid]:
    """Its visible worksheets. Numbers formatted as dates are dates, counted from 1900 or 1904 as the file says."""
    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=io.StringIO())
        return [_grid(path, book, sheet) for sheet in book.sheets() if sheet.visibility == 0]
    except Unavailable:
        raise
    except Exception as error:  # it raises whatever a torn file makes it stumble over
        reason = f"{type(error).__name__}: {error}"
        raise Unavailable(
            phrase("%(name)s cannot be read as XLS (%(reason)s). Save it as .xlsx.", name=path.name, reason=reason)
        ) from None


def _grid(path: Path, book: Any, sheet: Any) -> Grid:
    size = Counted(path)
    for number in range(sheet.nrows):
        size.add([_value(book, cell) for cell in sheet.row(number)])
    merges = tuple(Merge(top + 1, left, bottom, right - 1) for top, bottom, left, right in sheet.merged_cells)
    return Grid(sheet.name, size.rows, merges)


def _value(book: Any, cell: Any) -> Any:
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return Fault(phrase("holds the error %(value)s.", value=xlrd.error_text_from_code.get(cell.value, cell.value)))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return raw_value(xlrd.xldate_as_datetime(cell.value, book.datemode))
        except (ValueError, OverflowError, xlrd.XLDateError):
            return Fault(phrase("holds a date that there is none of."))
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    return cell.value or None if isinstance(cell.value, str) else raw_value(cell.value)
