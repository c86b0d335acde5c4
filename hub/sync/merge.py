"""Two opportunities become one: records, commitments and questions of the one that goes are the survivor's from then on.

Nothing is written to any system here, and no record is closed or deleted by it. Copies get the survivor's values by the usual
plan; a record of a member that has one of each already is left alone, and its people are told.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.store import (
    audit,
    deletions,
    dues,
    likeness,
    links,
    merged,
    opportunities,
    questions,
    recommendations,
    waiting,
)
from hub.store.tables import Commitment, Leftover, Link, Merged, Opportunity
from hub.sync import history, merged_rows, suggestions
from hub.sync.announce import announce
from hub.sync.history import Cause
from hub.sync.succession import lay_open
from schemas.values import same

ALONG = (
    "remote_id", "base", "sent", "differs", "unholdable", "mapping_digest", "remote_version", "url", "seen_scan",
    "seen_page", "missed_scans", "synced_at", "follow",
)  # fmt: skip
"""What a link knows of its record."""


def merge(conn: Connection, hub: Hub, survivor: Opportunity, gone: Opportunity) -> None:
    """Both are locked, and no run has either in hand."""
    now = hub.time.now()
    held = {link.connection_id: link for link in links.of(conn, survivor.id)}
    moved = {}
    for link in links.of(conn, gone.id):
        moved[link.connection_id] = _record(conn, hub, survivor, gone, link, held.get(link.connection_id))
    merged_rows.nothing_to_say(conn, hub, survivor)
    _conflicts(conn, hub, survivor, gone)
    suggestions.move(conn, hub, gone.id, survivor, [name for name, along in moved.items() if along])
    _positions(conn, hub, survivor, gone)
    merged.no_more(conn, gone.id, survivor.id)
    recommendations.decide(conn, survivor.steward_id, survivor.id, "taken_up", None, now)
    likeness.keep(conn, gone.id, ())
    row = Merged(
        id=gone.id, number=gone.number, survivor_id=survivor.id, steward_id=gone.steward_id,
        masked=gone.facts.get("named") is False, at=now,
    )  # fmt: skip
    merged.add(conn, row)
    history.change(conn, gone, {"status": "withdrawn"}, Cause(now, "hub", "merged", note=f"Into {survivor.id}."))
    audit.write(conn, at=now, actor="hub", action="merged", opportunity_id=survivor.id, note=f"Took in {gone.id}.")
    likeness.look_at(conn, survivor.id)
    announce(conn, hub, survivor)
    dues.wake(conn, dues.waiting_connections(conn), now)


def _record(
    conn: Connection, hub: Hub, survivor: Opportunity, gone: Opportunity, link: Link, there: Link | None
) -> bool:
    """Whether this link's record follows the survivor now."""
    # What was agreed on was another opportunity's value; and who undid whose write there says nothing here.
    anew: dict[str, Any] = {"agreed": None, "rounds": None, "answers": None}
    config = hub.config.connections.get(link.connection_id)
    questions.follows(conn, link.id, survivor.id)
    if config is not None and config.inbox_for and not merged_rows.row(conn, config, survivor, gone, link, there):
        return False
    if there is None:
        links.change(conn, link.id, opportunity_id=survivor.id, **anew)
        merged.follows(conn, link.id, link.id, survivor.id)
        tied = link.id
    elif link.state == "linked" and there.state in ("wanted", "stopped"):
        record = {name: getattr(link, name) for name in ALONG}
        links.change(conn, link.id, **links.FRESH | {"state": "stopped"})
        deletions.came_back(conn, there.id)
        links.change(conn, there.id, state="linked", **record, **anew)
        merged.follows(conn, link.id, there.id, survivor.id)
        tied = there.id
    else:
        _left_alone(conn, hub, survivor, gone, link)
        return False
    follower = links.get(conn, tied)
    if follower is not None and config is not None:
        if config.member == survivor.steward_id:
            lay_open(conn, hub, survivor, follower)
        else:
            _asked_no_more(conn, hub, follower)
    return link.state == "linked"


def _asked_no_more(conn: Connection, hub: Hub, link: Link) -> None:
    """Whether a deleted record withdraws its opportunity is asked of the steward alone."""
    for row in deletions.by_link(conn, [link.id], ("open",)).values():
        deletions.change(conn, row.id, state="followed_no_more", decided_at=hub.time.now())


def _left_alone(conn: Connection, hub: Hub, survivor: Opportunity, gone: Opportunity, link: Link) -> None:
    """Its connection has a record of each: one of them follows, the other is its people's own."""
    links.change(conn, link.id, state="stopped")
    merged.rests(conn, link.id, hub.time.now())
    config = hub.config.connections.get(link.connection_id)
    if link.state == "linked" and config is not None:
        row = _leftover(hub, config.member, survivor, gone)
        row.connection_id, row.remote_id, row.url = link.connection_id, link.remote_id, link.url
        merged.leave(conn, row)


def _positions(conn: Connection, hub: Hub, survivor: Opportunity, gone: Opportunity) -> None:
    """Who was in the one that goes is in the survivor. Who was in both stays in it as it was, and is asked: nothing is
    added up. The positions on the one that is gone stay there, as history, and count nowhere."""
    positions = opportunities.commitments(conn, [survivor.id, gone.id])
    here = positions.get(survivor.id, {})
    for member, other in sorted(positions.get(gone.id, {}).items()):
        if _empty(other):
            continue
        if member not in here or _empty(here[member]):
            cause = Cause(hub.time.now(), "hub", "merged", member_id=member, note=f"From {gone.id}.")
            history.change(conn, survivor, dict(other.facts), cause, own=here, member=member, ids=hub.ids)
            here[member].origins = (here[member].origins or {}) | (other.origins or {})
            opportunities.save_commitment(conn, here[member], new=False)
        elif any(not same(p, here[member].facts.get(p), other.facts.get(p)) for p in here[member].facts | other.facts):
            merged.leave(conn, _leftover(hub, member, survivor, gone))


def _empty(position: Commitment) -> bool:
    """A tick to show it makes no position."""
    return all(v in (None, "", []) for p, v in (position.facts or {}).items() if p != "commitment.visibility")


def _leftover(hub: Hub, member: str, survivor: Opportunity, gone: Opportunity) -> Leftover:
    return Leftover(
        id=hub.ids.uuid7(), member_id=member, survivor_id=survivor.id, gone_id=gone.id, at=hub.time.now()
    )  # fmt: skip


def _conflicts(conn: Connection, hub: Hub, survivor: Opportunity, gone: Opportunity) -> None:
    """A conflict was about a value that nobody has any more. What a party typed is still in its record, and is looked at
    against the survivor with its next sync; here it is kept whole."""
    now = hub.time.now()
    for conflict in waiting.open_conflicts(conn, [gone.id]):
        waiting.change_conflict(
            conn, conflict.id, state="resolved", resolved_at=now, resolved_by="hub", rev=conflict.rev + 1
        )
        said = {party["connection"]: party["value"] for party in conflict.parties} | {"the commons": conflict.commons}
        audit.write(
            conn, at=now, actor="hub", action="conflict ended by merging", opportunity_id=gone.id,
            note=f"{conflict.path}: {said}",
        )  # fmt: skip
        for name in {party["connection"] for party in conflict.parties}:
            dues.add(conn, [name], survivor.id, now)
