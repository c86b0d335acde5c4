"""Ranges in A1 notation, and the table that ``append`` looks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.google_sheets.ranges import letters, number, quoted
from connectors.google_sheets.sandbox_book import Book, Tab
from connectors.google_sheets.sandbox_errors import invalid

_SIDE = r"([A-Z]{1,3})?(\d+)?"
_AREA = re.compile(rf"{_SIDE}(?::{_SIDE})?", re.IGNORECASE)
_TAB = re.compile(r"(?:('(?:[^']|'')*'|[^'!]+)!)?(.*)", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Area:
    """Rows ``top`` to ``bottom`` and columns ``left`` to ``right``, ends included."""

    tab: Tab
    top: int
    left: int
    bottom: int
    right: int

    def shown(self) -> str:
        tab = self.tab.title if _PLAIN.fullmatch(self.tab.title) else quoted(self.tab.title)
        first, last = f"{letters(self.left)}{self.top}", f"{letters(self.right)}{self.bottom}"
        return f"{tab}!{first}" + (f":{last}" if last != first else "")


def parse(book: Book, text: str) -> Area:
    """A tab alone is the whole of it; a range without a tab is of the first one."""
    if any(tab.title == text for tab in book.tabs):
        return _within(book.tab(text), None, None, None, None, text)
    found = _TAB.fullmatch(text)
    name, rest = (found[1], found[2]) if found else (None, text)
    if name is None and text.startswith("'") and text.endswith("'"):
        name, rest = text, ""
    title = name[1:-1].replace("''", "'") if name and name.startswith("'") else name
    tabs = [tab for tab in book.tabs if title is None or tab.title == title]
    sides = _AREA.fullmatch(rest)
    if not tabs or sides is None or (not rest and name is None):
        raise invalid(f"Unable to parse range: {text}")
    left, top, right, bottom = sides.groups()
    if ":" not in rest and rest:
        if not (left and top):
            raise invalid(f"Unable to parse range: {text}")
        right, bottom = left, top
    return _within(tabs[0], top, left, bottom, right, text)


def _within(tab: Tab, top: str | None, left: str | None, bottom: str | None, right: str | None, text: str) -> Area:
    first, from_column = int(top or 1), number((left or "A").upper())
    last, to_column = int(bottom or tab.height), number(right.upper()) if right else tab.width
    if first > tab.height or from_column > tab.width:
        raise invalid(f"Range ({text}) exceeds grid limits. Max rows: {tab.height}, max columns: {tab.width}")
    return Area(tab, first, from_column, min(last, tab.height), min(to_column, tab.width))


def table(area: Area) -> Area | None:
    """The block of cells around the last filled row of the area, grown until nothing touches it; ``None`` where the area
    holds nothing."""
    tab = area.tab
    inside = [(r, c) for r, c in tab.cells if area.top <= r <= area.bottom and area.left <= c <= area.right]
    if not inside:
        return None
    row = max(r for r, _ in inside)
    columns = [c for r, c in inside if r == row]
    top, bottom, left, right = row, row, min(columns), max(columns)
    while True:
        near = [(r, c) for r, c in tab.cells if top - 1 <= r <= bottom + 1 and left - 1 <= c <= right + 1]
        grown = (
            min(top, *(r for r, _ in near)),
            max(bottom, *(r for r, _ in near)),
            min(left, *(c for _, c in near)),
            max(right, *(c for _, c in near)),
        )
        if grown == (top, bottom, left, right):
            return Area(tab, top, left, bottom, right)
        top, bottom, left, right = grown
