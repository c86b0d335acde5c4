"""Messages on their way out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, delete, select, update

from hub.store.tables import Message

t: Any = Message.__table__  # type: ignore[attr-defined]
FORGOTTEN = {"body": "", "html": None, "headers": None}
"""What a mail said, and who may be written to, once it is over."""


def add(conn: Connection, message: Message) -> None:
    conn.execute(t.insert(), message.model_dump())


def due(conn: Connection, now: datetime, limit: int) -> list[Message]:
    """Those to be sent now, the longest waiting first."""
    ripe = (t.c.state == "waiting") & (t.c.not_before <= now)
    rows = conn.execute(select(t).where(ripe).order_by(t.c.at, t.c.id).limit(limit))
    return [Message(**row._mapping) for row in rows]


def claim(conn: Connection, message_id: str, now: datetime, until: datetime) -> bool:
    """Whether this process may send it now; nobody else may before ``until``."""
    ripe = (t.c.id == message_id) & (t.c.state == "waiting") & (t.c.not_before <= now)
    return bool(conn.execute(update(t).where(ripe).values(not_before=until, tries=t.c.tries + 1)).rowcount)


def postpone(conn: Connection, ids: Iterable[str], until: datetime, error: str) -> None:
    mine = t.c.id.in_(list(ids)) & (t.c.state == "waiting")
    conn.execute(update(t).where(mine).values(not_before=until, error=error))


def end(conn: Connection, message_id: str, state: str, at: datetime, error: str | None = None) -> None:
    """``sent``, ``failed`` or ``dropped``: it is never sent again, and what it said is forgotten."""
    mine = (t.c.id == message_id) & (t.c.state == "waiting")
    conn.execute(update(t).where(mine).values(state=state, ended_at=at, error=error, **FORGOTTEN))


def give_up(conn: Connection, since: datetime, at: datetime, error: str) -> None:
    """Those that have waited since before ``since`` failed. Their last error stays where they have one."""
    old = (t.c.state == "waiting") & (t.c.at < since) & (t.c.not_before <= at)
    told = case((t.c.error.is_(None), error), else_=t.c.error)
    conn.execute(update(t).where(old).values(state="failed", ended_at=at, error=told, **FORGOTTEN))


def forget(conn: Connection, before: datetime) -> None:
    """Who was written to long ago is nobody's business any more."""
    conn.execute(delete(t).where((t.c.state != "waiting") & (t.c.ended_at < before)))


def by_id(conn: Connection, ids: Iterable[str]) -> dict[str, Message]:
    return {row.id: Message(**row._mapping) for row in conn.execute(select(t).where(t.c.id.in_(list(ids))))}
