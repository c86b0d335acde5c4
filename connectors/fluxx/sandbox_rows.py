"""The site as the sandbox page shows it to a person: cells as text, relations with the name of what they point at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.fluxx.sandbox_errors import WireError
from connectors.fluxx.sandbox_models import UNINDEXED, Column
from connectors.fluxx.sandbox_site import Site
from connectors.sandbox import Column as Shown

HIDDEN = frozenset({"id", "deleted_at", "created_by_id", "updated_by_id"})


class Tables:
    """``sandbox.Rows`` over a site. A relation reads ``name · id``."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def tables(self) -> Sequence[str]:
        return [name for name in self._site.models if name not in UNINDEXED]

    def columns(self, table: str) -> Sequence[Shown]:
        return [
            Shown(c.name, c.writable and not c.several, self._choices(c), c.type == "text")
            for c in self._in_order(table)
        ]

    def rows(self, table: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        """As the database has them; what the page changes, lists show when the index has it."""
        columns = self._in_order(table)
        return [
            (str(id), {c.name: self._text(c, row.cells.get(c.name)) for c in columns})
            for id, row in self._site.rows[table].items()
            if not row.cells.get("deleted_at")
        ]

    def write(self, table: str, id: str | None, cells: Mapping[str, str]) -> str:
        known = self._site.model(table).columns
        typed = {
            name: text.rpartition("· ")[2] if known[name].target else text
            for name, text in cells.items()
            if name in known and known[name].writable and not known[name].several
        }
        try:
            if id is None:
                return str(self._site.insert(table, {name: text for name, text in typed.items() if text}))
            self._site.update(table, int(id), typed)
            return id
        except WireError as error:
            raise ValueError(error.message) from None

    def remove(self, table: str, id: str) -> None:
        self._site.remove(table, int(id))

    def _in_order(self, table: str) -> list[Column]:
        """The site's own fields first, what nobody types last."""
        columns = [c for c in self._site.model(table).columns.values() if c.name not in HIDDEN]
        return sorted(columns, key=lambda c: (not c.writable, c.name.startswith(("project_", "commons_")) is False))

    def _choices(self, column: Column) -> tuple[str, ...]:
        if column.type == "boolean":
            return ("true", "false")
        return column.choices

    def _text(self, column: Column, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if column.target in self._site.models:
            target = self._site.live(column.target, value) or {}
            name = target.get("name") or target.get("email")
            return f"{name} · {value}" if name else str(value)
        if isinstance(value, list):
            return ", ".join(value)
        return format(value, "f") if isinstance(value, Decimal) else str(value)
