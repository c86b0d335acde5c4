"""Records that stand in two objects: a grant application, and the award that came of it.

The columns of the second are named with its object in front, ``FundingAward.Amount``. A record's version is then a
vector: its own ``SystemModstamp``, and id and ``SystemModstamp`` of the row that is part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.contract import Invalid, Raw, Unavailable, Wanted
from connectors.salesforce import soql
from connectors.salesforce.feed import stamped
from connectors.salesforce.ids import long_id
from connectors.salesforce.records import plain
from schemas.said import phrase


@dataclass(frozen=True, slots=True)
class Part:
    """``link`` is the column that names the record; a row whose ``amends`` is set belongs to another row;
    ``void`` is the column and value of one that no longer counts beside others. ``columns`` as the object names them."""

    object: str
    link: str
    amends: str
    void: tuple[str, str]
    columns: tuple[str, ...] = ()

    def chosen(self) -> tuple[str, ...]:
        own = ("Id", "SystemModstamp", "IsDeleted", self.link, self.amends, self.void[0])
        return tuple(dict.fromkeys((*own, *map(soql.name, self.columns))))

    def named(self, column: str) -> str:
        return f"{self.object}.{column}"


KNOWN = {
    ("IndividualApplication", "FundingAward"): Part(
        "FundingAward", "IndividualApplicationId", "ParentFundingAwardId", ("Status", "Cancelled")
    )
}
"""Nonprofit Cloud developer guide, "FundingAward"."""


class Several(Exception):
    """More rows could be the record's part than one."""


def split(wanted: Wanted) -> tuple[tuple[str, ...], Part | None]:
    """The columns of the object itself, and the part that the others belong to. ``Invalid`` for a part nobody knows."""
    every = tuple(dict.fromkeys((*wanted.fields, *((wanted.key,) if wanted.key else ()), *wanted.references)))
    own = tuple(column for column in every if "." not in column)
    of_parts: dict[str, list[str]] = {}
    for column in every:
        object, dot, rest = column.partition(".")
        if dot:
            of_parts.setdefault(object, []).append(rest)
    if not of_parts:
        return own, None
    known = [KNOWN.get((wanted.object, object)) for object in of_parts]
    if len(known) > 1 or known[0] is None:
        shown = " and ".join(f"{part.object} of {whole}" for (whole, _), part in KNOWN.items())
        raise Invalid(
            phrase(
                "%(object)s has no part %(of_parts)s. There is %(shown)s.",
                object=wanted.object,
                of_parts=", ".join(of_parts),
                shown=shown,
            ),
            sorted(of_parts),
        )
    part = known[0]
    return own, Part(part.object, part.link, part.amends, part.void, tuple(of_parts[part.object]))


def by_record(part: Part, rows: Sequence[Raw]) -> dict[str, list[Raw]]:
    """Rows that are not deleted, by the id of the record that they belong to."""
    found: dict[str, list[Raw]] = {}
    for row in rows:
        id = long_id(str(row.get(part.link)))
        if id and row.get("IsDeleted") is not True:
            found.setdefault(id, []).append(row)
    return found


def chosen(part: Part, rows: Sequence[Raw]) -> Raw | None:
    """The one row that counts. Amendments belong to another row, and a void one counts only alone. ``Several`` otherwise."""
    column, void = part.void
    whole = [row for row in rows if not row.get(part.amends)]
    counting = whole if len(whole) < 2 else [row for row in whole if row.get(column) != void] or whole
    if len(counting) > 1:
        raise Several(
            phrase(
                "It has %(count)s %(object)s rows that count, and a record of the hub has one: set %(column)s of "
                "the others to %(void)s, or make them amendments (%(amends)s).",
                count=len(counting),
                object=part.object,
                column=column,
                void=void,
                amends=part.amends,
            )
        )
    return counting[0] if counting else None


def columns(part: Part, row: Mapping[str, Any] | None) -> Raw:
    return {part.named(column): plain(row[column]) if row and column in row else None for column in part.columns}


def vector(stamp: str | None, row: Mapping[str, Any] | None) -> str:
    """The version of a record with its part."""
    if row is None:
        return stamp or ""
    id = long_id(str(row.get("Id")))
    try:
        stamped(str(row.get("SystemModstamp")))
    except ValueError:
        id = None
    if id is None:
        raise Unavailable(phrase("Salesforce answered a row without a usable Id or SystemModstamp."))
    return f"{stamp} {id}={row['SystemModstamp']}"


def unwound(version: str | None) -> tuple[str, str | None, str]:
    """The record's own stamp, and id and stamp of its part, as ``vector`` put them together."""
    own, _, rest = (version or "").partition(" ")
    id, _, stamp = rest.partition("=")
    return own, id or None, stamp
