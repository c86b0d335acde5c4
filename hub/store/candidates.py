"""What stands in inboxes, or did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from hub.store.tables import Candidate, Link

t: Any = Candidate.__table__  # type: ignore[attr-defined]
link: Any = Link.__table__  # type: ignore[attr-defined]


def of(conn: Connection, inbox: str, opportunity_ids: Iterable[str]) -> dict[str, Candidate]:
    """By opportunity."""
    where = (t.c.connection_id == inbox) & t.c.opportunity_id.in_(list(opportunity_ids))
    return {row.opportunity_id: Candidate(**row._mapping) for row in conn.execute(select(t).where(where))}


def add(conn: Connection, row: Candidate) -> None:
    conn.execute(t.insert(), row.model_dump())


def change(conn: Connection, inbox: str, opportunity_id: str, **values: Any) -> None:
    where = (t.c.connection_id == inbox) & (t.c.opportunity_id == opportunity_id)
    conn.execute(update(t).where(where).values(**values))


def follows(conn: Connection, inbox: str, opportunity_id: str, survivor_id: str) -> None:
    """Its row is another opportunity's now."""
    where = (t.c.connection_id == inbox) & (t.c.opportunity_id == opportunity_id)
    conn.execute(update(t).where(where).values(opportunity_id=survivor_id))


def note_shown(conn: Connection, inbox: str, now: datetime) -> None:
    """Rows that stand in the inbox since the last run count from now."""
    standing = select(link.c.opportunity_id).where((link.c.connection_id == inbox) & (link.c.state == "linked"))
    where = (t.c.connection_id == inbox) & t.c.shown_at.is_(None) & t.c.opportunity_id.in_(standing)
    conn.execute(update(t).where(where).values(shown_at=now))


def to_clear(conn: Connection, inbox: str, before: datetime, limit: int) -> list[Row[Any]]:
    """What leaves the inbox: what is not for its people, and what stands there, or waits to, since ``before`` at least.
    Each with its link's ``link_id``, ``link_state``, ``remote_id`` and ``base``."""
    query = (
        select(
            t,
            link.c.id.label("link_id"),
            link.c.state.label("link_state"),
            link.c.remote_id,
            link.c.base,
        )
        .join(link, (link.c.connection_id == t.c.connection_id) & (link.c.opportunity_id == t.c.opportunity_id))
        .where(
            (t.c.connection_id == inbox)
            & link.c.state.in_(("linked", "wanted"))
            & or_(t.c.state == "not_for_us", t.c.shown_at <= before, t.c.shown_at.is_(None) & (t.c.at <= before))
        )
        .order_by(t.c.at, t.c.opportunity_id)
        .limit(limit)
    )
    return list(conn.execute(query))
