"""Bodies of the stand-in, both ways: rows as the wire shows them, and what a write's properties mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors import strict_json
from connectors.dataverse.sandbox_errors import BAD_PROPERTY, bad
from connectors.dataverse.sandbox_query import value_of
from connectors.dataverse.sandbox_rows import Environment, Row
from connectors.dataverse.sandbox_tables import OWNERS, Column, TableType

_BIND = "@odata.bind"
_TARGET = re.compile(r"/?(?:.*/)?(\w+)\(([0-9a-fA-F-]{36})\)")


def etag(row: Row) -> str:
    return f'W/"{row["versionnumber"]}"'


def shown(env: Environment, table: TableType, row: Row, columns: Sequence[Column], annotations: str) -> dict[str, Any]:
    """One row with these columns, its id always among them. ``annotations``: the preference, "" for none."""
    told: dict[str, Any] = {"@odata.etag": etag(row)}
    for column in dict.fromkeys([*columns, table.columns[table.id]]):
        told[column.property] = value_of(column, row)
        told |= _annotated(env, column, row, annotations)
    return told


def _annotated(env: Environment, column: Column, row: Row, annotations: str) -> dict[str, Any]:
    held = row.get(column.name)
    every = "*" in annotations
    told: dict[str, Any] = {}
    if column.lookup and held and (every or "lookuplogicalname" in annotations):
        told[f"{column.property}@Microsoft.Dynamics.CRM.lookuplogicalname"] = held[0]
    if every or "FormattedValue" in annotations:
        name = f"{column.property}@OData.Community.Display.V1.FormattedValue"
        if column.choices and held in dict(column.choices):
            told[name] = dict(column.choices)[held]
        elif column.lookup and held:
            told[name] = str(env.tables[held[0]].get(held[1], {}).get(env.types[held[0]].title) or "")
    return told


def parsed(body: bytes) -> Mapping[str, Any]:
    try:
        found = strict_json.loads(body)
    except ValueError as error:
        raise bad(f"The body is not JSON: {error}", BAD_PROPERTY) from None
    if not isinstance(found, dict):
        raise bad("The body is no JSON object.", BAD_PROPERTY)
    return found


def meant(env: Environment, table: TableType, body: Mapping[str, Any]) -> dict[str, Any]:
    """Column values of a write. Names of properties heed case, and a lookup is written by its navigation property."""
    values: dict[str, Any] = {}
    for name, value in body.items():
        if name.endswith(_BIND):
            column, bound = _bound(env, table, name.removesuffix(_BIND), value)
            values[column.name] = bound
        elif name.startswith("@") or "@" in name:
            continue
        else:
            column = _own(table, name)
            if column.writable:  # what only the system sets is passed over, as there
                values[column.name] = value
    return values


def _own(table: TableType, name: str) -> Column:
    column = table.columns.get(name)
    if column is None or column.lookup:
        raise bad(
            "Error identified in Payload provided by the user for Entity :'', InnerException : "
            f"Microsoft.OData.ODataException: An undeclared property '{name}' was found in the payload of {table.name}.",
            BAD_PROPERTY,
        )
    return column


def _bound(env: Environment, table: TableType, navigation: str, value: Any) -> tuple[Column, tuple[str, str] | None]:
    found = table.by_navigation(navigation)
    if found is None:
        raise bad(f"An undeclared property '{navigation}' was found in the payload of {table.name}.", BAD_PROPERTY)
    column, target = found
    if value is None:
        return column, None
    address = _TARGET.fullmatch(str(value))
    of = env.of_set(address[1]) if address else None
    if address is None or of is None or of.name not in (OWNERS if target == "owner" else (target,)):
        raise bad(f"'{value}' is not an address of what {navigation} leads to.", BAD_PROPERTY)
    return column, (of.name, address[2])
