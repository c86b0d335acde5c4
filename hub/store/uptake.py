"""What became of all that was shared, read from the history, the links and the days of opening. Reads of the whole commons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, Text, cast, or_, select

from hub.store import tables

audit: Any = vars(tables.Audit)["__table__"]
candidate: Any = vars(tables.Candidate)["__table__"]
connection: Any = vars(tables.Connection)["__table__"]
link: Any = vars(tables.Link)["__table__"]
merged: Any = vars(tables.Merged)["__table__"]
opened: Any = vars(tables.Opened)["__table__"]
opportunity: Any = vars(tables.Opportunity)["__table__"]
MOVED = ("status", "commitment.stage", "commitment.visibility")


def standing(conn: Connection) -> Iterator[Any]:
    """Every opportunity, with no more of it than says who may see it: ``id``, ``status``, ``steward_id``, ``audience``, ``arriving``."""
    yield from conn.execute(select(*(opportunity.c[n] for n in ("id", "status", "steward_id", "audience", "arriving"))))


def survivors(conn: Connection) -> dict[str, str]:
    """What went into another, with the id of that."""
    return {row.id: row.survivor_id for row in conn.execute(select(merged.c.id, merged.c.survivor_id))}


def moves(conn: Connection) -> Iterator[tuple[date, str, str, dict[str, list[Any]]]]:
    """``(day, opportunity, member, {path: [before, after]})`` of every line of the history that could have moved one of ``MOVED``,
    oldest first."""
    # One look at the text is a tenth of what taking six values out of it costs; what only says these words has none of the paths.
    text = cast(audit.c["values"], Text)
    touched = or_(*(text.contains(f'"{path}"', autoescape=True) for path in MOVED))
    where = audit.c.moves & audit.c.opportunity_id.is_not(None) & touched
    query = select(audit.c.at, audit.c.opportunity_id, audit.c.member_id, audit.c["values"]).where(where)
    for at, id, member, values in conn.execute(query.order_by(audit.c.id)):
        yield at.date(), id, member, {path: values[path] for path in MOVED if path in values}


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
