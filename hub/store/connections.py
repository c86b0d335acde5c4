"""What the hub knows of its connections: position, state, when they are due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from hub.store.tables import Connection as Row
from hub.store.writes import update_all

t: Any = Row.__table__  # type: ignore[attr-defined]


_ONE = select(t).where(t.c.id == bindparam("name"))
"""Asked several times in every run, so it is put together once."""


def get(conn: Connection, name: str) -> Row:
    """KeyError for a name that no configuration ever had."""
    row = conn.execute(_ONE, {"name": name}).first()
    if row is None:
        raise KeyError(name)
    return Row(**row._mapping)


def by_name(conn: Connection, names: Iterable[str]) -> dict[str, Row]:
    rows = conn.execute(select(t).where(t.c.id.in_(list(names))))
    return {row.id: Row(**row._mapping) for row in rows}


def change(conn: Connection, name: str, **values: Any) -> None:
    update_all(conn, t, [{"id": name} | values])


def due(conn: Connection, names: Sequence[str], now: datetime) -> list[tuple[str, datetime]]:
    """Active connections whose time has come and that nobody works on, and when it came; longest waiting first."""
    rows = conn.execute(
        select(t.c.id, t.c.due_at)
        .where(
            t.c.id.in_(names)
            & (t.c.state == "active")
            & (t.c.due_at <= now)
            & or_(t.c.lease_until.is_(None), t.c.lease_until <= now)
        )
        .order_by(t.c.due_at, t.c.id)
    )
    return [(row.id, row.due_at) for row in rows]
