"""The spreadsheets behind the stand-in: tabs of cells, and what people do to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.google_sheets.sandbox_errors import invalid

LONGEST = 50_000
Position = tuple[int, int]
"""Row and column, both from 1."""


@dataclass(frozen=True)
class Cell:
    """``value`` is text, a number (a double), a tick, or "" for a formula without one. A number with a ``pattern`` is a
    day counted from 1899-12-30. ``formula`` begins with ``=``; it is kept and not calculated."""

    value: str | float | bool
    formula: str = ""
    pattern: str = ""


@dataclass
class Tab:
    gid: int
    title: str
    height: int = 1000
    width: int = 26
    cells: dict[Position, Cell] = field(default_factory=dict)
    protected: set[int] = field(default_factory=set)
    """Columns that only the owner may edit."""

    def put(self, row: int, column: int, cell: Cell | None) -> None:
        """By someone who may. Within the grid only."""
        if row > self.height or column > self.width:
            raise invalid(
                f"Range ({self.title}!{row}:{column}) exceeds grid limits. Max rows: {self.height}, max columns: {self.width}"
            )
        if cell is not None and isinstance(cell.value, str) and len(cell.value) > LONGEST:
            raise invalid("Your input contains more than the maximum of 50000 characters in a single cell.")
        if cell is None or (cell.value == "" and not cell.formula):
            self.cells.pop((row, column), None)
        else:
            self.cells[row, column] = cell

    def row(self, number: int) -> dict[int, Cell]:
        return {column: cell for (row, column), cell in self.cells.items() if row == number}

    @property
    def bottom(self) -> int:
        """The last row with something in it, 0 without one."""
        return max((row for row, _ in self.cells), default=0)

    def insert(self, at: int, count: int) -> None:
        """Blank rows before row ``at``."""
        self._move(lambda row: row + count if row >= at else row)
        self.height += count

    def delete(self, at: int, count: int = 1) -> None:
        self._move(lambda row: None if at <= row < at + count else row - count if row >= at + count else row)
        self.height -= count

    def insert_column(self, at: int) -> None:
        self.cells = {(row, c + 1 if c >= at else c): cell for (row, c), cell in self.cells.items()}
        self.width += 1

    def sort(self, column: int, top: int, *, descending: bool = False) -> None:
        """Rows ``top`` to the last by one column, as a person sorts: numbers before text, blanks last."""
        rows = [self.row(number) for number in range(top, self.bottom + 1)]
        filled = sorted((r for r in rows if column in r), key=lambda r: _rank(r[column].value), reverse=descending)
        order = filled + [r for r in rows if column not in r]
        kept = {at: cell for at, cell in self.cells.items() if at[0] < top}
        self.cells = kept | {(top + n, c): cell for n, row in enumerate(order) for c, cell in row.items()}

    def _move(self, to: Callable[[int], int | None]) -> None:
        moved = {(to(row), column): cell for (row, column), cell in self.cells.items()}
        self.cells = {(row, column): cell for (row, column), cell in moved.items() if row is not None}


@dataclass
class Book:
    """``roles``: e-mail address to "reader" or "writer"; the stand-in's service account is a writer unless told otherwise."""

    id: str
    title: str
    roles: dict[str, str]
    tabs: list[Tab]

    def tab(self, title: str) -> Tab:
        """``Unable to parse range`` where there is none."""
        for tab in self.tabs:
            if tab.title == title:
                return tab
        raise invalid(f"Unable to parse range: {title}")

    def snapshot(self) -> list[Tab]:
        """For a call that is all or nothing."""
        return [replace(tab, cells=dict(tab.cells)) for tab in self.tabs]


def book(id: str, seed: Mapping[str, Any], email: str) -> Book:
    """``{"title", "role", "tabs": {title: [[cell, …], …]}}``; a cell is plain JSON, or ``{"value", "formula", "pattern"}``."""
    tabs = [Tab(at * 1000, title) for at, title in enumerate(seed.get("tabs", {}))]
    for tab in tabs:
        fill(tab, seed["tabs"][tab.title])
    return Book(id, seed.get("title", "A spreadsheet"), {email: seed.get("role", "writer")}, tabs)


def fill(tab: Tab, rows: Sequence[Sequence[Any]]) -> None:
    for number, row in enumerate(rows, 1):
        for column, given in enumerate(row, 1):
            tab.put(number, column, planted(given))


def planted(given: Any) -> Cell | None:
    if given is None:
        return None
    if isinstance(given, Mapping):
        return Cell(given.get("value", ""), given.get("formula", ""), given.get("pattern", ""))
    return Cell(float(given) if isinstance(given, int) and not isinstance(given, bool) else given)


def _rank(value: str | float | bool) -> tuple[int, float, str]:
    return (1, 0.0, value.casefold()) if isinstance(value, str) else (0, float(value), "")
