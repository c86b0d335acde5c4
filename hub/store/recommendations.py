"""What conveners recommended to members."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from hub.store.tables import Opportunity, Recommendation

t: Any = Recommendation.__table__  # type: ignore[attr-defined]
opportunity: Any = Opportunity.__table__  # type: ignore[attr-defined]


def add(conn: Connection, row: Recommendation) -> None:
    conn.execute(t.insert(), row.model_dump())


def open_ones(conn: Connection, member_id: str, opportunity_id: str | None = None) -> list[Row[Any]]:
    """Those that nobody of this member has decided, oldest first, each with its opportunity's ``title``."""
    where = (t.c.member_id == member_id) & (t.c.state == "open")
    if opportunity_id is not None:
        where &= t.c.opportunity_id == opportunity_id
    query = select(t, opportunity.c.title).join(opportunity, opportunity.c.id == t.c.opportunity_id)
    return list(conn.execute(query.where(where).order_by(t.c.at, t.c.id)))


def decide(conn: Connection, member_id: str, opportunity_id: str, state: str, user_id: str | None, at: datetime) -> int:
    """What all open ones of this opportunity come to for this member; how many they were."""
    where = (t.c.member_id == member_id) & (t.c.opportunity_id == opportunity_id) & (t.c.state == "open")
    values = {"state": state, "decided_by": user_id, "decided_at": at}
    return int(conn.execute(update(t).where(where).values(**values)).rowcount)
