"""Members by the names under which one reader may know them at one opportunity."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from hub.commons.ledger import UNNAMED
from hub.commons.view import shows_steward
from hub.store import handovers, members, merged
from hub.store.tables import Opportunity


def known_here(conn: Connection, row: Opportunity, reader: str) -> dict[str, str]:
    """Neither its steward nor one that was it before, or shared what went into it, shows by a name that it did not give."""
    return known_at(conn, [row], reader)[row.id]


def known_at(conn: Connection, rows: Sequence[Opportunity], reader: str) -> dict[str, dict[str, str]]:
    """The same for several, by the opportunity's id."""
    ids, everyone = [row.id for row in rows], members.names(conn)
    masked: dict[str, set[str]] = {}
    for id, member in (*handovers.unnamed(conn, ids), *merged.unnamed(conn, ids)):
        masked.setdefault(id, set()).add(member)
    found = {}
    for row in rows:
        hidden = masked.get(row.id, set()) - {row.steward_id, reader}
        hidden |= set() if shows_steward(row, reader) else {row.steward_id}
        found[row.id] = everyone | dict.fromkeys(hidden, UNNAMED) if hidden else everyone
    return found
