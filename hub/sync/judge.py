"""Judging a run: what pull decided, and what push would do. Unusually large means a person looks first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from hub.store import audit, connections, dues, links, opportunities, runs, waiting
from hub.store.tables import Hold
from hub.sync import guards, plan
from hub.sync.apply import announce
from hub.sync.turn import Turn

OUT = ("first_sync", "overwrites_out")


class Held(Exception):
    """The run stops here and waits for a person; nothing more of it happens."""


def judge_pull(turn: Turn) -> None:
    """Let what pull changed be planned, or hold it. Raises ``Held``."""
    with turn.writing() as conn:
        count = links.count(conn, turn.name)
        approved = connections.get(conn, turn.name).approved
        if approved:
            if guards.OVERWRITES.trips(turn.counts["overwritten"], count):
                _hold(conn, turn, "overwrites_in", turn.counts["overwritten"], count, changed_items(conn, turn.run_id))
            elif guards.DELETES.trips(turn.counts["withdrawn"], count):
                _hold(conn, turn, "withdrawals", turn.counts["withdrawn"], count, changed_items(conn, turn.run_id))
        if not approved and waiting.waiting_hold(conn, turn.name, ["approved"]) is None:
            return
        held = waiting.waiting_hold(conn, turn.name)
        if held is None:
            let_go(conn, turn.hub, turn.run_id)
    if held is not None:
        raise Held(held.reason)


def let_go(conn: Connection, hub: Any, run_id: str) -> None:
    """What this run changed counts from now on; those that want it become due."""
    dues.judged(conn, run_id)
    arrivals = opportunities.still_arriving(conn, run_id)
    opportunities.arrived(conn, run_id)
    for opportunity in opportunities.load(conn, arrivals).values():
        announce(conn, hub, opportunity)
    dues.wake(conn, dues.waiting_connections(conn), hub.time.now())


def judge_push(turn: Turn) -> None:
    """Hold a first sync, or a push that would overwrite unusually much, unless exactly it was approved."""
    with turn.hub.reading() as conn:
        approved = connections.get(conn, turn.name).approved
        few = dues.count(conn, turn.name) <= guards.OVERWRITES.floor
        hold = waiting.waiting_hold(conn, turn.name, ["approved"])
    if approved and few:
        return
    _, overwrites, count = plan.totals(turn)
    large = guards.OVERWRITES.trips(overwrites, count)
    if approved and not large:
        return
    kind = "overwrites_out" if approved else "first_sync"
    items = [item.as_data() for page in plan.plan(turn) for item in page]
    with turn.writing() as conn:
        if hold is not None and guards.plan_hash(items) == out_hash(hold):
            waiting.change_hold(conn, hold.id, state="used")
            connections.change(conn, turn.name, approved=True)
            let_go(conn, turn.hub, turn.run_id)
            return
        came = [] if approved else changed_items(conn, turn.run_id)
        if not came and not items:
            return  # nothing to look at yet: the first sync is the one that brings something
        _hold(conn, turn, kind, overwrites, count, came + items)
    raise Held(guards.reason(kind, overwrites, count, turn.name))


def out_hash(hold: Hold) -> str:
    """The hash of what a hold would write, apart from what had come in."""
    return guards.plan_hash(item for item in hold.items if item["direction"] == "out")


def changed_items(conn: Connection, run_id: str) -> list[dict[str, Any]]:
    """What a pull changed in the commons, as a person reads it."""
    rows = list(audit.of_run(conn, run_id, "in"))
    titles = opportunities.titles(conn, {row.opportunity_id for row in rows if row.opportunity_id})
    return [
        {
            "direction": "in",
            "action": row.action,
            "opportunity_id": row.opportunity_id,
            "title": titles.get(row.opportunity_id or "", ""),
            "remote_id": row.remote_id,
            "values": row.values or {},
        }
        for row in rows
    ]


def _hold(conn: Connection, turn: Turn, kind: str, count: int, linked: int, items: list[dict[str, Any]]) -> None:
    waiting.add_hold(
        conn,
        Hold(
            id=turn.hub.ids.uuid7(),
            run_id=turn.run_id,
            connection_id=turn.name,
            kind=kind,
            reason=guards.reason(kind, count, linked, turn.name),
            items=items,
            plan_hash=guards.plan_hash(items),
            at=turn.now(),
        ),
    )
    runs.progress(conn, turn, "judge")
