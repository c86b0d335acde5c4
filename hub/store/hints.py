"""Which webhooks were taken of late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from hub.store.tables import Hint

t: Any = Hint.__table__  # type: ignore[attr-defined]


def known(conn: Connection, connection: str, message_id: str) -> bool:
    where = (t.c.connection_id == connection) & (t.c.message_id == message_id)
    return conn.execute(select(t.c.at).where(where)).first() is not None


def count(conn: Connection, connection: str, since: datetime) -> int:
    return int(conn.scalar(select(func.count()).where((t.c.connection_id == connection) & (t.c.at > since))) or 0)


def add(conn: Connection, connection: str, message_id: str, at: datetime) -> None:
    conn.execute(t.insert().values(connection_id=connection, message_id=message_id, at=at))


def forget(conn: Connection, before: datetime) -> None:
    conn.execute(delete(t).where(t.c.at < before))
