"""Taking a value back from history: a normal edit by a person, that every system hears of."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection, select

from hub.app import Hub
from hub.store import audit, dues, opportunities, waiting
from hub.store.chain import is_erased
from hub.store.tables import Audit
from hub.sync import history
from hub.sync.announce import announce
from hub.sync.history import Cause, is_own
from hub.sync.moved import Moved
from schemas.values import same

Value = Any


def restorable(line: Any, path: str, member: str, steward: str) -> bool:
    """Whether this member's people may take back what ``path`` was before this line (a row of the audit)."""
    if not line.moves or path in history.OWN or path not in (line.values or {}):
        return False
    if is_erased(line.values[path][0]) or is_erased(line.values[path][1]):
        return False
    return line.member_id == member if is_own(path) else steward == member


def preview(hub: Hub, line_id: int, path: str) -> tuple[Value, Value]:
    """What it is now, and what it would be. KeyError where the audit has no such line or path."""
    with hub.reading() as conn:
        line = _line(conn, line_id)
        opportunity = opportunities.load(conn, [line.opportunity_id or ""])[line.opportunity_id or ""]
        own = opportunities.commitments(conn, [opportunity.id]).get(opportunity.id, {})
    return history.standing(opportunity, own.get(line.member_id or "")).get(path), (line.values or {})[path][0]


def restore(hub: Hub, line_id: int, path: str, user_id: str, member: str) -> None:
    """Set ``path`` to what it was before that line. PermissionError where it is not this member's; ``Moved`` where
    the value stands already, or an open conflict has the field."""
    with hub.writing() as conn:
        line = _line(conn, line_id)
        opportunity = opportunities.load(conn, [line.opportunity_id or ""])[line.opportunity_id or ""]
        if not restorable(line, path, member, opportunity.steward_id):
            raise PermissionError(_("Only the foundation whose value it is can take it back."))
        if any(conflict.path == path for conflict in waiting.open_conflicts(conn, [opportunity.id])):
            raise Moved(_("This field has an open conflict. Resolve it; any value can be chosen there."))
        value = (line.values or {})[path][0]
        if path == "title" and same(path, value, None):
            raise Moved(_("An opportunity needs a title; it had none before that."))
        now = hub.time.now()
        own = opportunities.commitments(conn, [opportunity.id]).get(opportunity.id, {})
        cause = Cause(now, f"user:{user_id}", "restored", member_id=member, note=f"As before line {line_id}.")
        changes = history.change(
            conn, opportunity, {path: value}, cause, origin={"user": user_id, "at": now.isoformat()}, own=own,
            member=member, ids=hub.ids,
        )  # fmt: skip
        if not changes:
            raise Moved(_("It has this value already."))
        announce(conn, hub, opportunity)
        dues.wake(conn, dues.waiting_connections(conn), now)


def _line(conn: Connection, line_id: int) -> Audit:
    row = conn.execute(select(audit.t).where(audit.t.c.id == line_id)).first()
    if row is None:
        raise KeyError(line_id)
    return Audit(**row._mapping)
