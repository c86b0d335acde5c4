"""Telling every connection that holds or wants an opportunity that there is something to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from hub.commons import inbox
from hub.store import dues, links
from hub.store.tables import Opportunity

if TYPE_CHECKING:
    from hub.app import Hub


def announce(conn: Connection, hub: Hub, *moved: Opportunity) -> None:
    """Insert a due row for every link of these opportunities, every rule that imports them, and every inbox whose saved
    search finds them. Who imports what is still arriving is told too: nobody plans that before it is judged."""
    held = links.holders(conn, [opportunity.id for opportunity in moved])
    wanted = {}
    for opportunity in moved:
        holders = held.get(opportunity.id, {})
        judged = opportunity.model_copy(update={"arriving": None}) if opportunity.arriving else opportunity
        names = holders.keys() | set(hub.rules.importers(judged, hub.config.circles))
        names |= inbox.offer(conn, hub, opportunity)
        stopped = {name for name, state in holders.items() if state == "stopped"}
        wanted[opportunity.id] = (names - stopped) & hub.config.connections.keys()
    dues.add_all(conn, wanted, hub.time.now())
