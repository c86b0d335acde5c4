"""Deciding a hold: letting exactly that plan go, or taking it back."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection

from hub import crash
from hub.app import Hub
from hub.store import audit, connections, deletions, dues, links, opportunities, runs, waiting
from hub.store.tables import Deletion, Hold
from hub.sync import history, judge
from hub.sync.announce import announce
from hub.sync.history import Cause
from hub.sync.moved import Moved
from schemas.said import phrase, together


def approve(hub: Hub, hold_id: str, plan_hash: str, user_id: str) -> None:
    """Let a held run go on. ``plan_hash`` says which plan was looked at; ``Moved`` where it is another now."""
    with hub.writing() as conn:
        hold = _waiting(conn, hold_id, plan_hash)
        _decided(conn, hub, hold, "approved", user_id)
        if hold.kind not in judge.OUT:
            runs.end(conn, hold.run_id, "done", hub.time.now(), error=None)
            _note_each(conn, hub, hold, told="told", missing="look")
        judge.let_go(conn, hub, hold.run_id)
        connections.change(conn, hold.connection_id, reason=None, due_at=hub.time.now())
        crash.point("holds.decided")
    crash.point("holds.stored")


def reject(hub: Hub, hold_id: str, user_id: str) -> None:
    """Take a held run back. What had come in is restored from history and stays different there; what was gone counts
    as there; what would go out is not written, and shows as differing. A rejected first sync leaves no trace in
    the commons."""
    with hub.writing() as conn:
        hold = _waiting(conn, hold_id, None)
        _decided(conn, hub, hold, "rejected", user_id)
        if hold.kind == "first_sync":
            _forget_arrivals(conn, hub, hold, user_id)
            reason = phrase("Its first sync was rejected. Change what needs changing, then resume it.")
            connections.change(conn, hold.connection_id, state="paused", reason=reason, reread_at=None)
        elif hold.kind in judge.OUT:
            _leave_alone(conn, hub, hold)
        else:
            _restore(conn, hub, hold, user_id)
            _note_each(
                conn, hub, hold, told="rejected", missing="rejected", decided_at=hub.time.now(), decided_by=user_id
            )
            links.believe(conn, hold.connection_id)
        dues.judged(conn, hold.run_id)
        opportunities.arrived(conn, hold.run_id)
        dues.wake(conn, dues.waiting_connections(conn), hub.time.now())


def _note_each(conn: Connection, hub: Hub, hold: Hold, told: str, missing: str, **what: Any) -> None:
    """The state of each record on the list, where the system told that it is gone and where scans did not show it: asked
    for once more, each by itself, so that none counts as gone that is there again; or taken for there, and nobody is
    asked about it again while it is not shown."""
    gone = [item["remote_id"] for item in hold.items if item["direction"] == "gone"]
    there = links.by_remote(conn, hold.connection_id, gone)
    noted = deletions.by_link(conn, [link.id for link in there.values()], ("seen",))
    for link in there.values():
        if link.id in noted:
            deletions.change(conn, noted[link.id].id, state=told, **what)
            continue
        row = Deletion(
            id=hub.ids.uuid7(), connection_id=link.connection_id, link_id=link.id, opportunity_id=link.opportunity_id,
            remote_id=link.remote_id or "", seen_at=hub.time.now(), state=missing, **what,
        )  # fmt: skip
        deletions.add(conn, row)


def _waiting(conn: Connection, hold_id: str, plan_hash: str | None) -> Hold:
    hold = waiting.get_hold(conn, hold_id)
    if hold is None or hold.state != "waiting":
        raise Moved(_("This hold was decided already, or a newer one took its place."))
    if plan_hash is not None and hold.plan_hash != plan_hash:
        raise Moved(_("The plan changed since you looked at it."), hold.plan_hash)
    return hold


def _decided(conn: Connection, hub: Hub, hold: Hold, state: str, user_id: str) -> None:
    now = hub.time.now()
    planned = phrase("%(count)s items, plan %(plan)s.", count=len(hold.items), plan=hold.plan_hash[:12])
    waiting.change_hold(conn, hold.id, state=state, decided_at=now, decided_by=user_id)
    audit.write(
        conn, at=now, actor=f"user:{user_id}", action=f"hold {state}", run_id=hold.run_id,
        connection_id=hold.connection_id, note=together([hold.reason, planned]),
    )  # fmt: skip


def _restore(conn: Connection, hub: Hub, hold: Hold, user_id: str) -> None:
    """Every value as it was before the held run moved it; what someone else moved since stays."""
    lines = judge.changes_of(conn, hold.run_id)
    ids = {line.opportunity_id for line in lines if line.opportunity_id}
    loaded, positions = opportunities.load(conn, ids), opportunities.commitments(conn, ids)
    here = links.by_opportunity(conn, hold.connection_id, loaded)
    member = hub.config.connections[hold.connection_id].member
    origin = {"user": user_id, "at": hub.time.now().isoformat()}
    for line in reversed(lines):
        opportunity = loaded.get(line.opportunity_id or "")
        if opportunity is None or line.values is None:
            continue
        own = positions.setdefault(opportunity.id, {})
        if line.action == "shared":
            before: dict[str, Any] = {"status": "draft"}
        else:
            now = history.standing(opportunity, own.get(member))
            before = {p: was for p, (was, became) in line.values.items() if now.get(p) == became}
        cause = Cause(hub.time.now(), f"user:{user_id}", "restored", connection_id=hold.connection_id)
        changes = history.change(conn, opportunity, before, cause, origin=origin, own=own, member=member, ids=hub.ids)
        link = here.get(opportunity.id)
        if link is not None:
            paths = [path for path in changes if path not in history.OWN]
            link.differs = (link.differs or {}) | dict.fromkeys(paths, "rejected")
            links.change(conn, link.id, differs=link.differs)
        announce(conn, hub, opportunity)


def _leave_alone(conn: Connection, hub: Hub, hold: Hold) -> None:
    items = {item["opportunity_id"]: item for item in hold.items if item["direction"] == "out"}
    for opportunity_id, link in links.by_opportunity(conn, hold.connection_id, items).items():
        paths = items[opportunity_id]["values"]
        links.change(conn, link.id, differs=(link.differs or {}) | dict.fromkeys(paths, "rejected"))
    dues.done(conn, hold.connection_id, items, hold.at)  # what moved since was on no list


def _forget_arrivals(conn: Connection, hub: Hub, hold: Hold, user_id: str) -> None:
    arrivals = opportunities.still_arriving(conn, hold.run_id)
    items = {item["opportunity_id"] for item in hold.items}
    dues.done(conn, hold.connection_id, items)
    deletions.forget(conn, arrivals)
    links.forget(conn, hold.connection_id, arrivals)
    cause = Cause(hub.time.now(), f"user:{user_id}", history.FORGOTTEN, connection_id=hold.connection_id)
    history.forget(conn, arrivals, cause)
