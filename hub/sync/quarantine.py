"""Records that cannot be translated: set aside, looked at again ever more seldom, and what a person does with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import Connection, select

from connectors.contract import Page, Record
from hub.store import audit, connections, dues, waiting
from hub.store.tables import Quarantine
from hub.sync.moved import Moved
from hub.sync.turn import Turn
from schemas.said import unpack

if TYPE_CHECKING:
    from hub.app import Hub

Raw = dict[str, Any]
PATIENCE = (timedelta(minutes=10), timedelta(days=1))
"""A record is looked at again after ten minutes, then after twice as long each time, at most this."""


def set_aside(
    conn: Connection, turn: Turn, remote_id: str, path: str, reason: str, fields: Raw, opportunity_id: str | None,
    place: str = "",
) -> None:  # fmt: skip
    """Quarantine a record, or one field of it."""
    now = turn.now()
    waiting.set_aside(
        conn,
        Quarantine(
            id=turn.hub.ids.uuid7(), connection_id=turn.name, remote_id=remote_id, path=path, place=place,
            reason=reason, fields=fields, opportunity_id=opportunity_id, not_before=now + PATIENCE[0],
            first_seen_at=now, last_seen_at=now,
        ),
    )  # fmt: skip


def look_again(turn: Turn) -> Sequence[Page]:
    """Set-aside records whose time has come, as the system shows them now.

    A feed of changes would not show them again before someone touches them, though the reason may have gone
    meanwhile: the other holder of a key was deleted, an opportunity came into view.
    """
    if turn.can.feed == "full_scan":
        return ()
    with turn.writing() as conn:
        ids = waiting.to_look_at_again(conn, turn.name, turn.now(), *PATIENCE, limit=turn.can.page)
    found = turn.connector.get(ids) if ids else {}
    return (Page(tuple(record for record in found.values() if isinstance(record, Record))),) if found else ()


def retry(hub: Hub, quarantine_id: str, user_id: str) -> None:
    """Read the whole connection again with its next run, now; what can be translated by then leaves by itself."""
    row = _decide(hub, quarantine_id, user_id, "open", "retried")
    with hub.writing() as conn:
        connections.change(conn, row.connection_id, reread_at=None, due_at=hub.time.now())


def retry_cause(hub: Hub, connection: str, kept: str, user_id: str) -> int:
    """Try again now everything of a connection that was set aside, or refused by its system, for this reason, as the database
    keeps it (``schemas.said.pack``); how much."""
    with hub.writing() as conn:
        aside, refused = waiting.count_aside(conn, connection, kept), dues.retry(conn, connection, kept)
        if aside:
            connections.change(conn, connection, reread_at=None)
        if aside or refused:
            connections.change(conn, connection, due_at=hub.time.now())
            audit.write(
                conn, at=hub.time.now(), actor=f"user:{user_id}", action="tried again", connection_id=connection,
                member_id=hub.config.connections[connection].member, note=unpack(kept),
            )  # fmt: skip
    hub.nudge(connection)
    return aside + refused


def ignore(hub: Hub, quarantine_id: str, user_id: str) -> None:
    """Leave it out of the queue for as long as its reason stays the same."""
    _decide(hub, quarantine_id, user_id, "ignored", "ignored")


def _decide(hub: Hub, quarantine_id: str, user_id: str, state: str, action: str) -> Any:
    table = waiting.quarantine
    with hub.writing() as conn:
        row = conn.execute(select(table).where(table.c.id == quarantine_id)).first()
        if row is None or row.state == "released":
            raise Moved(_("This record is out of quarantine already."))
        conn.execute(table.update().where(table.c.id == quarantine_id).values(state=state))
        audit.write(
            conn, at=hub.time.now(), actor=f"user:{user_id}", action=f"quarantine {action}",
            connection_id=row.connection_id, remote_id=row.remote_id, note=row.reason,
        )  # fmt: skip
        return row
