"""The values part of the API over a book: read, write, append, clear. A call is all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.google_sheets import sandbox_cells as cells
from connectors.google_sheets.sandbox_areas import Area, parse, table
from connectors.google_sheets.sandbox_book import Book
from connectors.google_sheets.sandbox_errors import invalid

RENDERS = ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA")
DATES = ("SERIAL_NUMBER", "FORMATTED_STRING")
INPUTS = ("RAW", "USER_ENTERED")


def get(book: Book, text: str, query: Mapping[str, str]) -> dict[str, Any]:
    render = _one_of(query.get("valueRenderOption") or "FORMATTED_VALUE", RENDERS, "valueRenderOption")
    dates = _one_of(query.get("dateTimeRenderOption") or "SERIAL_NUMBER", DATES, "dateTimeRenderOption")
    dimension = _one_of(query.get("majorDimension") or "ROWS", ("ROWS", "COLUMNS"), "majorDimension")
    return cells.value_range(parse(book, text), dimension, render, dates)


def put(book: Book, text: str, body: Any, how: str) -> dict[str, Any]:
    """A ``null`` leaves its cell as it is."""
    _one_of(how, INPUTS, "valueInputOption")
    area = parse(book, text)
    rows = _rows(body)
    height, width = len(rows), max(map(len, rows), default=0)
    whole = area.shown() if ":" in text else None
    if whole and (height > area.bottom - area.top + 1 or width > area.right - area.left + 1):
        raise invalid(f"Requested writing within range [{whole}], but tried writing outside of it")
    written = _written(area, rows, how)
    shown = Area(area.tab, area.top, area.left, area.top + max(height, 1) - 1, area.left + max(width, 1) - 1)
    return {
        "spreadsheetId": book.id,
        "updatedRange": shown.shown(),
        "updatedRows": height,
        "updatedColumns": width,
        "updatedCells": written,
    }


def batch_put(book: Book, body: Mapping[str, Any]) -> dict[str, Any]:
    data, how = body.get("data") or [], str(body.get("valueInputOption") or "")
    answers = [put(book, str(each.get("range")), each, how) for each in data]
    return {
        "spreadsheetId": book.id,
        "totalUpdatedRows": len({(a["updatedRange"].rpartition("!")[2]) for a in answers}),
        "totalUpdatedColumns": sum(a["updatedColumns"] for a in answers),
        "totalUpdatedCells": sum(a["updatedCells"] for a in answers),
        "totalUpdatedSheets": 1,
        "responses": answers,
    }


def append(book: Book, text: str, body: Any, query: Mapping[str, str]) -> dict[str, Any]:
    how = _one_of(query.get("valueInputOption") or "", INPUTS, "valueInputOption")
    inserting = query.get("insertDataOption", "OVERWRITE") == "INSERT_ROWS"
    area = parse(book, text)
    found, rows = table(area), _rows(body)
    top, left = (found.bottom + 1, found.left) if found else (area.top, area.left)
    tab = area.tab
    if inserting and top <= tab.height:
        tab.insert(top, len(rows))
    tab.height = max(tab.height, top + len(rows) - 1)
    width = max(map(len, rows), default=1)
    at = Area(tab, top, left, top + len(rows) - 1, left + width - 1)
    written = _written(at, rows, how)
    updates = {
        "spreadsheetId": book.id,
        "updatedRange": at.shown(),
        "updatedRows": len(rows),
        "updatedColumns": width,
        "updatedCells": written,
    }
    shown = {"tableRange": found.shown()} if found else {}
    return {"spreadsheetId": book.id, **shown, "updates": updates}


def clear(book: Book, text: str) -> str:
    """The range as Google names it."""
    area = parse(book, text)
    for row, column in list(area.tab.cells):
        if area.top <= row <= area.bottom and area.left <= column <= area.right:
            _may(area, column)
            area.tab.put(row, column, None)
    return area.shown()


def _written(area: Area, rows: Sequence[Sequence[Any]], how: str) -> int:
    count = 0
    for down, row in enumerate(rows):
        for across, given in enumerate(row):
            if given is not None:
                _may(area, area.left + across)
                area.tab.put(area.top + down, area.left + across, cells.accepted(given, how))
                count += 1
    return count


def _may(area: Area, column: int) -> None:
    if column in area.tab.protected:
        raise invalid(
            "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection "
            "if you need to edit."
        )


def _rows(body: Any) -> list[list[Any]]:
    given = body.get("values") if isinstance(body, Mapping) else None
    if not isinstance(given, list) or not all(isinstance(row, list) for row in given):
        raise invalid("Invalid JSON payload received. values must be a list of lists.")
    if body.get("majorDimension", "ROWS") == "COLUMNS":
        height = max(map(len, given), default=0)
        return [[column[at] if at < len(column) else None for column in given] for at in range(height)]
    return given


def _one_of(value: str, allowed: Sequence[str], name: str) -> str:
    if value not in allowed:
        raise invalid(f"Invalid value at '{name}': {value!r}")
    return value
