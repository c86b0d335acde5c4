"""What a foundation shows to others of its own opportunities, by the word of its people on a page."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import Connection

from hub.app import Hub
from hub.commons import programs
from hub.store import dues, merged, opportunities
from hub.store.tables import Opportunity
from hub.sync import history
from hub.sync.announce import announce
from hub.sync.history import Cause
from hub.sync.moved import Moved

BACK = ("draft", "withdrawn")


def withdraw(hub: Hub, opportunity_id: str, member: str, user_id: str) -> None:
    """Elsewhere its status says so; nothing is deleted, and what others committed stays theirs (I24). LookupError for what is
    not this member's, ``Moved`` where it is not shared any more."""
    with hub.writing() as conn:
        row = _own(conn, opportunity_id, member)
        if row.status not in ("published", "closed"):
            raise Moved(_("It is withdrawn already."))
        _to(conn, hub, row, "withdrawn", "withdrawn", user_id)


def publish(hub: Hub, opportunity_id: str, member: str, user_id: str) -> None:
    """Shared (again) with whom it was meant for. Errors as ``withdraw``; ValueError where something lacks."""
    with hub.writing() as conn:
        row = _own(conn, opportunity_id, member)
        if row.status not in BACK:
            raise Moved(_("It is shared already."))
        if programs.lacking(hub, row):
            raise ValueError(
                _("Something lacks that a published opportunity needs; its page says what. Add that first.")
            )
        _to(conn, hub, row, "published", "shared again" if row.status == "withdrawn" else "shared", user_id)


def _own(conn: Connection, opportunity_id: str, member: str) -> Opportunity:
    """One that its member may speak for: what is still arriving waits for its judge, what went into another is that."""
    row = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
    if row is None or row.steward_id != member or row.arriving or merged.survivors(conn, [row.id]):
        raise LookupError(opportunity_id)
    return row


def _to(conn: Connection, hub: Hub, row: Opportunity, status: str, deed: str, user_id: str) -> None:
    """Whoever speaks of it has answered whether it is still needed."""
    now = hub.time.now()
    row.asked_at = row.asked_mail = row.delisted_at = None
    opportunities.change(conn, row.id, asked_at=None, asked_mail=None, delisted_at=None)
    history.change(conn, row, {"status": status}, Cause(now, f"user:{user_id}", deed, member_id=row.steward_id))
    announce(conn, hub, row)
    dues.wake(conn, dues.waiting_connections(conn), now)
