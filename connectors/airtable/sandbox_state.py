"""The base behind the stand-in: tables, columns, records, and what a write does to them, all or nothing."""

from __future__ import annotations

import copy
import random
import string
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from connectors.airtable import sandbox_cells as cells
from connectors.airtable.sandbox_cells import Column
from connectors.airtable.sandbox_errors import forbidden, invalid, row_missing
from connectors.clock import Time

_ALPHABET = string.ascii_letters + string.digits
SCOPES = ("data.records:read", "data.records:write", "schema.bases:read")


@dataclass
class Row:
    """One record; blank cells are absent from ``cells``."""

    id: str
    created: str
    cells: dict[str, Any] = field(default_factory=dict)
    number: int = 0
    modified: str = ""


@dataclass
class Table:
    id: str
    name: str
    columns: list[Column]
    rows: dict[str, Row] = field(default_factory=dict)
    counter: int = 0

    def column(self, name: Any) -> Column:
        """By name or id; 422 when there is none."""
        for column in self.columns:
            if name in (column.name, column.id):
                return column
        raise invalid(f'Unknown field name: "{name}"', "UNKNOWN_FIELD_NAME")

    def cell(self, row: Row, column: Column) -> Any:
        """A stored cell, or what the column computes; formulas and roll-ups show what the seed says."""
        if column.type in ("createdTime", "autoNumber", "lastModifiedTime"):
            return {"createdTime": row.created, "autoNumber": row.number, "lastModifiedTime": row.modified}[column.type]
        if column.type == "count":
            linked = next((c for c in self.columns if c.id == column.options.get("recordLinkFieldId")), None)
            return len(row.cells.get(linked.name, ())) if linked else 0
        return row.cells.get(column.name)


