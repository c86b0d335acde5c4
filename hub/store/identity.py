"""Which hub's database this is, and whether anybody works on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, inspect, select, text

from hub.store.beside import Process
from hub.store.sealed import HubIdentity

t: Any = HubIdentity.__table__  # type: ignore[attr-defined]
processes: Any = Process.__table__  # type: ignore[attr-defined]
ALIVE = timedelta(seconds=60)
"""A process that has not shown itself for this long no longer counts."""


def of(conn: Connection) -> str | None:
    """None in a database of a version that had no such thing, and in an empty one."""
    return conn.scalar(select(t.c.id)) if inspect(conn).has_table(t.name) else None


def version(conn: Connection) -> str | None:
    """The revision of its tables; None where there are none of a hub's."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.scalar(text("SELECT version_num FROM alembic_version"))


def alive(conn: Connection, now: datetime) -> bool:
    if not inspect(conn).has_table(processes.name):
        return False
    return conn.execute(select(processes.c.id).where(processes.c.seen_at >= now - ALIVE)).first() is not None
