"""Cells in and out: what RAW and USER_ENTERED make of a value, and how each render option shows one."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from connectors.google_sheets.sandbox_areas import Area
from connectors.google_sheets.sandbox_book import Cell
from connectors.google_sheets.sandbox_errors import invalid

FIRST_DAY = date(1899, 12, 30)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


def accepted(given: Any, how: str) -> Cell | None:
    """``""`` clears. RAW keeps text as it is; USER_ENTERED takes it as if typed."""
    if isinstance(given, bool):
        return Cell(given)
    if isinstance(given, int | float):
        return Cell(float(given))
    if not isinstance(given, str):
        raise invalid(f"Invalid values[0][0]: {type(given).__name__}_value")
    return Cell(given) if how == "RAW" else _typed(given)


def _typed(text: str) -> Cell:
    if text.startswith("'"):
        return Cell(text[1:])
    if text.startswith("=") and len(text) > 1:
        return Cell("", formula=text)
    if text.upper() in ("TRUE", "FALSE"):
        return Cell(text.upper() == "TRUE")
    if _NUMBER.fullmatch(text):
        return Cell(float(text))
    day = _DAY.fullmatch(text)
    if day:
        return Cell(float((date(int(day[1]), int(day[2]), int(day[3])) - FIRST_DAY).days), pattern="yyyy-mm-dd")
    return Cell(text)


def shown(cell: Cell | None, render: str, dates: str) -> Any:
    if cell is None:
        return ""
    if render == "FORMULA" and cell.formula:
        return cell.formula
    if render == "FORMATTED_VALUE" or (cell.pattern and render == "UNFORMATTED_VALUE" and dates == "FORMATTED_STRING"):
        return formatted(cell)
    value = cell.value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def formatted(cell: Cell) -> str:
    """As people see it."""
    value = cell.value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return value
    if not cell.pattern:
        return f"{value:.15g}"
    day = FIRST_DAY + timedelta(days=int(value))
    text = (
        cell.pattern.replace("yyyy", f"{day.year:04}").replace("mm", f"{day.month:02}").replace("dd", f"{day.day:02}")
    )
    return text.replace("d", str(day.day)).replace("m", str(day.month))


def value_range(area: Area, dimension: str, render: str, dates: str) -> dict[str, Any]:
    """Blank cells at the end of a row, and blank rows at the end, are left out."""
    tab = area.tab
    rows, columns = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
    if dimension == "COLUMNS":
        lists = [_trimmed([shown(tab.cells.get((r, c)), render, dates) for r in rows]) for c in columns]
    else:
        lists = [_trimmed([shown(tab.cells.get((r, c)), render, dates) for c in columns]) for r in rows]
    body: dict[str, Any] = {"range": area.shown(), "majorDimension": dimension}
    while lists and not lists[-1]:
        lists.pop()
    return body | ({"values": lists} if lists else {})


def _trimmed(cells: list[Any]) -> list[Any]:
    while cells and cells[-1] == "":
        cells.pop()
    return cells
