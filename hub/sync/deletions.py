"""The steward's own record is gone: a person says whether the opportunity goes too. Until then it stays as it is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from hub.app import Hub
from hub.store import audit, dues, links, opportunities
from hub.store.tables import Deletion, Link, Opportunity
from hub.sync.apply import announce
from hub.sync.moved import Moved
from hub.sync.turn import Turn

t: Any = vars(Deletion)["__table__"]


def ask(conn: Connection, turn: Turn, link: Link) -> None:
    """Put the question, if the opportunity is this member's to withdraw and still listed."""
    opportunity = opportunities.load(conn, [link.opportunity_id])[link.opportunity_id]
    if opportunity.steward_id != turn.member or opportunity.status not in ("published", "closed"):
        return
    row = Deletion(
        id=turn.hub.ids.uuid7(), connection_id=turn.name, link_id=link.id, opportunity_id=opportunity.id,
        remote_id=link.remote_id or "", seen_at=turn.now(),
    )  # fmt: skip
    conn.execute(t.insert(), row.model_dump())


def came_back(conn: Connection, turn: Turn, link: Link) -> bool:
    """A record that was deleted is there again (out of a recycle bin, say): the question goes, the link lives.
    False where its member chose to stop following."""
    asked = (t.c.link_id == link.id) & t.c.state.in_(("open", "kept"))
    if not conn.execute(update(t).where(asked).values(state="came_back")).rowcount:
        return False
    link.state = "linked"
    links.change(conn, link.id, state="linked", missed_scans=0)
    return True


def withdraw(hub: Hub, deletion_id: str, user_id: str) -> None:
    """The opportunity goes as well: elsewhere its status says so, and nothing is deleted there."""
    with hub.writing() as conn:
        row = _open(conn, deletion_id)
        opportunity = opportunities.load(conn, [row.opportunity_id])[row.opportunity_id]
        before = opportunity.status
        values = {"status": "withdrawn", "version": opportunity.version + 1, "updated_at": hub.time.now()}
        opportunities.change(conn, opportunity.id, **values)
        _decided(conn, hub, row, "withdrawn", user_id, {"status": [before, "withdrawn"]})
        announce(conn, hub, Opportunity(**opportunity.model_dump() | values))
        dues.wake(conn, dues.waiting_connections(conn), hub.time.now())


def keep(hub: Hub, deletion_id: str, user_id: str) -> None:
    """The opportunity stays shared without a record of its steward's."""
    with hub.writing() as conn:
        _decided(conn, hub, _open(conn, deletion_id), "kept", user_id, None)


def _open(conn: Connection, deletion_id: str) -> Any:
    row = conn.execute(select(t).where(t.c.id == deletion_id).with_for_update()).first()
    if row is None or row.state != "open":
        raise Moved("This is settled already; perhaps the record came back.")
    return row


def _decided(conn: Connection, hub: Hub, row: Any, state: str, user_id: str, values: Any) -> None:
    now = hub.time.now()
    conn.execute(update(t).where(t.c.id == row.id).values(state=state, decided_at=now, decided_by=user_id))
    audit.write(
        conn, at=now, actor=f"user:{user_id}", action=f"deletion: {state}", opportunity_id=row.opportunity_id,
        connection_id=row.connection_id, remote_id=row.remote_id, values=values,
    )  # fmt: skip
