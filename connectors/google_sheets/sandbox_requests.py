"""What a book says about itself, and the few structural requests with which tests play people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.google_sheets.sandbox_book import Book, Tab
from connectors.google_sheets.sandbox_errors import invalid


def metadata(book: Book) -> dict[str, Any]:
    """Field masks are not followed: more is told than was asked for."""
    return {
        "spreadsheetId": book.id,
        "properties": {"title": book.title, "locale": "en_US", "timeZone": "Etc/GMT"},
        "sheets": [{"properties": _properties(at, tab)} for at, tab in enumerate(book.tabs)],
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{book.id}/edit",
    }


def _properties(index: int, tab: Tab) -> dict[str, Any]:
    grid = {"rowCount": tab.height, "columnCount": tab.width}
    return {"sheetId": tab.gid, "title": tab.title, "index": index, "sheetType": "GRID", "gridProperties": grid}


def batch(book: Book, body: Mapping[str, Any]) -> dict[str, Any]:
    replies: list[dict[str, Any]] = []
    for each in body.get("requests") or ():
        ((name, said),) = each.items()
        act = _ACTS.get(name)
        if act is None:
            raise invalid(f"Invalid requests[0].{name}: not in this stand-in")
        act(book, said)
        replies.append({})
    return {"spreadsheetId": book.id, "replies": replies}


def _tab(book: Book, gid: Any) -> Tab:
    for tab in book.tabs:
        if tab.gid == gid:
            return tab
    raise invalid(f"No grid with id: {gid}")


def _sort(book: Book, said: Mapping[str, Any]) -> None:
    area, (by,) = said["range"], said["sortSpecs"]
    tab = _tab(book, area.get("sheetId", 0))
    descending = by.get("sortOrder") == "DESCENDING"
    tab.sort(by["dimensionIndex"] + 1, area.get("startRowIndex", 0) + 1, descending=descending)


def _insert(book: Book, said: Mapping[str, Any]) -> None:
    area = said["range"]
    tab, at = _tab(book, area.get("sheetId", 0)), area["startIndex"] + 1
    if area["dimension"] == "COLUMNS":
        tab.insert_column(at)
    else:
        tab.insert(at, area["endIndex"] - area["startIndex"])


def _delete(book: Book, said: Mapping[str, Any]) -> None:
    area = said["range"]
    _tab(book, area.get("sheetId", 0)).delete(area["startIndex"] + 1, area["endIndex"] - area["startIndex"])


_ACTS: dict[str, Callable[[Book, Mapping[str, Any]], None]] = {
    "sortRange": _sort,
    "insertDimension": _insert,
    "deleteDimension": _delete,
}
