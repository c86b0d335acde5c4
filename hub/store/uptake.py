"""What became of all that was shared, read from the history, the links and the days of opening. Reads of the whole commons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from hub.store import tables
from hub.store.tables import Opportunity

audit: Any = vars(tables.Audit)["__table__"]
candidate: Any = vars(tables.Candidate)["__table__"]
connection: Any = vars(tables.Connection)["__table__"]
link: Any = vars(tables.Link)["__table__"]
merged: Any = vars(tables.Merged)["__table__"]
opened: Any = vars(tables.Opened)["__table__"]
opportunity: Any = vars(tables.Opportunity)["__table__"]
MOVED = {"status": "status", "stage": "commitment.stage", "visibility": "commitment.visibility"}


def standing(conn: Connection) -> Iterator[Opportunity]:
    """Every opportunity, with no more of it than says who may see it."""
    wanted = ("id", "number", "kind", "status", "steward_id", "audience", "arriving")
    for row in conn.execute(select(*(opportunity.c[name] for name in wanted))):
        yield Opportunity(**row._mapping, title="", facts={}, origins={})


def survivors(conn: Connection) -> dict[str, str]:
    """What went into another, with the id of that."""
    return {row.id: row.survivor_id for row in conn.execute(select(merged.c.id, merged.c.survivor_id))}


def moves(conn: Connection) -> Iterator[Row[Any]]:
    """``(at, opportunity_id, member_id, status, stage, visibility)`` of every line of the history that moved one of the three,
    oldest first, and what each ``_was``. Both are None where the line left it alone."""
    values = audit.c["values"]
    after = {name: values[(path, 1)].as_string() for name, path in MOVED.items()}
    before = {name: values[(path, 0)].as_string() for name, path in MOVED.items()}
    touched = [or_(before[name].is_not(None), after[name].is_not(None)) for name in MOVED]
    told = [after[name].label(name) for name in MOVED] + [before[name].label(f"{name}_was") for name in MOVED]
    where = and_(audit.c.moves, audit.c.opportunity_id.is_not(None), or_(*touched))
    query = select(audit.c.at, audit.c.opportunity_id, audit.c.member_id, *told).where(where).order_by(audit.c.id)
    yield from conn.execute(query)


def openings(conn: Connection) -> Iterator[tuple[str, str, str]]:
    """``(opportunity, member, day)``."""
    for row in conn.execute(select(opened.c.opportunity_id, opened.c.member_id, opened.c.day)):
        yield row.opportunity_id, row.member_id, row.day


def copies(conn: Connection) -> Iterator[tuple[str, str, Any]]:
    """``(opportunity, member, at)`` of every record that a system of the member has or had for it; rows of inboxes are none."""
    row_of_inbox = (
        select(candidate.c.connection_id)
        .where(
            (candidate.c.connection_id == link.c.connection_id) & (candidate.c.opportunity_id == link.c.opportunity_id)
        )
        .exists()
    )
    query = (
        select(link.c.opportunity_id, connection.c.member_id, link.c.created_at)
        .join(connection, connection.c.id == link.c.connection_id)
        .where(link.c.remote_id.is_not(None) & ~row_of_inbox)
    )
    for row in conn.execute(query):
        yield row.opportunity_id, row.member_id, row.created_at
