"""The base as the sandbox page shows it to a person: cells as text, links by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.airtable import sandbox_cells as cells
from connectors.airtable.sandbox_errors import WireError
from connectors.airtable.sandbox_state import Base
from connectors.sandbox import Column


class Tables:
    """``sandbox.Rows`` over a base."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def tables(self) -> Sequence[str]:
        return [table.name for table in self._base.tables]

    def columns(self, table: str) -> Sequence[Column]:
        return [
            Column(c.name, not c.computed, tuple(self._choices(c)), c.type in ("multilineText", "richText"))
            for c in self._base.table(table).columns
        ]

    def rows(self, table: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        found = self._base.table(table)
        return [
            (row.id, {c.name: self._text(c, found.cell(row, c)) for c in found.columns}) for row in found.rows.values()
        ]

    def write(self, table: str, id: str | None, typed: Mapping[str, str]) -> str:
        found = self._base.table(table)
        try:
            with self._base.whole():
                row = self._base.change(found, id, typed, True) if id else self._base.create(found, typed, True)
        except WireError as error:
            raise ValueError(error.message) from None
        return row.id

    def remove(self, table: str, id: str) -> None:
        self._base.table(table).rows.pop(id, None)

    def _choices(self, column: cells.Column) -> list[str]:
        return {"checkbox": ["yes"], "singleSelect": column.choices}.get(column.type, [])

    def _text(self, column: cells.Column, value: Any) -> str:
        """Links by the name of the record they point at, for people."""
        if column.type == cells.LINKS and value:
            target = self._base.table(column.options["linkedTableId"])
            first = target.columns[0].name
            return ", ".join(cells.shown(target.rows[each].cells.get(first)) for each in value if each in target.rows)
        return cells.shown(value)
