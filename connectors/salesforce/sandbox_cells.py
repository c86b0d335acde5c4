"""The stand-in's tables as its page shows them: every value as text a person can type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.salesforce.sandbox_errors import WireError
from connectors.salesforce.sandbox_objects import Column as Kept
from connectors.salesforce.sandbox_rows import Org
from connectors.sandbox import Column

LISTED = 300
"""So many records of another object are offered as a list; more are typed by id."""

_FIRST = ("outfunds__Funding_Request__c", "Account")
_HIDDEN = frozenset({"Id", "IsDeleted"})


class Cells:
    """The page's ``Rows`` over an org. A lookup reads ``name · id``, so that a person sees whom it names."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def tables(self) -> Sequence[str]:
        return [*_FIRST, *(name for name in self.org.objects if name not in _FIRST)]

    def columns(self, table: str) -> Sequence[Column]:
        return [
            Column(column.name, column.writable, self._choices(column), column.type == "textarea")
            for column in self._shown(table)
        ]

    def rows(self, table: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        shown = self._shown(table)
        return [
            (row["Id"], {column.name: self._text(column, row[column.name]) for column in shown})
            for row in self.org.rows(table)
        ]

    def write(self, table: str, id: str | None, cells: Mapping[str, str]) -> str:
        target = self.org.object(table)
        values = {name: _typed(target.columns[name], text) for name, text in cells.items() if name in target.columns}
        try:
            if id is None:
                return self.org.insert(table, {name: value for name, value in values.items() if value is not None})
            self.org.update(table, id, values)
            return id
        except WireError as error:
            raise ValueError(error.message) from None

    def remove(self, table: str, id: str) -> None:
        self.org.delete(table, id)

    def _shown(self, table: str) -> list[Kept]:
        """What people work with first, what the system keeps for itself last."""
        columns = [column for column in self.org.object(table).columns.values() if column.name not in _HIDDEN]
        return sorted(columns, key=lambda c: (not c.writable, c.name != "Name", not c.name.startswith("Commons_")))

    def _choices(self, column: Kept) -> tuple[str, ...]:
        if column.type == "boolean":
            return ("true", "false")
        if column.type == "picklist":
            return column.values
        if column.type == "reference":
            found = list(self.org.rows(column.refers[0]))
            return tuple(self._text(column, row["Id"]) for row in found) if len(found) <= LISTED else ()
        return ()

    def _text(self, column: Kept, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if column.type == "reference":
            row = self.org.tables[column.refers[0]].get(value)
            named = row and (row.get("Name") or row.get("LastName"))
            return f"{named} · {value}" if named else str(value)
        return format(value, "f") if isinstance(value, Decimal) else str(value)


def _typed(column: Kept, text: str) -> Any:
    if column.type == "boolean":
        return text == "true"
    if not text:
        return None
    if column.type == "reference":
        return text.rpartition("· ")[2].strip()
    if column.type in ("currency", "double"):
        try:
            return Decimal(text)
        except InvalidOperation:
            raise ValueError(f"{column.name} takes a number like 12000.50, not {text!r}.") from None
    return text
