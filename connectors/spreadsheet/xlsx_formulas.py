"""Formulas of a workbook and the values that they last had. openpyxl keeps either the one or the other: saved
by it alone, every formula would read as blank until somebody opens the file in Excel, and a blank is an edit."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from openpyxl.utils.datetime import to_excel
from openpyxl.workbook.properties import CalcProperties

from connectors.spreadsheet.xlsx_text import load

# Nothing in these gives back what it took (``?>``, ``*+``), and no tag goes on over the next "<": a file could be made that is
# searched for days, and meanwhile nothing else in the process runs.
_CELL = rb'((?><(?:\w++:)?c (?:[^<>]*? )?r="([A-Z]{1,3}\d{1,7})"[^<>]*+))>(\s*+(?><(?:\w++:)?f(?:[^<>]*+(?<=/)>|[^<>]*+>[^<]*+</(?:\w++:)?f>)))\s*+'
_NO_VALUE = rb"(?><(?:\w++:)?v\s*+/>|<(?:\w++:)?v></(?:\w++:)?v>)?\s*+</(?:\w++:)?c>"
_UNCALCULATED = re.compile(_CELL + _NO_VALUE)


def uncalculated(sheet: Any) -> frozenset[str]:
    """Cells of a sheet (opened to be read) whose formula has no value yet. A formula whose value is the empty
    text has one: Excel says so by the cell's type."""
    with sheet._get_source() as part:
        found = _UNCALCULATED.finditer(part.read())
        return frozenset(cell[2].decode() for cell in found if b't="str"' not in cell[1])


def saved(book: Any, path: Path) -> bytes:
    """The workbook as a file. Formulas keep the values that they have in ``path`` until Excel calculates anew."""
    book.calculation = book.calculation or CalcProperties()
    book.calculation.fullCalcOnLoad = True
    out = io.BytesIO()
    book.save(out)
    if not any(cell.data_type == "f" for sheet in book.worksheets for row in sheet.iter_rows() for cell in row):
        return out.getvalue()
    known, source_book = load(path, data_only=True), load(path, read_only=True)
    never = {sheet.title: uncalculated(sheet) for sheet in source_book.worksheets}
    source_book.close()
    parts = {sheet.path.lstrip("/"): known[sheet.title] for sheet in book.worksheets}
    filled = io.BytesIO()
    with zipfile.ZipFile(out) as source, zipfile.ZipFile(filled, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename in parts:
                content = _filled(content, parts[info.filename], never[parts[info.filename].title])
            target.writestr(info, content)
    return filled.getvalue()


def _filled(content: bytes, known: Any, never: frozenset[str]) -> bytes:
    def fill(found: re.Match[bytes]) -> bytes:
        place = found[2].decode()
        if place in never:
            return found[0]
        type, text = _stored(known[place], known.parent.epoch)
        return found[1] + type + b">" + found[3] + b"<v>" + text.encode() + b"</v></c>"

    return _UNCALCULATED.sub(fill, content)


def _stored(cell: Any, epoch: Any) -> tuple[bytes, str]:
    """The type attribute and the text of a value (ECMA-376 part 1, 18.18.11)."""
    value = cell.value
    if cell.data_type == "e":
        return b' t="e"', str(value)
    if isinstance(value, bool):
        return b' t="b"', str(int(value))
    if isinstance(value, date | time | timedelta):
        return b"", repr(to_excel(value, epoch))
    if isinstance(value, int | float):
        return b"", repr(value)
    return b' t="str"', escape(str(value or ""))
