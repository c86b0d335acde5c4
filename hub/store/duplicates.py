"""Pairs of opportunities that may be one, and what their stewards said."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from hub.store.tables import Duplicate, Opportunity
from hub.store.writes import insert_for

t: Any = Duplicate.__table__  # type: ignore[attr-defined]
opportunity: Any = Opportunity.__table__  # type: ignore[attr-defined]
ASKED = ("open", "agreed")


def propose(conn: Connection, row: Duplicate) -> None:
    """Ask about a pair that nobody was asked about; one that had lapsed is asked about again."""
    values = row.model_dump()
    statement = insert_for(conn)(t).values(**values)
    again = {name: values[name] for name in ("survivor_id", "title", "text", "number", "at", "agreed_by", "seen")}
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["first_id", "second_id"], set_=again | {"state": "open"}, where=t.c.state == "lapsed"
        )
    )


def get(conn: Connection, duplicate_id: str) -> Duplicate | None:
    row = conn.execute(select(t).where(t.c.id == duplicate_id)).first()
    return Duplicate(**row._mapping) if row else None


def of(conn: Connection, opportunity_id: str) -> list[Duplicate]:
    """What is asked about this opportunity and another."""
    mine = or_(t.c.first_id == opportunity_id, t.c.second_id == opportunity_id)
    return [Duplicate(**row._mapping) for row in conn.execute(select(t).where(mine & t.c.state.in_(ASKED)))]


def asked(conn: Connection, member_id: str) -> list[Row[Any]]:
    """What is asked about opportunities of this member, oldest first."""
    first, second = opportunity.alias(), opportunity.alias()
    query = (
        select(t)
        .join(first, first.c.id == t.c.first_id)
        .join(second, second.c.id == t.c.second_id)
        .where(t.c.state.in_(ASKED) & or_(first.c.steward_id == member_id, second.c.steward_id == member_id))
        .order_by(t.c.at, t.c.id)
    )
    return list(conn.execute(query))


def agreed(conn: Connection) -> list[str]:
    """Pairs that both stewards want merged."""
    return list(conn.scalars(select(t.c.id).where(t.c.state == "agreed").order_by(t.c.id)))


def change(conn: Connection, duplicate_id: str, **values: Any) -> None:
    conn.execute(update(t).where(t.c.id == duplicate_id).values(**values))
