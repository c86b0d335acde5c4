"""The life of a conflict while systems sync: it opens, hears that a party moved, and goes when all agree again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from hub.store import waiting
from hub.store.tables import Conflict, Link
from hub.sync.announce import announce
from hub.sync.history import is_own
from hub.sync.known import Known
from hub.sync.reconcile import Action, Decision
from hub.sync.turn import Turn
from schemas.values import same

Raw = dict[str, Any]


def settled_by_itself(conn: Connection, turn: Turn, known: Known, link: Link, decision: Decision) -> Decision:
    """Who says what the commons says agrees, and is no party any more; without parties there is no conflict."""
    conflict = known.conflicts.get(link.opportunity_id, {}).get(decision.path)
    if decision.action is not Action.FROZEN or conflict is None:
        return decision
    if not same(decision.path, decision.theirs, decision.ours):
        return decision
    others = [p for p in conflict.parties if p["link"] != link.id]
    if len(others) == len(conflict.parties):
        return replace(decision, action=Action.AGREE)
    values: Raw = {"parties": others, "rev": conflict.rev + 1}
    if not others:
        values |= {"state": "resolved", "choice": conflict.commons, "resolved_at": turn.now(), "resolved_by": "hub"}
        del known.conflicts[link.opportunity_id][decision.path]
        announce(conn, turn.hub, known.opportunities[link.opportunity_id])  # what was frozen may go out
    conflict.parties, conflict.rev = others, conflict.rev + 1
    waiting.change_conflict(conn, conflict.id, **values)
    return replace(decision, action=Action.AGREE)


def open_or_move(conn: Connection, turn: Turn, known: Known, link: Link, raw: Raw, decision: Decision) -> None:
    """Open a conflict, or let an open one know that a party moved. An edit that is not to change the field waits at
    its base until the conflict is over; then its connection says what it means."""
    if decision.action is Action.FROZEN and not _has_a_word(turn, known, link, decision.path):
        return
    columns = turn.mapping.way(decision.path).columns
    party = {
        "connection": turn.name,
        "link": link.id,
        "value": decision.theirs,
        "raw": {c: raw.get(c) for c in columns},
    }
    open_ones = known.conflicts.setdefault(link.opportunity_id, {})
    conflict = open_ones.get(decision.path)
    if conflict is None:
        open_ones[decision.path] = _open(conn, turn, known, link, decision, party)
        turn.counts["conflicts"] += 1
        return
    others = [p for p in conflict.parties if p["link"] != link.id]
    mine = next((p for p in conflict.parties if p["link"] == link.id), None)
    if mine is None and link.base is not None and all(link.base.get(c) == raw.get(c) for c in columns):
        return
    if mine is not None and mine["raw"] == party["raw"]:
        return
    conflict.parties = [*others, party]
    conflict.rev += 1
    waiting.change_conflict(conn, conflict.id, parties=conflict.parties, rev=conflict.rev)


def _has_a_word(turn: Turn, known: Known, link: Link, path: str) -> bool:
    steward = known.opportunities[link.opportunity_id].steward_id == turn.member
    return is_own(path) or steward or turn.config.edits == "accept"


def _open(conn: Connection, turn: Turn, known: Known, link: Link, decision: Decision, party: Raw) -> Conflict:
    opportunity = known.opportunities[link.opportunity_id]
    commitments = known.commitments.get(opportunity.id, {})
    own = commitments.get(turn.member)
    origins = (opportunity.origins or {}) | ((own.origins or {}) if own else {})
    commons = turn.view(opportunity, commitments).get(decision.path)
    last = waiting.last_conflict(conn, link.opportunity_id, decision.path)
    # What was chosen last time is worth showing for as long as it stands.
    chosen = last.choice if last is not None and same(decision.path, last.choice, commons) else None
    conflict = Conflict(
        id=turn.hub.ids.uuid7(),
        opportunity_id=link.opportunity_id,
        path=decision.path,
        base=decision.base,
        commons=commons,
        commons_from=(origins.get(decision.path) or {}).get("connection"),
        parties=[party],
        reason=decision.reason,
        choice=chosen,
        opened_at=turn.now(),
    )
    waiting.add_conflict(conn, conflict)
    return conflict
