"""Judging a run: what pull decided, and what push would do. Unusually large means a person looks first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.store import audit, connections, dues, links, opportunities, restored, runs, waiting
from hub.store.deletions import seen as deletions_seen
from hub.store.tables import Audit, Deletion, Hold
from hub.sync import deletions, guards, plan
from hub.sync.announce import announce
from hub.sync.turn import Turn
from schemas.said import together

COUNTED = (("overwrites_in", "overwritten"), ("withdrawals", "withdrawn"), ("closings", "closed"))
OUT = ("first_sync", "overwrites_out")
TOGETHER = 500
"""Opportunities that are told of together; what bounds the memory of a first sync."""


class Held(Exception):
    """The run stops here and waits for a person; nothing more of it happens."""


def judge_pull(turn: Turn) -> None:
    """Let what pull saw be meant and planned, or hold all of it. Raises ``Held``."""
    with turn.writing() as conn:
        count = links.count(conn, turn.name)
        approved = connections.get(conn, turn.name).approved
        if not approved and waiting.waiting_hold(conn, turn.name, ["approved"]) is None:
            return
        gone = deletions_seen(conn, turn.name)
        found = _large(turn, len(gone), count) if approved else []
        if not found:
            deletions.settle(conn, turn, gone)
            if turn.inherited or turn.hub.rules.inboxes:
                let_go(conn, turn.hub, turn.run_id)
            else:  # its arrivals were told of when they came, by the same rules
                opportunities.arrived(conn, turn.run_id)
                _counts(conn, turn.hub, turn.run_id)
            return
        items = changed_items(conn, turn.run_id) + gone_items(conn, turn, gone)
        why = guards.diagnosis(items, links.pages_seen(conn, turn.name), turn.absent)
        reasons = [guards.reason(kind, number, count, turn.name) for kind, number in found]
        _hold(conn, turn, found[0][0], together(reasons), why, items, turn.now())
    raise Held(together(reasons))


def _large(turn: Turn, gone: int, linked: int) -> list[tuple[str, int]]:
    """What of this pull is unusually large: kind and number. Clearing out one's inbox is not."""
    if turn.config.inbox_for:
        return []
    numbers = {"deletions": gone + len(turn.absent)} | {kind: turn.counts[name] for kind, name in COUNTED}
    limits = {
        "deletions": guards.DELETES,
        "overwrites_in": guards.OVERWRITES,
        "withdrawals": guards.DELETES,
        "closings": guards.OVERWRITES,
    }
    return [(kind, number) for kind, number in numbers.items() if limits[kind].trips(number, linked)]


def gone_items(conn: Connection, turn: Turn, gone: list[Deletion]) -> list[dict[str, Any]]:
    """Records that are gone, and those that two whole scans did not show, as a person reads them."""
    absent = links.by_remote(conn, turn.name, turn.absent)
    away = {row.remote_id: (row.opportunity_id, "deleted there") for row in gone}
    away |= {id: (link.opportunity_id, "not shown any more") for id, link in absent.items() if id not in away}
    titles = opportunities.titles(conn, [opportunity_id for opportunity_id, _ in away.values()])
    return [
        {
            "direction": "gone",
            "action": action,
            "opportunity_id": opportunity_id,
            "title": titles.get(opportunity_id, ""),
            "remote_id": id,
            "values": {},
        }
        for id, (opportunity_id, action) in sorted(away.items())
    ]


def let_go(conn: Connection, hub: Any, run_id: str) -> None:
    """What this run changed counts from now on; those that want it, by the rules of today, become due."""
    arrivals = opportunities.still_arriving(conn, run_id)
    opportunities.arrived(conn, run_id)
    for start in range(0, len(arrivals), TOGETHER):
        announce(conn, hub, *opportunities.load(conn, arrivals[start : start + TOGETHER]).values())
    _counts(conn, hub, run_id)


def _counts(conn: Connection, hub: Any, run_id: str) -> None:
    dues.judged(conn, run_id)
    for id in runs.lineage(conn, run_id):
        runs.judged_to(conn, id, audit.last_of_run(conn, id))
    dues.wake(conn, dues.waiting_connections(conn), hub.time.now())


def judge_push(turn: Turn) -> None:
    """Hold a first sync, or a push that would overwrite unusually much, unless exactly it was approved."""
    with turn.hub.reading() as conn:
        approved = connections.get(conn, turn.name).approved
        # No more records can be overwritten than are due and there, which costs no plan to count.
        few = not guards.OVERWRITES.trips(dues.of_records(conn, turn.name), links.count(conn, turn.name))
        hold = waiting.waiting_hold(conn, turn.name, ["approved"])
    if approved and (few or turn.config.inbox_for):
        return
    looked = turn.now()
    _, overwrites, count = plan.totals(turn)
    large = guards.OVERWRITES.trips(overwrites, count)
    if approved and not large:
        return
    kind = "overwrites_out" if approved else "first_sync"
    items = [item.as_data() for page in plan.plan(turn) for item in page]
    with turn.writing() as conn:
        if hold is not None and guards.plan_hash(items) == out_hash(hold):
            waiting.change_hold(conn, hold.id, state="used")
            again = {"restored_at": turn.now()} if turn.restored else {}
            connections.change(conn, turn.name, approved=True, **again)
            let_go(conn, turn.hub, turn.run_id)
            return
        came = [] if approved else changed_items(conn, turn.run_id)
        if turn.restored and not approved:
            came += gone_items(conn, turn, deletions_seen(conn, turn.name))
        if not came and not items:
            return  # nothing to look at yet: the first sync is the one that brings something
        reason = restored.SAYS if turn.restored and not approved else guards.reason(kind, overwrites, count, turn.name)
        _hold(conn, turn, kind, reason, guards.diagnosis(items, {}, []), came + items, looked)
    raise Held(reason)


def out_hash(hold: Hold) -> str:
    """The hash of what a hold would write, apart from what had come in."""
    return guards.plan_hash(item for item in hold.items if item["direction"] == "out")


def changes_of(conn: Connection, run_id: str) -> list[Audit]:
    """What a run moved in the commons and nobody judged, and the runs before it that it took over, oldest first."""
    lineage = runs.lineage(conn, run_id)
    return sorted(
        (line for id, judged in lineage.items() for line in audit.of_run(conn, id, "in", judged) if line.moves),
        key=lambda line: line.id or 0,
    )


def changed_items(conn: Connection, run_id: str) -> list[dict[str, Any]]:
    """What a pull changed in the commons, as a person reads it."""
    rows = changes_of(conn, run_id)
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


def _hold(
    conn: Connection, turn: Turn, kind: str, reason: str, diagnosis: str, items: list[dict[str, Any]], at: datetime
) -> None:
    waiting.add_hold(
        conn,
        Hold(
            id=turn.hub.ids.uuid7(),
            run_id=turn.run_id,
            connection_id=turn.name,
            kind=kind,
            reason=reason,
            diagnosis=diagnosis,
            items=items,
            plan_hash=guards.plan_hash(items),
            at=at,
        ),
    )
    runs.progress(conn, turn, "judge")
