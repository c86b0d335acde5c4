"""Offers of a steward to another member to take its place, and what became of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, select, update

from hub.store.tables import Handover, Opportunity

t: Any = Handover.__table__  # type: ignore[attr-defined]
opportunity: Any = Opportunity.__table__  # type: ignore[attr-defined]


def add(conn: Connection, row: Handover) -> None:
    conn.execute(t.insert(), row.model_dump())


def get(conn: Connection, handover_id: str) -> Handover | None:
    row = conn.execute(select(t).where(t.c.id == handover_id)).first()
    return Handover(**row._mapping) if row else None


def newest(conn: Connection, opportunity_id: str) -> Handover | None:
    """The open offer of this opportunity, else the last one, whatever came of it."""
    order = (case((t.c.state == "open", 0), else_=1), t.c.at.desc(), t.c.id.desc())
    row = conn.execute(select(t).where(t.c.opportunity_id == opportunity_id).order_by(*order).limit(1)).first()
    return Handover(**row._mapping) if row else None


def open_ones(conn: Connection, member_id: str) -> list[Row[Any]]:
    """What is offered to this member, oldest first, each with its opportunity's ``title``."""
    query = select(t, opportunity.c.title).join(opportunity, opportunity.c.id == t.c.opportunity_id)
    return list(
        conn.execute(query.where((t.c.to_member == member_id) & (t.c.state == "open")).order_by(t.c.at, t.c.id))
    )


def decide(conn: Connection, handover_id: str, state: str, user_id: str, at: datetime, answer: str | None) -> None:
    values = {"state": state, "decided_by": user_id, "decided_at": at, "answer": answer}
    conn.execute(update(t).where(t.c.id == handover_id).values(**values))


def accepted(conn: Connection, handover_id: str, user_id: str, at: datetime, answer: str | None, masked: bool) -> None:
    """``masked``: the former steward stays without a name."""
    decide(conn, handover_id, "accepted", user_id, at, answer)
    conn.execute(update(t).where(t.c.id == handover_id).values(masked=masked))


def lapse(conn: Connection, opportunity_id: str, at: datetime) -> None:
    """An open offer ends without an answer."""
    where = (t.c.opportunity_id == opportunity_id) & (t.c.state == "open")
    conn.execute(update(t).where(where).values(state="lapsed", decided_at=at))


def unnamed(conn: Connection, ids: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Opportunity and member: who was its steward and not shown by name. Of all opportunities where no ``ids`` are given."""
    query = select(t.c.opportunity_id, t.c.from_member).where((t.c.state == "accepted") & t.c.masked)
    rows = conn.execute(query if ids is None else query.where(t.c.opportunity_id.in_(list(ids))))
    return [(row.opportunity_id, row.from_member) for row in rows]
