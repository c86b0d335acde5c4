"""The rows of the stand-in environment, and what a write does to them.

A row is a dict that is never changed in place. Every write gives its row a new, higher version, as a deletion does that
is told to whoever tracks changes. A lookup is kept as the pair of table and id.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connectors.dataverse.sandbox_errors import DOUBLE, NOT_THERE, WireError, bad
from connectors.dataverse.sandbox_tables import OWNERS, TABLES, Column, TableType
from connectors.dataverse.sandbox_values import stamp, stored

Row = dict[str, Any]
USER_ID = "7d577253-3ef0-4a0a-bb7f-8335c2596e70"


@dataclass(frozen=True, slots=True)
class Deleted:
    version: int
    table: str
    id: str


@dataclass(slots=True)
class Key:
    """An alternate key of one column. Only an ``Active`` one keeps values apart and serves in addresses."""

    column: str
    status: str = "Active"


class Environment:
    """All tables. ``user`` is who the API writes as; ``keys`` by table."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.types: dict[str, TableType] = dict(TABLES)
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in self.types}
        self.keys: dict[str, list[Key]] = {"msnfp_request": [Key("commons_id")]}
        self.deleted: list[Deleted] = []
        self.version = 1_000_000
        self._index: dict[tuple[str, str, str], str] = {}
        self.user = self.insert("systemuser", {"fullname": "Commons Hub"}, USER_ID)
        self.currency = self.insert("transactioncurrency", {"isocurrencycode": "USD", "currencyname": "US Dollar"})
        for code in ("EUR", "GBP", "JOD", "KES"):
            self.insert("transactioncurrency", {"isocurrencycode": code, "currencyname": code})

    def type(self, name: str) -> TableType:
        return self.types[name]

    def of_set(self, name: str) -> TableType | None:
        return next((table for table in self.types.values() if table.set == name), None)

    def rows(self, name: str) -> Iterator[Row]:
        return iter(list(self.tables[name].values()))

    def row(self, name: str, id: str) -> Row:
        found = self.tables[name].get(id.lower())
        if found is None:
            raise WireError(404, NOT_THERE, f"Entity '{name}' With Id = {id} Does Not Exist")
        return found

    def insert(self, name: str, values: Mapping[str, Any], id: str | None = None) -> str:
        """A new row; ``id`` where whoever creates it says which."""
        table = self.types[name]
        given = {column.name: self._kept(column, values.get(column.name)) for column in table.columns.values()}
        unknown = values.keys() - table.columns.keys()
        if unknown:
            raise bad(f"There is no column {sorted(unknown)[0]} in {name}.")
        row = given | {table.id: (id or str(uuid.uuid4())).lower(), "createdon": stamp(self.now())}
        row["ownerid"] = row["ownerid"] or ("systemuser", row[table.id] if name == "systemuser" else self.user)
        if row.get("transactioncurrencyid") is None and name not in ("systemuser", "transactioncurrency"):
            row["transactioncurrencyid"] = ("transactioncurrency", self.currency)
        self._put(table, row)
        return str(row[table.id])

    def update(self, name: str, id: str, values: Mapping[str, Any]) -> None:
        table = self.types[name]
        row = self.row(name, id)
        self._put(table, row | {column: self._kept(table.columns[column], value) for column, value in values.items()})

    def delete(self, name: str, id: str) -> None:
        row = self.row(name, id)
        del self.tables[name][row[self.types[name].id]]
        self.version += 1
        self.deleted.append(Deleted(self.version, name, row[self.types[name].id]))

    def with_key(self, name: str, column: str, value: Any) -> Row | None:
        """Case is not heeded, as in the database behind it."""
        id = self._index.get((name, column, str(value).casefold()))
        row = self.tables[name].get(id or "")
        return row if row is not None and str(row.get(column)).casefold() == str(value).casefold() else None

    def without_column(self, table: str, column: str) -> None:
        """Somebody deletes a column."""
        kept = {name: each for name, each in self.types[table].columns.items() if name != column}
        self.types[table] = replace(self.types[table], columns=kept)

    def with_column(self, table: str, column: Column) -> None:
        """Somebody adds a column, or changes one."""
        self.types[table] = replace(self.types[table], columns={**self.types[table].columns, column.name: column})
        for id, row in self.tables[table].items():
            self.tables[table][id] = {column.name: column.default, **row}

    def _kept(self, column: Column, value: Any) -> Any:
        if not column.lookup:
            return stored(column, value)
        if value is None:
            return None
        target, id = value
        if target not in column.targets and not (column.type == "Owner" and target in OWNERS):
            raise bad(f"{column.name} does not point at {target}.")
        self.row(target, id)
        return (target, id.lower())

    def _put(self, table: TableType, row: Row) -> None:
        for key in self.keys.get(table.name, ()):
            held = row.get(key.column)
            other = self.with_key(table.name, key.column, held) if held and key.status == "Active" else None
            if other is not None and other[table.id] != row[table.id]:
                raise WireError(412, DOUBLE, "A record with matching key values already exists.")
        for key in self.keys.get(table.name, ()):
            if row.get(key.column):
                self._index[table.name, key.column, str(row[key.column]).casefold()] = row[table.id]
        self.version += 1
        self.tables[table.name][row[table.id]] = row | {"modifiedon": stamp(self.now()), "versionnumber": self.version}
