"""On what day a member first opened an opportunity."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from hub.store import tables
from hub.store.writes import insert_for

t: Any = vars(tables.Opened)["__table__"]


def known(conn: Connection, opportunity_id: str, member_id: str) -> bool:
    where = (t.c.opportunity_id == opportunity_id) & (t.c.member_id == member_id)
    return conn.execute(select(t.c.day).where(where)).first() is not None


def note(conn: Connection, opportunity_id: str, member_id: str, day: date) -> None:
    """Only the first time is kept."""
    row = insert_for(conn)(t).values(opportunity_id=opportunity_id, member_id=member_id, day=day.isoformat())
    conn.execute(row.on_conflict_do_nothing())
