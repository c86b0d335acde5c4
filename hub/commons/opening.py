"""That someone of a member opened an opportunity, for ``commons.uptake``."""

from __future__ import annotations

from hub.app import Hub
from hub.store import opened
from hub.store.tables import Opportunity


def noted(hub: Hub, opportunity: Opportunity, member_id: str) -> None:
    """Keep the day if it is the first time for this member, and the opportunity is another's. ``member_id`` is empty for who
    only runs the hub, or recommends: they open it for no member."""
    if not member_id or member_id == opportunity.steward_id:
        return
    with hub.reading() as conn:
        if opened.known(conn, opportunity.id, member_id):
            return
    with hub.writing() as conn:
        opened.note(conn, opportunity.id, member_id, hub.time.now().date())
