"""Runs: what is under way, what it counted, how it ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, func, select, union, update

from hub.store.tables import Intent, Opportunity, Pending, Run, RunCalls
from hub.store.writes import insert_all, update_all

if TYPE_CHECKING:
    from hub.sync.turn import Turn

t: Any = Run.__table__  # type: ignore[attr-defined]
intent: Any = Intent.__table__  # type: ignore[attr-defined]
calls: Any = RunCalls.__table__  # type: ignore[attr-defined]
opportunity: Any = Opportunity.__table__  # type: ignore[attr-defined]
pending: Any = Pending.__table__  # type: ignore[attr-defined]


def start(conn: Connection, run: Run) -> None:
    insert_all(conn, t, [run.columns()])


def progress(conn: Connection, turn: Turn, phase: str) -> None:
    """How far it is, in the transaction of what it did."""
    turn.phase = phase
    update_all(conn, t, [{"id": turn.run_id, "phase": phase, "counts": dict(turn.counts)}])


def end(conn: Connection, run_id: str, state: str, now: datetime, **values: Any) -> None:
    update_all(conn, t, [{"id": run_id, "state": state, "ended_at": now} | values])


def get(conn: Connection, run_id: str) -> Run | None:
    row = conn.execute(select(t).where(t.c.id == run_id)).first()
    return Run(**row._mapping) if row else None


@dataclass(frozen=True, slots=True)
class Ran:
    """Runs of a connection: in this state, started so, from ``since`` on and before ``until``; where they say nothing, all."""

    connection: str
    state: str = ""
    trigger: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> Any:
        asked = (
            t.c.state == self.state if self.state else None,
            t.c.trigger == self.trigger if self.trigger else None,
            t.c.started_at >= self.since if self.since else None,
            t.c.started_at < self.until if self.until else None,
        )
        return and_(t.c.connection_id == self.connection, *(each for each in asked if each is not None))


ORDERS: dict[str, Any] = {"started": t.c.started_at, "status": t.c.state, "trigger": t.c.trigger}


def count(conn: Connection, ran: Ran) -> int:
    return int(conn.scalar(select(func.count()).select_from(t).where(ran.where())) or 0)


def listed(conn: Connection, ran: Ran, order: str, descending: bool, offset: int, limit: int | None) -> list[Run]:
    """In one of ``ORDERS``, the newest first where it is "" and among equals."""
    newest = [t.c.started_at.desc(), t.c.id.desc()]
    by = [ORDERS[order].desc() if descending else ORDERS[order]] if order else []
    query = select(t).where(ran.where()).order_by(*by, *newest).offset(offset).limit(limit)
    return [Run(**row._mapping) for row in conn.execute(query)]


def counts_of(conn: Connection, ids: Collection[str]) -> dict[str, dict[str, int]]:
    return {row.id: row.counts for row in conn.execute(select(t.c.id, t.c.counts).where(t.c.id.in_(list(ids))))}


def ended_since(conn: Connection, connection: str, since: datetime) -> list[Run]:
    """Runs of this connection that began after this moment and are over, oldest first."""
    where = (t.c.connection_id == connection) & (t.c.started_at >= since) & t.c.ended_at.is_not(None)
    return [Run(**row._mapping) for row in conn.execute(select(t).where(where).order_by(t.c.started_at, t.c.id))]


def unjudged(conn: Connection, connection: str, current: str) -> list[Run]:
    """Runs of this connection that left work for the next: their worker died, or they ended (the system stopped
    answering halfway) with changes that nobody has judged. Held ones wait for a person."""
    arriving = select(opportunity.c.arriving).where(opportunity.c.arriving.is_not(None))
    left = (t.c.state == "running") | t.c.id.in_(union(select(pending.c.run_id), arriving))
    where = (t.c.connection_id == connection) & (t.c.id != current) & (t.c.state != "held") & left
    return [Run(**row._mapping) for row in conn.execute(select(t).where(where).order_by(t.c.started_at, t.c.id))]


def keep_calls(conn: Connection, row: RunCalls) -> None:
    conn.execute(calls.insert(), row.model_dump())


def calls_of(conn: Connection, run_id: str) -> RunCalls | None:
    row = conn.execute(select(calls).where(calls.c.run_id == run_id)).first()
    return RunCalls(**row._mapping) if row else None


def taken_over(conn: Connection, run_id: str, by: str) -> None:
    conn.execute(update(t).where(t.c.id == run_id).values(taken_over_by=by))


def judged_to(conn: Connection, run_id: str, line: int) -> None:
    """Its lines up to this one were judged and let go."""
    conn.execute(update(t).where(t.c.id == run_id).values(judged_to=line))


def lineage(conn: Connection, run_id: str) -> dict[str, int]:
    """This run and those that it went on from, however many stopped halfway before it, each with its last judged line."""
    found: dict[str, int] = {}
    rows = conn.execute(select(t.c.id, t.c.judged_to).where(t.c.id == run_id)).all()
    while rows:
        new = {row.id: row.judged_to for row in rows}
        found |= new
        rows = conn.execute(select(t.c.id, t.c.judged_to).where(t.c.taken_over_by.in_(list(new)))).all()
    return found


def open_intents(conn: Connection, connection: str) -> list[Intent]:
    where = (intent.c.connection_id == connection) & (intent.c.state == "open")
    return [
        Intent(**row._mapping)
        for row in conn.execute(select(intent).where(where).order_by(intent.c.opened_at, intent.c.id))
    ]


def intend(conn: Connection, rows: list[Intent]) -> None:
    insert_all(conn, intent, [row.columns() for row in rows])


def settle(conn: Connection, intent_ids: list[str], state: str) -> None:
    if intent_ids:
        conn.execute(update(intent).where(intent.c.id.in_(intent_ids)).values(state=state))
