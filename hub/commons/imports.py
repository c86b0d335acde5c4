"""Importing by hand: an officer picks an opportunity for a connection of the own member."""

from __future__ import annotations

from hub.app import Hub
from hub.commons.sharing import may_see
from hub.store import audit, dues, links, opportunities, recommendations
from hub.store.tables import Link


class Refusal(Exception):
    """It cannot be imported; the message says why and what to do."""


def pick(hub: Hub, opportunity_id: str, connection: str, user_id: str | None) -> None:
    """Have the next sync create the record. Picking again what its member had stopped following follows it again."""
    config = hub.config.connections.get(connection)
    if config is None:
        raise Refusal(f"There is no connection {connection!r}. Known: {', '.join(hub.config.connections)}.")
    now = hub.time.now()
    with hub.writing() as conn:
        opportunity = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if opportunity is None or not may_see(opportunity, config.member, hub.config.circles):
            raise Refusal(f"There is no opportunity {opportunity_id!r} that this member may see.")
        if opportunity.status != "published":
            raise Refusal(f"“{opportunity.title}” is {opportunity.status}; only published opportunities are imported.")
        link = links.by_opportunity(conn, connection, [opportunity_id]).get(opportunity_id)
        if link is not None and link.state != "stopped":
            raise Refusal(f"“{opportunity.title}” is in {connection} already, or on its way.")

        if link is None:
            links.add(
                conn,
                Link(
                    id=hub.ids.uuid7(), connection_id=connection, opportunity_id=opportunity_id, state="wanted",
                    picked_by=user_id, created_at=now,
                ),
            )  # fmt: skip
        else:
            links.change(conn, link.id, picked_by=user_id, **links.FRESH)
        recommendations.decide(conn, config.member, opportunity_id, "taken_up", user_id, now)
        dues.add(conn, [connection], opportunity_id, now)
        dues.wake(conn, [connection], now)
        audit.write(
            conn, at=now, actor=f"user:{user_id}" if user_id else "hub", action="picked", member_id=config.member,
            opportunity_id=opportunity_id, connection_id=connection,
        )  # fmt: skip
