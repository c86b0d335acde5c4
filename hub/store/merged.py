"""Opportunities that went into others: what they are now, and what that left with members that were in both."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update

from hub.store import tables
from hub.store.tables import Leftover, Merged

t: Any = Merged.__table__  # type: ignore[attr-defined]
left: Any = Leftover.__table__  # type: ignore[attr-defined]
due: Any = vars(tables.Due)["__table__"]
deletion: Any = vars(tables.Deletion)["__table__"]
quarantine: Any = vars(tables.Quarantine)["__table__"]
question: Any = vars(tables.ReferenceQuestion)["__table__"]
recommendation: Any = vars(tables.Recommendation)["__table__"]
thread: Any = vars(tables.Thread)["__table__"]
duplicate: Any = vars(tables.Duplicate)["__table__"]
intent: Any = vars(tables.Intent)["__table__"]
link: Any = vars(tables.Link)["__table__"]
connection: Any = vars(tables.Connection)["__table__"]


def add(conn: Connection, row: Merged) -> None:
    """What went into it before goes on to where it goes."""
    conn.execute(update(t).where(t.c.survivor_id == row.id).values(survivor_id=row.survivor_id))
    conn.execute(t.insert(), row.model_dump())


def survivors(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """Those of these ids that went into another, with the id of that."""
    rows = conn.execute(select(t.c.id, t.c.survivor_id).where(t.c.id.in_(sorted(ids))))
    return {row.id: row.survivor_id for row in rows}


def into(conn: Connection, survivor_id: str) -> list[str]:
    """What went into it."""
    return list(conn.scalars(select(t.c.id).where(t.c.survivor_id == survivor_id)))


def by_number(conn: Connection, numbers: Collection[int]) -> dict[int, str]:
    """The same by the numbers that stand for ids where a system takes integers only."""
    rows = conn.execute(select(t.c.number, t.c.survivor_id).where(t.c.number.in_(sorted(numbers))))
    return {row.number: row.survivor_id for row in rows}


def unnamed(conn: Connection, survivors: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Survivor and steward: whose went into it and was not shown by name. Of all where no ``survivors`` are given."""
    query = select(t.c.survivor_id, t.c.steward_id).where(t.c.masked)
    rows = conn.execute(query if survivors is None else query.where(t.c.survivor_id.in_(list(survivors))))
    return [(row.survivor_id, row.steward_id) for row in rows]


# --- is anybody at work on it --------------------------------------------------


def concerned(conn: Connection, ids: Collection[str]) -> list[str]:
    """Connections that hold a record of one of these opportunities, or are about to look at one."""
    found = set(conn.scalars(select(link.c.connection_id).where(link.c.opportunity_id.in_(list(ids)))))
    return sorted(found | set(conn.scalars(select(due.c.connection_id).where(due.c.opportunity_id.in_(list(ids))))))


def at_rest(conn: Connection, names: Collection[str], now: datetime) -> bool:
    """Whether none of these connections has a run under way. None can start one before the transaction ends."""
    query = select(connection.c.lease_until).where(connection.c.id.in_(list(names))).order_by(connection.c.id)
    return all(until is None or until <= now for until in conn.scalars(query.with_for_update()).all())


def unsettled(conn: Connection, ids: Collection[str]) -> bool:
    """Whether a write to a record of one of these was begun, and what became of it is not known."""
    begun = select(intent.c.id).where(intent.c.opportunity_id.in_(list(ids)) & (intent.c.state == "open"))
    creating = select(link.c.id).where(link.c.opportunity_id.in_(list(ids)) & (link.c.state == "creating"))
    return any(conn.execute(query.limit(1)).first() is not None for query in (begun, creating))


# --- what hangs on a link or an opportunity ------------------------------------


def follows(conn: Connection, link_id: str, to_link: str, survivor_id: str) -> None:
    """What is asked about this link is asked about that one and the survivor from now on."""
    values = {"link_id": to_link, "opportunity_id": survivor_id}
    conn.execute(update(deletion).where(deletion.c.link_id == link_id).values(**values))
    if to_link == link_id:
        conn.execute(update(question).where(question.c.link_id == link_id).values(opportunity_id=survivor_id))


def rests(conn: Connection, link_id: str, now: datetime) -> None:
    """Nothing is asked about this link any more, and nothing brings it back."""
    unsure = (deletion.c.link_id == link_id) & deletion.c.state.not_in(["withdrawn", "restored", "came_back"])
    conn.execute(update(deletion).where(unsure).values(state="followed_no_more", decided_at=now))
    conn.execute(
        update(question).where((question.c.link_id == link_id) & (question.c.state == "open")).values(state="skipped")
    )


def no_more(conn: Connection, gone_id: str, survivor_id: str) -> None:
    """Nobody looks at the one that is gone; what was said or set aside about it is about the survivor."""
    conn.execute(delete(due).where(due.c.opportunity_id == gone_id))
    for table in (quarantine, recommendation, thread):
        conn.execute(update(table).where(table.c.opportunity_id == gone_id).values(opportunity_id=survivor_id))
    mine = or_(duplicate.c.first_id == gone_id, duplicate.c.second_id == gone_id)
    conn.execute(update(duplicate).where(mine & duplicate.c.state.in_(["open", "agreed"])).values(state="lapsed"))


# --- what it left ---------------------------------------------------------------


def leave(conn: Connection, row: Leftover) -> None:
    conn.execute(left.insert(), row.model_dump())


def leftovers(conn: Connection, member_id: str) -> list[Row[Any]]:
    """What this member's people are still to look at, oldest first."""
    where = (left.c.member_id == member_id) & (left.c.state == "open")
    return list(conn.execute(select(left).where(where).order_by(left.c.at, left.c.id)))


def leftover(conn: Connection, leftover_id: str) -> Leftover | None:
    row = conn.execute(select(left).where(left.c.id == leftover_id).with_for_update()).first()
    return Leftover(**row._mapping) if row else None


def settle(conn: Connection, leftover_id: str, state: str, user_id: str, at: datetime) -> None:
    values = {"state": state, "decided_by": user_id, "decided_at": at}
    conn.execute(update(left).where(left.c.id == leftover_id).values(**values))
