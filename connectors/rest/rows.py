"""From a system's rows to records: wanted columns only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.contract import Raw, Record, Refused, Wanted
from connectors.rest.declaration import Declaration
from connectors.rest.dig import MISSING, bury, dig
from schemas.said import phrase


@dataclass(frozen=True, slots=True)
class Rows:
    """Reads and writes the cells of a row as the declaration says where they stand. ``page`` is the address of a record
    for a person, with ``{id}`` in it."""

    declaration: Declaration
    wanted: Wanted
    page: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        key = (self.wanted.key,) if self.wanted.key else ()
        return tuple(dict.fromkeys((*self.wanted.fields, *key)))

    def id_of(self, row: Any) -> str | None:
        """``None`` for what is no record."""
        found = dig(row, self.declaration.record.id)
        known = isinstance(found, str | int) and not isinstance(found, bool) and str(found) not in ("", ".", "..")
        return str(found) if known else None

    def record(self, row: Any, version: str | None = None) -> Record | None:
        """``version``: what an answer said of it outside the row. ``None`` for what is no record."""
        id = self.id_of(row)
        cells = dig(row, self.declaration.record.fields)
        if id is None or not isinstance(cells, dict):
            return None
        where = self.declaration.record.version
        found = dig(row, where) if where is not None else MISSING
        if found is not MISSING and found is not None:
            version = str(found)
        return Record(id, self.cells(row), version, self.page.replace("{id}", id) if self.page else None)

    def cells(self, row: Any) -> Raw:
        """The wanted columns that the row has."""
        there = ((name, self._cell(row, name)) for name in self.columns)
        return {name: value for name, value in there if value is not MISSING}

    def is_gone(self, row: Any) -> bool:
        """Whether the row is a tombstone, or says of itself that it was deleted."""
        mark = self.declaration.record.deleted
        if mark is None:
            return False
        found = dig(row, mark.field)
        return type(found) is type(mark.equals) and bool(found == mark.equals)

    def key_of(self, row: Any) -> str | None:
        found = self._cell(row, self.wanted.key or "") if isinstance(row, dict) else None
        return None if found is MISSING or found is None else str(found)

    def names(self, rows: Iterable[Any]) -> list[str]:
        """The columns that occur in these rows, the wanted ones within others too."""
        found: dict[str, None] = {}
        for row in rows:
            cells = dig(row, self.declaration.record.fields)
            if isinstance(cells, dict):
                found |= dict.fromkeys(str(name) for name in cells)
                found |= dict.fromkeys(name for name in self.columns if self._cell(row, name) is not MISSING)
        return list(found)

    def to_wire(self, fields: Mapping[str, Any]) -> Raw:
        """Cells as they are sent; a column within others goes where it stands. A key of digits is a number where the key
        column takes numbers."""
        sent: Raw = {}
        for name, value in fields.items():
            sent = bury(value, name, sent, self._separator(name)) if self._separator(name) else {**sent, name: value}
        return sent

    def refused(self, at: int) -> Refused:
        return Refused(
            None,
            phrase("%(object)s, row %(at)s of a page", object=repr(self.wanted.object), at=at),
            phrase("This is not a record of the declared shape."),
        )

    def _separator(self, name: str) -> str:
        separator = self.declaration.record.nested
        return separator if separator and separator in name else ""

    def _cell(self, row: Any, name: str) -> Any:
        cells = dig(row, self.declaration.record.fields)
        if isinstance(cells, dict) and name in cells:
            return cells[name]
        return dig(cells, name, self._separator(name)) if self._separator(name) else MISSING
