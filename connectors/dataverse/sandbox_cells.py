"""The stand-in's tables as its page shows them: every value as text a person can type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.dataverse.sandbox_errors import WireError
from connectors.dataverse.sandbox_rows import Environment
from connectors.dataverse.sandbox_tables import OWNERS
from connectors.dataverse.sandbox_tables import Column as Kept
from connectors.sandbox import Column

LISTED = 300
"""So many rows of another table are offered as a list; more are typed by id."""


class Cells:
    """The page's ``Rows`` over an environment. A lookup reads ``name · id``, a choice its label."""

    def __init__(self, env: Environment) -> None:
        self.env = env

    def tables(self) -> Sequence[str]:
        return list(self.env.types)

    def columns(self, table: str) -> Sequence[Column]:
        return [
            Column(column.name, column.writable, self._choices(column), column.type == "Memo")
            for column in self._shown(table)
        ]

    def rows(self, table: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        of, shown = self.env.types[table], self._shown(table)
        return [
            (row[of.id], {column.name: self._text(column, row.get(column.name)) for column in shown})
            for row in self.env.rows(table)
        ]

    def write(self, table: str, id: str | None, cells: Mapping[str, str]) -> str:
        columns = self.env.types[table].columns
        values = {name: self._typed(columns[name], text) for name, text in cells.items() if name in columns}
        try:
            if id is None:
                return self.env.insert(table, {name: value for name, value in values.items() if value is not None})
            self.env.update(table, id, values)
            return id
        except WireError as error:
            raise ValueError(error.message) from None

    def remove(self, table: str, id: str) -> None:
        self.env.delete(table, id)

    def _shown(self, table: str) -> list[Kept]:
        """What people work with first, what the system keeps for itself last."""
        of = self.env.types[table]
        columns = [column for column in of.columns.values() if column.name != of.id]
        return sorted(columns, key=lambda c: (not c.writable, c.name != of.title, not c.name.startswith("commons_")))

    def _targets(self, column: Kept) -> list[str]:
        return list(OWNERS) if column.type == "Owner" else list(column.targets)

    def _choices(self, column: Kept) -> tuple[str, ...]:
        if column.type == "Boolean":
            return ("true", "false")
        if column.choices:
            return tuple(label for _, label in column.choices)
        if column.lookup:
            pairs = [(name, id) for name in self._targets(column) for id in self.env.tables[name]]
            return tuple(self._text(column, pair) for pair in pairs) if len(pairs) <= LISTED else ()
        return ()

    def _text(self, column: Kept, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if column.lookup:
            row = self.env.tables[value[0]].get(value[1], {})
            return f"{row.get(self.env.types[value[0]].title) or ''} · {value[1]}"
        if column.choices:
            return dict(column.choices).get(value, str(value))
        return format(value, "f") if isinstance(value, Decimal) else str(value)

    def _typed(self, column: Kept, text: str) -> Any:
        if not text:
            return None
        if column.type == "Boolean":
            return text == "true"
        if column.lookup:
            id = text.rpartition("· ")[2].strip()
            return next(
                ((name, id) for name in self._targets(column) if id in self.env.tables[name]), (column.name, id)
            )
        if column.choices:
            labels = {label: value for value, label in column.choices}
            if text not in labels:
                raise ValueError(f"{column.name} does not offer {text!r}.")
            return labels[text]
        if column.type in ("Money", "Decimal", "Integer"):
            return _number(column, text)
        return text


def _number(column: Kept, text: str) -> Any:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{column.name} takes a number like 12000.50, not {text!r}.") from None
    return int(number) if column.type == "Integer" else number
