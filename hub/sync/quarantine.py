"""What a person does with a quarantined record: let it be tried again, or leave this version of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from hub.app import Hub
from hub.store import audit, connections, waiting
from hub.sync.moved import Moved


def retry(hub: Hub, quarantine_id: str, user_id: str) -> None:
    """Read the whole connection again with its next run, now; what can be translated by then leaves by itself."""
    row = _decide(hub, quarantine_id, user_id, "open", "retried")
    with hub.writing() as conn:
        connections.change(conn, row.connection_id, cursor=None, due_at=hub.time.now())


def ignore(hub: Hub, quarantine_id: str, user_id: str) -> None:
    """Leave it out of the queue for as long as its reason stays the same."""
    _decide(hub, quarantine_id, user_id, "ignored", "ignored")


def _decide(hub: Hub, quarantine_id: str, user_id: str, state: str, action: str) -> Any:
    table = waiting.quarantine
    with hub.writing() as conn:
        row = conn.execute(select(table).where(table.c.id == quarantine_id)).first()
        if row is None or row.state == "released":
            raise Moved("This record is out of quarantine already.")
        conn.execute(table.update().where(table.c.id == quarantine_id).values(state=state))
        audit.write(
            conn, at=hub.time.now(), actor=f"user:{user_id}", action=f"quarantine {action}",
            connection_id=row.connection_id, remote_id=row.remote_id, note=row.reason,
        )  # fmt: skip
        return row
