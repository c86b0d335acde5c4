"""What people do with a connection's schedule and its runs: run it now, pause it, resume it, end a run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import Connection

from hub.store import audit, connections, runs
from hub.store.tables import Connection as Row
from hub.store.tables import Run
from schemas.said import phrase

if TYPE_CHECKING:
    from hub.app import Hub


def run_now(hub: Hub, connection: str, user_id: str) -> None:
    _change(hub, connection, user_id, "run now", due_at=hub.time.now())


def pause(hub: Hub, connection: str, user_id: str) -> None:
    _change(hub, connection, user_id, "paused", state="paused", reason=phrase("Paused by a person."))


def resume(hub: Hub, connection: str, user_id: str) -> None:
    """Go on, with the system's fields as they are now. Configuration wins: what it pauses stays paused, and
    ValueError says so."""
    if hub.config.connections[connection].paused:
        raise ValueError(
            phrase("The configuration pauses %(connection)s. Remove `paused = true` there.", connection=connection)
        )
    _change(hub, connection, user_id, "resumed", state="active", reason=None, shape=None, due_at=hub.time.now())


def reread(hub: Hub, connection: str, user_id: str) -> None:
    """Run it now, and read every record rather than what changed. Nothing else is different, so nothing is written twice."""
    _change(hub, connection, user_id, "full re-scan", reread_at=None, due_at=hub.time.now())


def cancel(hub: Hub, run: Run, user_id: str) -> None:
    """Ask a run to end after the page or record in hand, whichever process it is in. ValueError where it is over."""
    with hub.writing() as conn:
        now, row = runs.get(conn, run.id), connections.get(conn, run.connection_id)
        if now is None or now.state != "running" or row.fence != now.fence:
            raise ValueError(_("This run is over already."))
        connections.change(conn, row.id, cancel_fence=row.fence)
        _note(conn, hub, row.id, user_id, "run cancelled")


def hinted(conn: Connection, connection: str, now: datetime) -> None:
    """Its system says that something changed: look soon. One that runs already looks once more when it is done, see
    ``ended``. What failed before keeps its pause, for a hint heals nothing."""
    row = connections.get(conn, connection)
    if not row.failures and (row.due_at is None or row.due_at > now or row.lease_until is not None):
        connections.change(conn, connection, due_at=now)


def ended(row: Row, started_at: datetime, now: datetime, wait: timedelta) -> datetime:
    """When a connection is due again whose run ends: at once where somebody asked for it while it ran."""
    asked_meanwhile = row.due_at is not None and started_at < row.due_at <= now and not row.failures
    return now if asked_meanwhile else now + wait


def _change(hub: Hub, connection: str, user_id: str, action: str, **values: object) -> None:
    with hub.writing() as conn:
        connections.change(conn, connection, **values)
        _note(conn, hub, connection, user_id, action)
    if "due_at" in values:
        hub.nudge(connection)


def _note(conn: Connection, hub: Hub, connection: str, user_id: str, action: str) -> None:
    audit.write(
        conn, at=hub.time.now(), actor=f"user:{user_id}", action=action, connection_id=connection,
        member_id=hub.config.connections[connection].member,
    )  # fmt: skip
