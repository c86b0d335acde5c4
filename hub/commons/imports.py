"""Importing by hand: an officer picks an opportunity for a connection of the own member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from hub.commons.sharing import may_see
from hub.store import audit, dues, links, opportunities, recommendations
from hub.store.tables import Link, Opportunity

if TYPE_CHECKING:
    from hub.app import Hub


class Refusal(Exception):
    """It cannot be imported; the message says why and what to do."""


def pick(hub: Hub, opportunity_id: str, connection: str, user_id: str | None) -> None:
    """Have the next sync create the record. Picking again what its member had stopped following follows it again."""
    config = hub.config.connections.get(connection)
    if config is None:
        raise Refusal(f"There is no connection {connection!r}. Known: {', '.join(hub.config.connections)}.")
    with hub.writing() as conn:
        opportunity = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if opportunity is None or not may_see(opportunity, config.member, hub.config.circles):
            raise Refusal(f"There is no opportunity {opportunity_id!r} that this member may see.")
        place(conn, hub, opportunity, connection, user_id, f"user:{user_id}" if user_id else "hub")


def place(
    conn: Connection, hub: Hub, opportunity: Opportunity, connection: str, picked_by: str | None, actor: str
) -> None:
    """The same in a transaction, for who may see it. ``picked_by``: the user who is to own the record there."""
    config, now = hub.config.connections[connection], hub.time.now()
    if config.inbox_for:
        raise Refusal(f"{connection} is an inbox. Import into {config.inbox_for}.")
    if opportunity.status != "published" or not may_see(opportunity, config.member, hub.config.circles):
        raise Refusal(f"“{opportunity.title}” is {opportunity.status}; only published opportunities are imported.")
    link = links.by_opportunity(conn, connection, [opportunity.id]).get(opportunity.id)
    if link is not None and link.state != "stopped":
        raise Refusal(f"“{opportunity.title}” is in {connection} already, or on its way.")
    if link is None:
        row = Link(
            id=hub.ids.uuid7(), connection_id=connection, opportunity_id=opportunity.id, state="wanted",
            picked_by=picked_by, created_at=now,
        )  # fmt: skip
        links.add(conn, row)
    else:
        links.change(conn, link.id, picked_by=picked_by, **links.FRESH)
    recommendations.decide(conn, config.member, opportunity.id, "taken_up", picked_by, now)
    dues.add(conn, [connection], opportunity.id, now)
    dues.wake(conn, [connection], now)
    audit.write(
        conn, at=now, actor=actor, action="picked", member_id=config.member, opportunity_id=opportunity.id,
        connection_id=connection,
    )  # fmt: skip
