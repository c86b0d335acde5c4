"""What people do with a connection's schedule: run it now, pause it, resume it."""

from __future__ import annotations

from hub.app import Hub
from hub.store import audit, connections


def run_now(hub: Hub, connection: str, user_id: str) -> None:
    _change(hub, connection, user_id, "run now", due_at=hub.time.now())


def pause(hub: Hub, connection: str, user_id: str) -> None:
    _change(hub, connection, user_id, "paused", state="paused", reason="Paused by a person.")


def resume(hub: Hub, connection: str, user_id: str) -> None:
    """Go on, with the system's fields as they are now. Configuration wins: what it pauses stays paused, and
    ValueError says so."""
    if hub.config.connections[connection].paused:
        raise ValueError(f"The configuration pauses {connection}. Remove `paused = true` there, then restart the hub.")
    _change(hub, connection, user_id, "resumed", state="active", reason=None, shape=None, due_at=hub.time.now())


def _change(hub: Hub, connection: str, user_id: str, action: str, **values: object) -> None:
    with hub.writing() as conn:
        connections.change(conn, connection, **values)
        audit.write(
            conn, at=hub.time.now(), actor=f"user:{user_id}", action=action, connection_id=connection,
            member_id=hub.config.connections[connection].member,
        )  # fmt: skip
