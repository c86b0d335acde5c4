"""The books as the sandbox page shows them to a person, and as tests play people: rows by the names of the header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.google_sheets import sandbox_cells as cells
from connectors.google_sheets.sandbox_book import Book, Tab, planted
from connectors.google_sheets.sandbox_errors import WireError
from connectors.sandbox import Column


def read(tab: Tab, header: int = 1) -> Iterator[tuple[int, dict[str, Any]]]:
    names = {column: str(cell.value) for column, cell in tab.row(header).items()}
    for number in range(header + 1, tab.bottom + 1):
        row = {
            names[c]: cells.shown(cell, "UNFORMATTED_VALUE", "FORMATTED_STRING")
            for c, cell in tab.row(number).items()
            if c in names
        }
        if row:
            yield number, row


def write(tab: Tab, number: int | None, typed: Mapping[str, Any], header: int = 1) -> int:
    """New rows go below the last; new names go into the header."""
    at = {str(cell.value): column for column, cell in tab.row(header).items()}
    number = number or max(tab.bottom, header) + 1
    tab.height = max(tab.height, number)
    for name, value in typed.items():
        if name not in at:
            at[name] = max(at.values(), default=0) + 1
            tab.put(header, at[name], planted(name))
        tab.put(number, at[name], None if value == "" else planted(value))
    return number


class Tables:
    """``sandbox.Rows`` over all books."""

    def __init__(self, books: Mapping[str, Book]) -> None:
        self._books = books

    def tables(self) -> Sequence[str]:
        return [tab.title for book in self._books.values() for tab in book.tabs]

    def columns(self, table: str) -> Sequence[Column]:
        row = self._tab(table).row(1)
        return [Column(str(row[column].value)) for column in sorted(row)]

    def rows(self, table: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        return [(str(number), {n: str(v) for n, v in row.items()}) for number, row in read(self._tab(table))]

    def write(self, table: str, id: str | None, typed: Mapping[str, str]) -> str:
        tab = self._tab(table)
        try:
            found = {name: cells.accepted(text, "USER_ENTERED") for name, text in typed.items()}
            plain = {
                n: {"value": c.value, "formula": c.formula, "pattern": c.pattern} if c else "" for n, c in found.items()
            }
            return str(write(tab, int(id) if id else None, plain))
        except WireError as error:
            raise ValueError(str(error)) from None

    def remove(self, table: str, id: str) -> None:
        self._tab(table).delete(int(id))

    def _tab(self, title: str) -> Tab:
        return next(tab for book in self._books.values() for tab in book.tabs if tab.title == title)
