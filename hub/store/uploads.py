"""Sheets that were brought to a door or taken away from it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from hub.store.carried import Download, Upload

t: Any = Upload.__table__  # type: ignore[attr-defined]
taken: Any = Download.__table__  # type: ignore[attr-defined]


def add(conn: Connection, upload: Upload) -> None:
    conn.execute(t.insert(), upload.model_dump())


def get(conn: Connection, upload_id: str) -> Upload | None:
    row = conn.execute(select(t).where(t.c.id == upload_id)).first()
    return Upload(**row._mapping) if row else None


def change(conn: Connection, upload_id: str, **values: Any) -> None:
    conn.execute(update(t).where(t.c.id == upload_id).values(**values))


def claim(conn: Connection, upload_id: str, now: datetime, stuck: datetime) -> bool:
    """Whether it is this request that applies it: of two clicks one does. What was claimed before ``stuck`` and is not
    ended was claimed by a process that died."""
    free = (t.c.state == "looked") | ((t.c.state == "applying") & (t.c.since < stuck))
    mine = update(t).where((t.c.id == upload_id) & free).values(state="applying", since=now)
    return bool(conn.execute(mine).rowcount)


def recent(conn: Connection, connections: Collection[str], limit: int = 20) -> list[Upload]:
    """The newest, without their content and report."""
    columns = [c for c in t.c if c.name not in ("content", "report")]
    where = t.c.connection_id.in_(list(connections))
    rows = conn.execute(select(*columns).where(where).order_by(t.c.at.desc(), t.c.id.desc()).limit(limit))
    return [Upload(**row._mapping) for row in rows]


def forget(conn: Connection, content: datetime, report: datetime) -> None:
    """Drop what was brought before ``content`` and is still there, and all that was brought before ``report``."""
    conn.execute(update(t).where(t.c.content.is_not(None) & (t.c.at < content)).values(content=None, state="dropped"))
    conn.execute(delete(t).where(t.c.at < report))


def took(conn: Connection, download: Download) -> None:
    conn.execute(taken.insert(), download.model_dump())


def last_taken(conn: Connection, connection: str, by: str) -> datetime | None:
    where = (taken.c.connection_id == connection) & (taken.c.by == by)
    found: datetime | None = conn.scalar(select(func.max(taken.c.at)).where(where))
    return found
