"""The audit read as a feed of changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from hub.store import tables
from hub.store.tables import Audit

t: Any = vars(tables.Audit)["__table__"]
pending: Any = vars(tables.Pending)["__table__"]


def last(conn: Connection) -> int:
    """The newest line's number; 0 where there is none."""
    return int(conn.scalar(select(func.max(t.c.id))) or 0)


def lines(conn: Connection, after: int, limit: int) -> list[Audit]:
    """Lines that moved the commons, oldest first."""
    where = (t.c.id > after) & t.c.moves & t.c.opportunity_id.is_not(None)
    return [Audit(**row._mapping) for row in conn.execute(select(t).where(where).order_by(t.c.id).limit(limit))]


def of(conn: Connection, opportunity_id: str) -> list[Audit]:
    rows = conn.execute(select(t).where((t.c.opportunity_id == opportunity_id) & t.c.moves).order_by(t.c.id))
    return [Audit(**row._mapping) for row in rows]


def moved(conn: Connection, since: datetime, until: datetime) -> Iterator[Row[Any]]:
    """Lines that moved the commons after ``since`` and until ``until``, oldest first."""
    when = (t.c.at > since) & (t.c.at <= until) & t.c.moves & t.c.opportunity_id.is_not(None)
    columns = (t.c.opportunity_id, t.c.at, t.c["values"])
    query = select(*columns).where(when).order_by(t.c.at, t.c.id)
    yield from conn.execute(query, execution_options={"yield_per": 1000})


def waiting(conn: Connection, ids: Collection[str]) -> set[str]:
    """Those of these opportunities that a run changed which nobody has judged yet."""
    return set(conn.scalars(select(pending.c.opportunity_id).where(pending.c.opportunity_id.in_(sorted(ids)))))


def first_waiting(conn: Connection) -> int | None:
    """The number of the first line that has to be read once more when what waits has been judged."""
    newest = (
        select(func.max(t.c.id).label("line"))
        .join(pending, pending.c.opportunity_id == t.c.opportunity_id)
        .where(t.c.moves)
        .group_by(t.c.opportunity_id)
        .subquery()
    )
    found = conn.scalar(select(func.min(newest.c.line)))
    return None if found is None else int(found)


def first_since(conn: Connection, moment: datetime) -> int | None:
    """The number of the first line that was written at this moment or later."""
    found = conn.scalar(select(func.min(t.c.id)).where(t.c.at >= moment))
    return None if found is None else int(found)
