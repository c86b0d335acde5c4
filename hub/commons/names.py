"""Members by the names under which one reader may know them at one opportunity."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from hub.commons.ledger import UNNAMED
from hub.commons.view import shows_steward
from hub.store import handovers, members, merged
from hub.store.tables import Opportunity


def known_here(conn: Connection, row: Opportunity, reader: str) -> dict[str, str]:
    """Neither its steward nor one that was it before, or shared what went into it, shows by a name that it did not give."""
    return known_at(conn, [row], reader)[row.id]


def masked(conn: Connection, ids: Collection[str] | None = None) -> dict[str, set[str]]:
    """Who was a steward without its name, by opportunity; of all where no ``ids`` are given."""
    found: dict[str, set[str]] = {}
    for id, member in (*handovers.unnamed(conn, ids), *merged.unnamed(conn, ids)):
        found.setdefault(id, set()).add(member)
    return found


def known_at(conn: Connection, rows: Sequence[Opportunity], reader: str) -> dict[str, dict[str, str]]:
    """The same for several, by the opportunity's id."""
    everyone, formerly = members.names(conn), masked(conn, [row.id for row in rows])
    found = {}
    for row in rows:
        hidden = formerly.get(row.id, set()) - {row.steward_id, reader}
        hidden |= set() if shows_steward(row, reader) else {row.steward_id}
        found[row.id] = everyone | dict.fromkeys(hidden, UNNAMED) if hidden else everyone
    return found
