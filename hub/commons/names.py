"""Members by the names under which one reader may know them at one opportunity."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.commons.ledger import UNNAMED
from hub.commons.view import shows_steward
from hub.store import handovers, members, merged
from hub.store.tables import Opportunity


def known_here(conn: Connection, row: Opportunity, reader: str) -> dict[str, str]:
    """Neither its steward nor one that was it before, or shared what went into it, shows by a name that it did not give."""
    hidden = (handovers.unnamed(conn, row.id) | merged.unnamed(conn, row.id)) - {row.steward_id, reader}
    hidden |= set() if shows_steward(row, reader) else {row.steward_id}
    return members.names(conn) | dict.fromkeys(hidden, UNNAMED)
