"""How things stand, counted: for numbers that machines watch, and for telling people. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.store import tables

conflict: Any = vars(tables.Conflict)["__table__"]
connection: Any = vars(tables.Connection)["__table__"]
hold: Any = vars(tables.Hold)["__table__"]
intent: Any = vars(tables.Intent)["__table__"]
message: Any = vars(tables.Message)["__table__"]
due: Any = vars(tables.Due)["__table__"]
opportunity: Any = vars(tables.Opportunity)["__table__"]
quarantine: Any = vars(tables.Quarantine)["__table__"]
run: Any = vars(tables.Run)["__table__"]


def counts(conn: Connection, now: datetime) -> dict[str, tuple[str, int]]:
    """What it is and how many, by name."""

    def number(where: Any) -> int:
        return int(conn.scalar(select(func.count()).where(where)) or 0)

    return {
        "opportunities_published": ("Opportunities that are shared.", number(opportunity.c.status == "published")),
        "conflicts_open": ("Fields that somebody has to decide.", number(conflict.c.state == "open")),
        "holds_waiting": ("Runs that wait for a person.", number(hold.c.state == "waiting")),
        "quarantine_open": ("Records and fields that cannot be translated.", number(quarantine.c.state == "open")),
        "outbox_waiting": ("Mails that wait to be sent.", number(message.c.state == "waiting")),
        "outbox_failed": ("Mails that could not be sent for good.", number(message.c.state == "failed")),
        "intents_open": ("Writes of which nobody has looked yet what came.", number(intent.c.state == "open")),
        "due": ("Opportunities that a connection is still to look at.", int(conn.scalar(select(func.count()).select_from(due)) or 0)),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lane:
    """One connection. ``newest``: its last run that ended, ``told`` the counts of the last that was told of an allowance of
    calls; ``failing_since``: when the first of the runs began that failed since the last good one."""

    name: str
    row: tables.Connection
    held: tables.Hold | None
    quarantined: int
    newest: tables.Run | None
    told: dict[str, int]
    failing_since: datetime | None

    def value(self, key: str, now: datetime) -> float | None:
        if key == "late":
            late = self.row.due_at is not None and self.row.state == "active" and self.held is None
            return max(0.0, (now - self.row.due_at).total_seconds()) if late and self.row.due_at else 0.0
        if key == "calls_left":
            if not self.told.get("calls_allowed"):
                return None
            stop = self.told.get("calls_stop", self.told["calls_allowed"])
            return float(max(0, stop - self.told.get("calls_used", 0)))
        if key == "held":
            return float(self.held is not None)
        return float(self.row.failures if key == "failures" else self.quarantined)


RECENT = 12
"""Runs of a connection that are looked through."""


def connections(conn: Connection, names: Collection[str]) -> list[Lane]:
    """In the order of their names."""
    query = select(connection).where(connection.c.id.in_(list(names))).order_by(connection.c.id)
    rows = [tables.Connection(**r._mapping) for r in conn.execute(query)]
    waits = (
        select(hold)
        .where((hold.c.state == "waiting") & hold.c.connection_id.in_(list(names)))
        .order_by(hold.c.at.desc())
    )
    held = {r.connection_id: tables.Hold(**r._mapping) for r in conn.execute(waits)}
    number = func.count().label("number")
    each = select(quarantine.c.connection_id, number).where(quarantine.c.state == "open")
    aside = {r.connection_id: r.number for r in conn.execute(each.group_by(quarantine.c.connection_id))}
    return [_lane(conn, row, held.get(row.id), aside.get(row.id, 0)) for row in rows]


def _lane(conn: Connection, row: tables.Connection, held: tables.Hold | None, aside: int) -> Lane:
    where = (run.c.connection_id == row.id) & run.c.ended_at.is_not(None)
    query = select(run).where(where).order_by(run.c.id.desc()).limit(RECENT)
    recent = [tables.Run(**r._mapping) for r in conn.execute(query)]
    told = next((r.counts for r in recent if (r.counts or {}).get("calls_allowed")), {})
    since = None
    if row.failures:
        after = where & (run.c.state.in_(("failed", "incomplete")))
        after = after & (run.c.started_at > row.last_ok_at) if row.last_ok_at is not None else after
        since = conn.scalar(select(run.c.started_at).where(after).order_by(run.c.started_at).limit(1))
    return Lane(row.id, row, held, aside, recent[0] if recent else None, told, since)
