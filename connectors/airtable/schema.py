"""What a base says about its tables (``/meta/bases/{base}/tables``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connectors.airtable.api import Api
from connectors.contract import Field, Unavailable
from schemas.said import phrase

COMPUTED = frozenset(
    {
        "aiText",
        "autoNumber",
        "button",
        "count",
        "createdBy",
        "createdTime",
        "externalSyncSource",
        "formula",
        "lastModifiedBy",
        "lastModifiedTime",
        "lookup",
        "multipleLookupValues",
        "rollup",
    }
)
TEXT = frozenset({"singleLineText", "multilineText", "email", "url", "phoneNumber"})


@dataclass(frozen=True, slots=True)
class Table:
    """A table's id, name and columns; the first column is what Airtable shows as a record's name."""

    id: str
    name: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


def tables(api: Api) -> tuple[Table, ...]:
    """All tables of the base. Needs the token's scope schema.bases:read."""
    place = phrase("Reading the structure of base %(base)s", base=api.base)
    body = api.call("GET", f"meta/bases/{quote(api.base, safe='')}/tables", place)
    try:
        rows = body["tables"]
        names = {row["id"]: row["name"] for row in rows}
        return tuple(
            Table(row["id"], row["name"], tuple(_field(each, names) for each in row["fields"])) for row in rows
        )
    except (KeyError, TypeError, AttributeError):
        raise Unavailable(phrase("%(place)s: Airtable's answer is not a list of tables.", place=place)) from None


def named(found: tuple[Table, ...], name: str) -> Table | None:
    """A table by its id or its name."""
    return next((table for table in found if name in (table.id, table.name)), None)


def _field(row: dict[str, Any], names: dict[str, str]) -> Field:
    options = row.get("options") or {}
    choices = tuple(str(choice["name"]) for choice in options.get("choices") or ())
    target = options.get("linkedTableId")
    return Field(
        name=row["name"],
        type=row["type"],
        writable=row["type"] not in COMPUTED,
        choices=choices,
        references=names.get(target, target) if target else None,
    )
