"""Telling every connection that holds or wants an opportunity that there is something to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from hub.commons import inbox
from hub.store import dues, links
from hub.store.tables import Opportunity

if TYPE_CHECKING:
    from hub.app import Hub


def announce(conn: Connection, hub: Hub, opportunity: Opportunity) -> None:
    """Insert a due row for every link of an opportunity, every rule that imports it, and every inbox whose saved
    search finds it."""
    tied = links.of(conn, opportunity.id)
    stopped = {link.connection_id for link in tied if link.state == "stopped"}
    names = {link.connection_id for link in tied} | set(hub.rules.importers(opportunity, hub.config.circles))
    names |= inbox.offer(conn, hub, opportunity)
    dues.add(conn, (names - stopped) & hub.config.connections.keys(), opportunity.id, hub.time.now())
