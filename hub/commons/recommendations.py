"""A convener recommends an opportunity to a member; that widens nobody's view, and imports nothing by itself."""

from __future__ import annotations

from flask_babel import gettext as _

from hub.app import Hub
from hub.commons import conversation
from hub.commons.imports import Refusal
from hub.commons.sharing import may_see
from hub.commons.view import shows_steward
from hub.store import audit, opportunities, people
from hub.store import recommendations as store
from hub.store.tables import Opportunity, Recommendation

LONGEST = 500
"""Characters of a note."""


def recommendable_to(hub: Hub, opportunity: Opportunity, by_member: str) -> dict[str, str]:
    """Members that may see it and do not share it themselves, by id with their names. Where its steward does not show to
    whoever recommends, it is among them: it would be the one that is missing."""
    if opportunity.status != "published":
        return {}
    steward = opportunity.steward_id if shows_steward(opportunity, by_member) else None
    return {
        member.id: member.name
        for member in hub.config.members.values()
        if member.id != steward and may_see(opportunity, member.id, hub.config.circles)
    }


def recommend(hub: Hub, opportunity_id: str, member: str, note: str, user_id: str, by_member: str) -> None:
    """It shows in that member's queue. ``Refusal`` where the member may not see it, or was told already by the same
    person; LookupError where the one who recommends may not see it."""
    now = hub.time.now()
    with hub.writing() as conn:
        opportunity = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if opportunity is None or not may_see(opportunity, by_member, hub.config.circles):
            raise LookupError(opportunity_id)
        if member not in recommendable_to(hub, opportunity, by_member):
            raise Refusal(
                _("It can be recommended only while it is published, and only to members that it is shared with.")
            )
        if any(row.by == user_id for row in store.open_ones(conn, member, opportunity_id)):
            raise Refusal(_("You recommended it to them already, and they have not decided yet."))
        conversation.check_rate(conn, hub, user_id)
        said = note.strip()[:LONGEST] or None
        row = Recommendation(
            id=hub.ids.uuid7(), opportunity_id=opportunity_id, member_id=member, note=said, by=user_id, at=now
        )
        store.add(conn, row)
        conversation.tell(conn, hub, opportunity, "recommendation", said, by=user_id, from_=by_member, to=member)
        audit.write(
            conn, at=now, actor=f"user:{user_id}", action="recommended", member_id=member, opportunity_id=opportunity_id
        )


def dismiss(hub: Hub, opportunity_id: str, member: str, user_id: str, word: str = "") -> bool:
    """Not for this member; whether there was anything to dismiss. A ``word`` goes to those who recommended it."""
    with hub.writing() as conn:
        opportunity = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        open_ones = store.open_ones(conn, member, opportunity_id)
        done = store.decide(conn, member, opportunity_id, "dismissed", user_id, hub.time.now()) > 0
        said = word.strip()[:LONGEST]
        if said and opportunity is not None and may_see(opportunity, member, hub.config.circles):
            names = people.names(conn)
            for to in dict.fromkeys(names[row.by][1] for row in open_ones if row.by in names):
                conversation.tell(conn, hub, opportunity, "decline", said, by=user_id, from_=member, to=to)
        return done
