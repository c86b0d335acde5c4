"""The processes that work on this database, as they show themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from hub.store.identity import ALIVE
from hub.store.tables import Process

t: Any = Process.__table__  # type: ignore[attr-defined]


def begin(conn: Connection, id: str, kind: str, digest: str, now: datetime) -> None:
    """There is one more; those that have long been silent are forgotten."""
    silent = select(t.c.id).where(t.c.seen_at < now - ALIVE).with_for_update(skip_locked=True)
    conn.execute(t.delete().where(t.c.id.in_(silent)))
    conn.execute(t.insert().values(id=id, kind=kind, config_digest=digest, started_at=now, seen_at=now))


def show(conn: Connection, id: str, now: datetime, **changed: Any) -> bool:
    """Whether this one was there; ``changed`` columns besides when it was seen."""
    return bool(conn.execute(t.update().where(t.c.id == id).values(seen_at=now, **changed)).rowcount)


def end(conn: Connection, id: str) -> None:
    conn.execute(t.delete().where(t.c.id == id))


def living(conn: Connection, now: datetime) -> Sequence[Row[Any]]:
    return conn.execute(select(t).where(t.c.seen_at >= now - ALIVE)).all()


def clock(conn: Connection) -> datetime | None:
    """What time the database has; None on SQLite, which has the process's own."""
    return conn.scalar(select(func.clock_timestamp())) if conn.dialect.name == "postgresql" else None
