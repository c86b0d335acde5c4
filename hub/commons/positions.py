"""A member's position on an opportunity, stated by one of its people on the hub's own page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.app import Hub
from hub.commons.sharing import may_see
from hub.store import dues, opportunities
from hub.sync import history
from hub.sync.announce import announce
from hub.sync.history import Cause
from schemas.values import canonical

PATHS = ("commitment.stage", "commitment.amount", "commitment.date", "commitment.visibility", "commitment.note")


def state(hub: Hub, opportunity_id: str, member: str, values: Mapping[str, Any], user_id: str) -> bool:
    """Set these paths of the member's position; whether anything moved. LookupError for an opportunity that it may not
    see, ValueError for a value that the field cannot hold. Others learn of it what ``commitment.visibility`` discloses."""
    given = {path: canonical(path, values[path]) for path in PATHS if path in values}
    now = hub.time.now()
    with hub.writing() as conn:
        opportunity = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if opportunity is None or not may_see(opportunity, member, hub.config.circles):
            raise LookupError(opportunity_id)
        own = opportunities.commitments(conn, [opportunity_id]).get(opportunity_id, {})
        cause = Cause(now, f"user:{user_id}", "position stated", member_id=member)
        origin = {"user": user_id, "at": now.isoformat()}
        changes = history.change(conn, opportunity, given, cause, origin=origin, own=own, member=member, ids=hub.ids)
        if changes:
            announce(conn, hub, opportunity)
            dues.wake(conn, dues.waiting_connections(conn), now)
    return bool(changes)
