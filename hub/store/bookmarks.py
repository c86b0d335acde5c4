"""What a person marked for a later look."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from hub.store import tables
from hub.store.writes import insert_for

t: Any = vars(tables.Bookmark)["__table__"]


def mark(conn: Connection, user_id: str, opportunity_id: str, at: datetime) -> None:
    row = {"user_id": user_id, "opportunity_id": opportunity_id, "at": at}
    conn.execute(insert_for(conn)(t).values(row).on_conflict_do_nothing())


def unmark(conn: Connection, user_id: str, opportunity_id: str) -> None:
    conn.execute(delete(t).where((t.c.user_id == user_id) & (t.c.opportunity_id == opportunity_id)))


def of(conn: Connection, user_id: str, opportunity_ids: Collection[str]) -> set[str]:
    """Those of these that the person marked."""
    among = (t.c.user_id == user_id) & t.c.opportunity_id.in_(list(opportunity_ids))
    return set(conn.scalars(select(t.c.opportunity_id).where(among)))


def everything(conn: Connection, user_id: str) -> list[str]:
    """Ids, the last marked first."""
    rows = select(t.c.opportunity_id).where(t.c.user_id == user_id).order_by(t.c.at.desc(), t.c.opportunity_id)
    return list(conn.scalars(rows))
