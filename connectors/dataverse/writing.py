"""From raw columns to the body of a write, and what a column can never hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.contract import Invalid, Raw, Reference
from connectors.dataverse.metadata import MULTI, Column, Metadata, Relation, Table
from schemas.said import phrase

OWNERS = "owner"
"""Users and teams together: what ``ownerid`` points at. The hub names users only."""

Find = Callable[[str, str, str], str]
"""The id of the one row of a table whose column has this value."""


def body(metadata: Metadata, table: Table, fields: Raw, references: Mapping[str, Reference], find: Find) -> Raw:
    """Columns as a write carries them. A lookup is written by its navigation name, as the address of its target, or
    null; through a lookup (``transactioncurrencyid.isocurrencycode``) by the target that has this value.
    ``Invalid`` for what cannot be pointed at."""
    sent: Raw = {}
    for name, value in fields.items():
        first, _, rest = name.partition(".")
        column = table.columns.get(first)
        if rest and (column is None or not column.lookup):
            raise Invalid(
                phrase(
                    '%(name)s belongs to another row, which is never written from here: map it way = "in".', name=name
                ),
                (name,),
            )
        if column is None or not column.lookup:
            sent[name] = value
            continue
        relation = _relation(table, first, references)
        target = metadata.table("systemuser" if relation.target == OWNERS else relation.target)
        id = value.get("id") if isinstance(value, Mapping) else value
        if rest and value is not None:
            id = find(target.name, rest, str(value))
        sent[f"{relation.navigation}@odata.bind"] = None if id is None else f"/{target.set}({id})"
    return sent


def _relation(table: Table, column: str, references: Mapping[str, Reference]) -> Relation:
    """A lookup to customers has one name for accounts and one for contacts: the mapping's object decides."""
    wanted = references[column].object if column in references else None
    fitting = [one for one in table.points(column) if wanted in (None, one.target)]
    if len(fitting) == 1:
        return fitting[0]
    where = ", ".join(one.target for one in table.points(column)) or "nothing"
    raise Invalid(
        phrase(
            "%(name)s.%(column)s may point at %(where)s: map it as a reference to one of them.",
            name=table.name,
            column=column,
            where=where,
        ),
        (column,),
    )


def unheld(column: Column, choices: tuple[int, ...], value: Any) -> str | None:
    """Why a column can never hold a value, by its definition. Decimals beyond its precision are rounded, not refused."""
    if column.type in ("Picklist", MULTI) and choices:
        chosen = str(value).split(",") if column.type == MULTI else [str(value)]
        unknown = [one for one in chosen if one not in map(str, choices)]
        return (
            phrase(
                "%(name)s does not offer %(unknown)s. Add the choice in Dataverse.",
                name=column.name,
                unknown=unknown[0],
            )
            if unknown
            else None
        )
    if isinstance(value, str) and column.length and len(value) > column.length:
        return phrase(
            "%(name)s holds %(length)s characters; this text has %(count)s.",
            name=column.name,
            length=column.length,
            count=len(value),
        )
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        if column.most is not None and value > column.most:
            return phrase(
                "%(name)s holds %(most)s at most; %(value)s is more.",
                name=column.name,
                most=f"{column.most:f}",
                value=f"{value:f}",
            )
        if column.least is not None and value < column.least:
            return phrase(
                "%(name)s holds %(least)s at least; %(value)s is less.",
                name=column.name,
                least=f"{column.least:f}",
                value=f"{value:f}",
            )
    return None
