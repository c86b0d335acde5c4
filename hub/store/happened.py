"""What happened to a connection beside its records, and what came of one run beside its changes. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from hub.store import tables
from hub.store.tables import Audit, Link, Run
from hub.store.types import Moment
from schemas.said import pack

audit: Any = vars(tables.Audit)["__table__"]
conflict: Any = vars(tables.Conflict)["__table__"]
due: Any = vars(tables.Due)["__table__"]
hold: Any = vars(tables.Hold)["__table__"]
link: Any = vars(tables.Link)["__table__"]
opportunity: Any = vars(tables.Opportunity)["__table__"]
process: Any = vars(tables.Process)["__table__"]
quarantine: Any = vars(tables.Quarantine)["__table__"]
run: Any = vars(tables.Run)["__table__"]
MOST = 50
"""Causes that are listed."""


def to_connection(conn: Connection, name: str, since: datetime, limit: int) -> list[Audit]:
    """What people and the configuration did with it, newest first."""
    where = (audit.c.connection_id == name) & (audit.c.at >= since)
    where &= audit.c.opportunity_id.is_(None) & audit.c.run_id.is_(None)
    rows = conn.execute(select(audit).where(where).order_by(audit.c.id.desc()).limit(limit))
    return [Audit(**row._mapping) for row in rows]


def runs_since(conn: Connection, names: Sequence[str], since: datetime, limit: int) -> Sequence[Any]:
    """Runs of these connections that had not ended by then, newest first: rows of what a picture needs of each."""
    where = run.c.connection_id.in_(names) & or_(run.c.ended_at.is_(None), run.c.ended_at >= since)
    columns = (run.c.connection_id, run.c.state, run.c.started_at, run.c.ended_at, run.c.counts)
    return conn.execute(select(*columns).where(where).order_by(run.c.started_at.desc()).limit(limit)).all()


def conflicts_of(conn: Connection, found: Run, until: datetime, limit: int) -> list[Any]:
    """``id``, ``path``, ``state`` and ``title`` of conflicts that opened while the run went on and that its connection is in."""
    query = (
        select(conflict.c.id, conflict.c.path, conflict.c.state, conflict.c.parties, opportunity.c.title)
        .join(opportunity, opportunity.c.id == conflict.c.opportunity_id)
        .where((conflict.c.opened_at >= found.started_at) & (conflict.c.opened_at <= until))
        .order_by(conflict.c.opened_at, conflict.c.id)
        .limit(limit)
    )
    return [row for row in conn.execute(query) if any(p["connection"] == found.connection_id for p in row.parties)]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why records were not taken over, or not written. ``again``: when the first of them is tried next by itself."""

    reason: str
    number: int
    again: datetime | None

    @property
    def kept(self) -> str:
        """The reason as the database keeps it, by which a page names it again."""
        return pack(self.reason)


def set_aside(conn: Connection, found: Run, until: datetime) -> list[Cause]:
    """Why records or fields were set aside while the run went on, and are still, most first."""
    where = (quarantine.c.connection_id == found.connection_id) & (quarantine.c.state == "open")
    where &= (quarantine.c.last_seen_at >= found.started_at) & (quarantine.c.last_seen_at <= until)
    return _causes(conn, quarantine.c.reason, quarantine.c.not_before, where)


def refused(conn: Connection, name: str) -> list[Cause]:
    """Why this connection's system refuses what is to be written to it, as it stands now, most first."""
    return _causes(conn, due.c.error, due.c.not_before, (due.c.connection_id == name) & due.c.error.is_not(None))


def _causes(conn: Connection, reason: Any, again: Any, where: Any) -> list[Cause]:
    number = func.count().label("number")
    query = select(reason, number, func.min(again, type_=Moment)).where(where).group_by(reason)
    return [Cause(*row) for row in conn.execute(query.order_by(number.desc(), reason).limit(MOST))]


def cancelled_by(conn: Connection, found: Run) -> Audit | None:
    """The line that says who asked for the end of this run."""
    where = (audit.c.connection_id == found.connection_id) & (audit.c.action == "run cancelled")
    where &= audit.c.at >= found.started_at
    row = conn.execute(select(audit).where(where).order_by(audit.c.id).limit(1)).first()
    return Audit(**row._mapping) if row else None


def hold_of(conn: Connection, name: str) -> tables.Hold | None:
    """The one that waits."""
    where = (hold.c.connection_id == name) & (hold.c.state == "waiting")
    row = conn.execute(select(hold).where(where).order_by(hold.c.at.desc())).first()
    return tables.Hold(**row._mapping) if row else None


def examples(conn: Connection, name: str, limit: int) -> list[tuple[Link, str]]:
    """Linked records with what they last said, newest first, each with the opportunity's title."""
    query = (
        select(link, opportunity.c.title)
        .join(opportunity, opportunity.c.id == link.c.opportunity_id)
        .where((link.c.connection_id == name) & (link.c.state == "linked") & link.c.base.is_not(None))
        .order_by(link.c.synced_at.desc(), link.c.id)
        .limit(limit)
    )
    found = []
    for row in conn.execute(query):
        values = dict(row._mapping)
        title = values.pop("title")
        found.append((Link(**values), title))
    return found


def clock_seen(conn: Connection) -> datetime | None:
    """When a process with a clock last showed itself; one that has pages only does not count."""
    clocks = select(process.c.seen_at).where(process.c.kind != "web")
    found: datetime | None = conn.scalar(clocks.order_by(process.c.seen_at.desc()).limit(1))
    return found


def newest_process(conn: Connection) -> tables.Process | None:
    """The process that was started last, of those that have not ended in order."""
    row = conn.execute(select(process).order_by(process.c.started_at.desc()).limit(1)).first()
    return tables.Process(**row._mapping) if row else None
