"""Questions to a member's people whether a record of theirs follows what changed in the commons."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from hub.store.tables import Link, Opportunity, UpdateQuestion

t: Any = UpdateQuestion.__table__  # type: ignore[attr-defined]
link: Any = Link.__table__  # type: ignore[attr-defined]
opportunity: Any = Opportunity.__table__  # type: ignore[attr-defined]


def ask(conn: Connection, row: UpdateQuestion) -> bool:
    """One question a link, with all that waits now; whether that is news."""
    there = conn.execute(select(t).where(t.c.link_id == row.link_id).with_for_update()).first()
    if there is None:
        conn.execute(t.insert(), row.model_dump())
        return True
    if there.state == "open" and there.values == row.values:
        return False
    opened = {} if there.state == "open" else {"at": row.at}
    new = {"values": row.values, "state": "open", "rev": there.rev + 1, "decided_at": None, "decided_by": None}
    conn.execute(update(t).where(t.c.id == there.id).values(**new, **opened))
    return True


def settle(conn: Connection, link_id: str) -> None:
    """There is nothing to ask about this link any more."""
    conn.execute(update(t).where((t.c.link_id == link_id) & (t.c.state == "open")).values(state="settled"))


def follows(conn: Connection, link_id: str, opportunity_id: str) -> None:
    """The record belongs to another opportunity now: what was asked is no question any more."""
    settled = {"opportunity_id": opportunity_id, "state": "settled"}
    conn.execute(update(t).where(t.c.link_id == link_id).values(**settled))


def get(conn: Connection, question_id: str) -> UpdateQuestion | None:
    row = conn.execute(select(t).where(t.c.id == question_id).with_for_update()).first()
    return UpdateQuestion(**row._mapping) if row else None


def decide(conn: Connection, question_id: str, state: str, user_id: str, at: datetime) -> None:
    conn.execute(update(t).where(t.c.id == question_id).values(state=state, decided_by=user_id, decided_at=at))


def open_ones(conn: Connection, names: Collection[str], limit: int) -> list[Row[Any]]:
    """Those of these connections about records that are there, oldest first, each with its opportunity's ``title``."""
    query = (
        select(t, opportunity.c.title)
        .join(opportunity, opportunity.c.id == t.c.opportunity_id)
        .join(link, link.c.id == t.c.link_id)
        .where(t.c.connection_id.in_(list(names)) & (t.c.state == "open") & (link.c.state == "linked"))
        .order_by(t.c.at, t.c.id)
        .limit(limit)
    )
    return list(conn.execute(query))
