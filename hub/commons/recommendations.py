"""A convener recommends an opportunity to a member; that widens nobody's view, and imports nothing by itself."""

from __future__ import annotations

from hub.app import Hub
from hub.commons.imports import Refusal
from hub.commons.sharing import may_see
from hub.store import audit, opportunities
from hub.store import recommendations as store
from hub.store.tables import Opportunity, Recommendation

LONGEST = 500
"""Characters of a note."""


def recommendable_to(hub: Hub, opportunity: Opportunity) -> dict[str, str]:
    """Members that may see it and do not share it themselves, by id with their names."""
    if opportunity.status != "published":
        return {}
    return {
        member.id: member.name
        for member in hub.config.members.values()
        if member.id != opportunity.steward_id and may_see(opportunity, member.id, hub.config.circles)
    }


def recommend(hub: Hub, opportunity_id: str, member: str, note: str, user_id: str, by_member: str) -> None:
    """It shows in that member's queue. ``Refusal`` where the member may not see it, or was told already by the same
    person; LookupError where the one who recommends may not see it."""
    now = hub.time.now()
    with hub.writing() as conn:
        opportunity = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if opportunity is None or not may_see(opportunity, by_member, hub.config.circles):
            raise LookupError(opportunity_id)
        if member not in recommendable_to(hub, opportunity):
            raise Refusal(
                "It can be recommended only while it is published, and only to members that it is shared with."
            )
        if any(row.by == user_id for row in store.open_ones(conn, member, opportunity_id)):
            raise Refusal("You recommended it to them already, and they have not decided yet.")
        said = note.strip()[:LONGEST] or None
        row = Recommendation(
            id=hub.ids.uuid7(), opportunity_id=opportunity_id, member_id=member, note=said, by=user_id, at=now
        )
        store.add(conn, row)
        audit.write(
            conn, at=now, actor=f"user:{user_id}", action="recommended", member_id=member, opportunity_id=opportunity_id
        )


def dismiss(hub: Hub, opportunity_id: str, member: str, user_id: str) -> bool:
    """Not for this member; whether there was anything to dismiss."""
    with hub.writing() as conn:
        return store.decide(conn, member, opportunity_id, "dismissed", user_id, hub.time.now()) > 0
