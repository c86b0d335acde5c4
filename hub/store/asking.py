"""What is asked about, and what is known of how its steward answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from hub.store import tables
from hub.store.tables import Link, Opportunity

t: Any = vars(Opportunity)["__table__"]
audit: Any = vars(tables.Audit)["__table__"]
connection: Any = vars(tables.Connection)["__table__"]
user: Any = vars(tables.User)["__table__"]
link: Any = vars(Link)["__table__"]
message: Any = vars(tables.Message)["__table__"]
conflict: Any = vars(tables.Conflict)["__table__"]
quarantine: Any = vars(tables.Quarantine)["__table__"]


def due(conn: Connection, now: datetime, limit: int, without: Collection[str] = ()) -> list[Row[Any]]:
    """``id`` and ``steward_id`` of those to be looked at, of one steward after the other; none of these stewards'."""
    ripe = or_(t.c.look_at.is_(None), t.c.look_at <= now) & t.c.arriving.is_(None)
    looked = or_(t.c.status == "published", t.c.asked_at.is_not(None))
    query = select(t.c.id, t.c.steward_id).where(ripe & looked).order_by(t.c.steward_id, t.c.id)
    return list(conn.execute(query.where(t.c.steward_id.not_in(sorted(without))).limit(limit)))


def ask_anew(conn: Connection) -> None:
    """Whoever was asked and did not answer yet is asked as if for the first time. What was delisted stays so."""
    open_ones = t.c.asked_at.is_not(None) & t.c.delisted_at.is_(None)
    conn.execute(update(t).where(open_ones).values(asked_at=None, asked_mail=None, look_at=None))


def of_steward(conn: Connection, member_id: str, limit: int) -> list[Opportunity]:
    """Those that this member is asked about, and those delisted, the longest asked first."""
    mine = (t.c.steward_id == member_id) & t.c.asked_at.is_not(None)
    rows = conn.execute(select(t).where(mine).order_by(t.c.asked_at, t.c.id).limit(limit))
    return [Opportunity(**row._mapping) for row in rows]


def actors(conn: Connection, member_id: str) -> set[str]:
    """A member's systems and people as the audit names them, also those that are gone."""
    systems = conn.scalars(select(connection.c.id).where(connection.c.member_id == member_id))
    people = conn.scalars(select(user.c.id).where(user.c.member_id == member_id))
    return {f"connection:{name}" for name in systems} | {f"user:{id}" for id in people}


def last_words(conn: Connection, ids: Iterable[str], actors: Collection[str], action: str) -> dict[str, datetime]:
    """When one of these last moved each opportunity, or did ``action`` to it."""
    theirs = audit.c.opportunity_id.in_(list(ids)) & audit.c.actor.in_(sorted(actors))
    query = select(audit.c.opportunity_id, func.max(audit.c.at).label("at"))
    rows = conn.execute(
        query.where(theirs & or_(audit.c.moves, audit.c.action == action)).group_by(audit.c.opportunity_id)
    )
    return {row.opportunity_id: row.at for row in rows}


def written(conn: Connection, ids: Iterable[str], names: Collection[str]) -> list[Row[Any]]:
    """``opportunity_id``, ``connection_id`` and ``at`` of each time that the hub wrote to a record, oldest first."""
    out = (
        audit.c.opportunity_id.in_(list(ids)) & audit.c.connection_id.in_(sorted(names)) & (audit.c.direction == "out")
    )
    query = select(audit.c.opportunity_id, audit.c.connection_id, audit.c.at, audit.c["values"])
    return list(conn.execute(query.where(out).order_by(audit.c.id)))


def sent(conn: Connection, ids: Iterable[str]) -> dict[str, datetime]:
    """When each of these messages was sent, of those that were."""
    mine = message.c.id.in_(list(ids)) & (message.c.state == "sent")
    return {row.id: row.ended_at for row in conn.execute(select(message.c.id, message.c.ended_at).where(mine))}


def tied(conn: Connection, ids: Iterable[str], names: Collection[str]) -> dict[str, list[Link]]:
    """The linked records of these opportunities in these connections."""
    here = link.c.opportunity_id.in_(list(ids)) & link.c.connection_id.in_(sorted(names)) & (link.c.state == "linked")
    found: dict[str, list[Link]] = {}
    for row in conn.execute(select(link).where(here).order_by(link.c.connection_id)):
        found.setdefault(row.opportunity_id, []).append(Link(**row._mapping))
    return found


def unheard(conn: Connection, ids: Iterable[str], names: Collection[str]) -> set[str]:
    """Those of which something stands in an open conflict, or whose record in these connections is quarantined."""
    among = list(ids)
    disputed = select(conflict.c.opportunity_id).where(
        conflict.c.opportunity_id.in_(among) & (conflict.c.state == "open")
    )
    aside = (
        select(link.c.opportunity_id)
        .join(
            quarantine,
            (quarantine.c.connection_id == link.c.connection_id) & (quarantine.c.remote_id == link.c.remote_id),
        )
        .where(
            link.c.opportunity_id.in_(among) & link.c.connection_id.in_(sorted(names)) & (quarantine.c.state == "open")
        )
    )
    return {*conn.scalars(disputed), *conn.scalars(aside)}
