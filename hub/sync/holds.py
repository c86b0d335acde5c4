"""Deciding a hold: letting exactly that plan go, or taking it back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.store import audit, connections, dues, links, opportunities, runs, waiting
from hub.store.tables import Hold
from hub.sync import judge
from hub.sync.apply import announce
from hub.sync.moved import Moved
from hub.sync.resolve import set_fact
from schemas.fields import spec


def approve(hub: Hub, hold_id: str, plan_hash: str, user_id: str) -> None:
    """Let a held run go on. ``plan_hash`` says which plan was looked at; ``Moved`` where it is another now."""
    with hub.writing() as conn:
        hold = _waiting(conn, hold_id, plan_hash)
        _decided(conn, hub, hold, "approved", user_id)
        if hold.kind not in judge.OUT:
            runs.end(conn, hold.run_id, "done", hub.time.now(), error=None)
        judge.let_go(conn, hub, hold.run_id)
        connections.change(conn, hold.connection_id, reason=None, due_at=hub.time.now())


def reject(hub: Hub, hold_id: str, user_id: str) -> None:
    """Take a held run back. What had come in is restored from history and stays different there; what
    would go out is not written, and shows as differing. A rejected first sync leaves no trace in the commons."""
    with hub.writing() as conn:
        hold = _waiting(conn, hold_id, None)
        _decided(conn, hub, hold, "rejected", user_id)
        if hold.kind == "first_sync":
            _forget_arrivals(conn, hub, hold)
            reason = "Its first sync was rejected. Change what needs changing, then resume it."
            connections.change(conn, hold.connection_id, state="paused", reason=reason, cursor=None)
        elif hold.kind in judge.OUT:
            _leave_alone(conn, hub, hold)
        else:
            _restore(conn, hub, hold, user_id)
        dues.judged(conn, hold.run_id)
        opportunities.arrived(conn, hold.run_id)
        dues.wake(conn, dues.waiting_connections(conn), hub.time.now())


def _waiting(conn: Connection, hold_id: str, plan_hash: str | None) -> Hold:
    hold = waiting.get_hold(conn, hold_id)
    if hold is None or hold.state != "waiting":
        raise Moved("This hold was decided already, or a newer one took its place.")
    if plan_hash is not None and hold.plan_hash != plan_hash:
        raise Moved("The plan changed since you looked at it.", hold.plan_hash)
    return hold


def _decided(conn: Connection, hub: Hub, hold: Hold, state: str, user_id: str) -> None:
    now = hub.time.now()
    waiting.change_hold(conn, hold.id, state=state, decided_at=now, decided_by=user_id)
    audit.write(
        conn, at=now, actor=f"user:{user_id}", action=f"hold {state}", run_id=hold.run_id,
        connection_id=hold.connection_id, note=f"{hold.reason} {len(hold.items)} items, plan {hold.plan_hash[:12]}.",
    )  # fmt: skip


def _restore(conn: Connection, hub: Hub, hold: Hold, user_id: str) -> None:
    rows = list(audit.of_run(conn, hold.run_id, "in"))
    loaded = opportunities.load(conn, {row.opportunity_id for row in rows if row.opportunity_id})
    here = links.by_opportunity(conn, hold.connection_id, loaded)
    origin = {"user": user_id, "at": hub.time.now().isoformat()}
    for row in reversed(rows):
        opportunity = loaded.get(row.opportunity_id or "")
        if opportunity is None or row.values is None:
            continue
        if row.action == "shared":
            opportunities.change(conn, opportunity.id, status="draft")
            continue
        before: dict[str, Any] = {p: v[0] for p, v in row.values.items()}
        if "status" in before:
            opportunity.status = before.pop("status") or opportunity.status
        facts = {p: v for p, v in before.items() if spec(p).authority == "steward"}
        set_fact(conn, hub, opportunity, facts, origin)
        audit.write(
            conn, at=hub.time.now(), actor=f"user:{user_id}", action="restored", opportunity_id=opportunity.id,
            connection_id=hold.connection_id, values={p: [v[1], v[0]] for p, v in row.values.items()},
        )  # fmt: skip
        link = here.get(opportunity.id)
        if link is not None:
            link.differs = (link.differs or {}) | dict.fromkeys(facts, "rejected")
            links.change(conn, link.id, differs=link.differs)
        announce(conn, hub, opportunity)


def _leave_alone(conn: Connection, hub: Hub, hold: Hold) -> None:
    items = {item["opportunity_id"]: item for item in hold.items if item["direction"] == "out"}
    for opportunity_id, link in links.by_opportunity(conn, hold.connection_id, items).items():
        paths = items[opportunity_id]["values"]
        links.change(conn, link.id, differs=(link.differs or {}) | dict.fromkeys(paths, "rejected"))
    dues.done(conn, hold.connection_id, items)


def _forget_arrivals(conn: Connection, hub: Hub, hold: Hold) -> None:
    arrivals = opportunities.still_arriving(conn, hold.run_id)
    items = {item["opportunity_id"] for item in hold.items}
    dues.done(conn, hold.connection_id, items)
    links.forget(conn, hold.connection_id, arrivals)
    opportunities.forget(conn, arrivals)