class Base:
    """One base with one token. ``scopes`` and ``permission`` may be changed while it runs."""

    def __init__(self, seed: Mapping[str, Any], time: Time, rng: random.Random | None = None) -> None:
        self._random = rng or random.Random(20260302)
        self._time = time
        self.id: str = seed.get("base") or self.new_id("app")
        self.name: str = seed.get("name", "Sandbox base")
        self.token: str = seed.get("token") or "patSandbox"
        self.user = self.new_id("usr")
        self.scopes: set[str] = set(seed.get("scopes", SCOPES))
        self.permission: str = seed.get("permission", "create")
        self.tables: list[Table] = []
        for name, table in (seed.get("tables") or {}).items():
            self._add_table(name, table)
        for name, table in (seed.get("tables") or {}).items():
            self._fill(self.table(name), table.get("records", ()))

    def new_id(self, kind: str) -> str:
        """17 characters, as all of Airtable's ids."""
        return kind + "".join(self._random.choices(_ALPHABET, k=14))

    def now(self) -> str:
        return self._time.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def table(self, name: str) -> Table:
        """By name or id; Airtable answers 403 for a table that is not there."""
        for table in self.tables:
            if name in (table.name, table.id):
                return table
        raise forbidden()

    def anywhere(self, id: str) -> Row | None:
        """A record by id, whatever table it is in."""
        return next((table.rows[id] for table in self.tables if id in table.rows), None)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """All or nothing: what was done is undone when something in it is refused."""
        before = [(t, dict(t.rows), t.counter, copy.deepcopy([c.options for c in t.columns])) for t in self.tables]
        try:
            yield
        except Exception:
            for table, rows, counter, options in before:
                table.rows, table.counter = rows, counter
                for column, kept in zip(table.columns, options, strict=True):
                    column.options = kept
            raise

    def create(self, table: Table, fields: Any, typecast: bool = False) -> Row:
        table.counter += 1
        now = self.now()
        row = Row(self.new_id("rec"), now, self._accepted(table, fields, typecast), table.counter, now)
        row.cells = {name: value for name, value in row.cells.items() if value is not None}
        table.rows[row.id] = row
        return row

    def change(self, table: Table, id: Any, fields: Any, typecast: bool = False, *, replace: bool = False) -> Row:
        """Merge, or with ``replace`` (PUT) clear what is not sent. 422 when there is no such record."""
        old = table.rows.get(id)
        if old is None:
            raise row_missing(id)
        kept = {c.name: old.cells[c.name] for c in table.columns if c.name in old.cells and (c.computed or not replace)}
        merged = kept | self._accepted(table, fields, typecast)
        blank_free = {name: value for name, value in merged.items() if value is not None}
        # A new row object, so that ``whole`` can put the old one back.
        table.rows[id] = Row(id, old.created, blank_free, old.number, self.now())
        return table.rows[id]

    def upsert(self, table: Table, fields: Any, merge_on: Sequence[Column], typecast: bool) -> tuple[Row, bool]:
        """The row and whether it is new. More than one match refuses the whole request."""
        wanted = self._accepted(table, fields, typecast)
        keys = {column.name: wanted.get(column.name) for column in merge_on}
        if any(value is None for value in keys.values()):
            raise invalid("Every record must have a value for each field in fieldsToMergeOn")
        found = list(table.rows.values())
        for name, value in keys.items():
            found = [row for row in found if row.cells.get(name) == value]
        if len(found) > 1:
            raise invalid(
                f"Cannot update more than one record with the same merge values: {', '.join(row.id for row in found)}"
            )
        if found:
            return self.change(table, found[0].id, fields, typecast), False
        return self.create(table, fields, typecast), True

    def _accepted(self, table: Table, fields: Any, typecast: bool) -> dict[str, Any]:
        if not isinstance(fields, Mapping):
            raise invalid('Could not find field "fields" in the request body', "INVALID_REQUEST_MISSING_FIELDS")
        accepted = {}
        for name, value in fields.items():
            column = table.column(name)
            links = column.type == cells.LINKS
            accepted[column.name] = (
                self._links(column, value, typecast) if links else cells.accept(column, value, typecast)
            )
        return accepted

    def _links(self, column: Column, value: Any, typecast: bool) -> list[str] | None:
        if not value:
            return None
        values = value.split(",") if typecast and isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise invalid(f'Field "{column.name}" cannot accept the provided value', "INVALID_VALUE_FOR_COLUMN")
        target = self.table(column.options["linkedTableId"])
        return [self._link(target, each.strip(), typecast) for each in values]

    def _link(self, target: Table, value: str, typecast: bool) -> str:
        if value in target.rows:
            return value
        if typecast:
            first = target.columns[0].name
            found = next((row.id for row in target.rows.values() if row.cells.get(first) == value), None)
            return found or self.create(target, {first: value}).id
        if not value.startswith("rec"):
            raise invalid(f'Value "{value}" is not a valid record ID.', "INVALID_RECORD_ID")
        raise row_missing(value)

    def _add_table(self, name: str, seed: Mapping[str, Any]) -> None:
        columns = []
        for each in seed.get("fields", ()):
            if each["type"] not in cells.KNOWN:
                raise ValueError(f"table {name!r}: {each['name']!r} has the unknown type {each['type']!r}")
            options = copy.deepcopy(dict(each.get("options") or {}))
            options["choices"] = [self._choice(choice) for choice in options.get("choices", ())]
            columns.append(Column(self.new_id("fld"), each["name"], each["type"], _without_blanks(options)))
        self.tables.append(Table(self.new_id("tbl"), name, columns))

    def _choice(self, choice: Any) -> dict[str, Any]:
        return {"id": self.new_id("sel"), "name": choice if isinstance(choice, str) else choice["name"]}

    def _fill(self, table: Table, records: Sequence[Mapping[str, Any]]) -> None:
        """Seeded cells may be those of computed columns; a link names the target table in its options, its
        cells are ids or the first column's text."""
        for column in table.columns:
            if column.type == cells.LINKS and "linkedTableId" not in column.options:
                column.options["linkedTableId"] = self.table(column.options.pop("table")).id
        computed = {column.name for column in table.columns if column.computed}
        for record in records:
            fields = record.get("fields", {})
            row = self.create(table, {n: v for n, v in fields.items() if n not in computed}, typecast=True)
            row.cells.update({name: value for name, value in fields.items() if name in computed})
            if "id" in record:
                table.rows[record["id"]] = table.rows.pop(row.id)
                row.id = record["id"]


def _without_blanks(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value != []}
