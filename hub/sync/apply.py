"""What a reconciled record changes in the store: values, base, conflicts, suggestions, quarantine, due rows."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Record
from hub.commons.sharing import importers
from hub.store import audit, dues, links, opportunities, waiting
from hub.store.tables import Commitment, Conflict, Link, Opportunity, Quarantine, Suggestion
from hub.sync.known import Known
from hub.sync.reconcile import Action, Decision, Reconciled, Standing, digest, reconcile
from hub.sync.turn import Turn
from schemas.completeness import missing_to_publish
from schemas.fields import spec
from schemas.values import same

Raw = dict[str, Any]
Changes = dict[str, list[Any]]


def apply_record(conn: Connection, turn: Turn, known: Known, link: Link, record: Record, raw: Raw) -> None:
    """Decide one linked record and store all that follows. ``raw`` is its reduced columns."""
    opportunity = known.opportunities[link.opportunity_id]
    result = decide(turn, known, link, raw)
    decisions = [_settled_by_themselves(conn, turn, known, link, _title_stays(d)) for d in result.decisions]
    changes = _take(conn, turn, known, opportunity, [d for d in decisions if d.action is Action.TAKE], record.id)
    status = _share(conn, turn, opportunity, link, raw, changes)
    for decision in decisions:
        if decision.action in (Action.CONFLICT, Action.FROZEN):
            _conflict(conn, turn, known, link, raw, decision)
        elif decision.action is Action.SUGGEST:
            _suggest(conn, turn, opportunity, decision)
        elif decision.action is Action.UNREADABLE:
            set_aside(conn, turn, record.id, decision.path, decision.reason, raw, opportunity.id)
    unreadable = [d.path for d in decisions if d.action is Action.UNREADABLE]
    if record.id in known.quarantined:
        waiting.release(conn, turn.name, record.id, keep=unreadable)
    view = turn.view(opportunity, known.commitments.get(opportunity.id, {}))
    _move_base(conn, turn, link, record, raw, decisions, result, view)
    if changes or status:
        _announce(conn, turn, known, opportunity)
    elif any(d.action is Action.PUSH for d in decisions):
        dues.add(conn, [turn.name], opportunity.id, turn.now())
    _count(turn, decisions, bool(changes or status))


def decide(turn: Turn, known: Known, link: Link, raw: Raw) -> Reconciled:
    """Reconcile a record with its opportunity, under all that people already decided."""
    opportunity = known.opportunities[link.opportunity_id]
    commitments = known.commitments.get(opportunity.id, {})
    own = commitments.get(turn.member)
    origins = (opportunity.origins or {}) | ((own.origins or {}) if own else {})
    standing = Standing(
        connection=turn.name,
        steward=opportunity.steward_id == turn.member,
        edits=turn.config.edits,
        frozen=frozenset(known.conflicts.get(opportunity.id, ())),
        differs=frozenset(link.differs or ()),
        ranks=turn.hub.config.rules,
        origins={path: origin.get("connection") for path, origin in origins.items()},
    )
    view = turn.view(opportunity, commitments)
    return reconcile(turn.mapping, raw, link.base, link.sent, view, standing, link.agreed)


def add_opportunity(
    conn: Connection, turn: Turn, known: Known, record: Record, raw: Raw, id: str | None = None
) -> None:
    """A record that was shared for the first time becomes an opportunity, and stays linked to it."""
    reading = turn.mapping.read(raw)
    values = {path: value for path, value in reading.values.items() if value is not None}
    if not values.get("title"):
        reason = next((p.message for p in reading.problems if p.path == "title"), "It has no title. Give it one.")
        set_aside(conn, turn, record.id, "", reason, raw, None)
        turn.counts["quarantined"] += 1
        return
    now = turn.now()
    facts = {p: v for p, v in values.items() if spec(p).authority == "steward"}
    own = {p: v for p, v in values.items() if spec(p).authority == "member"}
    origin = {"connection": turn.name, "at": now.isoformat()}
    opportunity = Opportunity(
        id=id or turn.hub.ids.uuid7(),
        number=turn.hub.ids.number(),
        kind=turn.mapping.kind,
        status="draft",
        steward_id=turn.member,
        audience=turn.mapping.audience(raw) or "all",
        title=facts["title"],
        facts=facts,
        origins=dict.fromkeys(facts, origin),
        arriving=turn.run_id,
        created_at=now,
        updated_at=now,
    )
    opportunity.status = _published_or_draft(turn, opportunity)
    opportunities.add(conn, opportunity)
    known.opportunities[opportunity.id] = opportunity
    if any(value for path, value in own.items() if path != "commitment.visibility"):
        _save_commitment(conn, turn, known, opportunity, own, origin)
    link = Link(
        id=turn.hub.ids.uuid7(),
        connection_id=turn.name,
        opportunity_id=opportunity.id,
        remote_id=record.id,
        base=raw,
        agreed=agreement(turn, turn.view(opportunity, known.commitments.get(opportunity.id, {})), {}),
        mapping_digest=turn.mapping.digest,
        remote_version=record.version,
        url=record.url,
        seen_scan=turn.scan,
        created_at=now,
        synced_at=now,
    )
    links.add(conn, link)
    known.links[record.id] = known.by_opportunity[opportunity.id] = link
    for problem in reading.problems:
        if problem.path:
            set_aside(conn, turn, record.id, problem.path, problem.message, raw, opportunity.id)
    if record.id in known.quarantined:
        waiting.release(conn, turn.name, record.id, keep=[p.path for p in reading.problems if p.path])
    _audit(conn, turn, opportunity, "shared", {p: [None, v] for p, v in (facts | own).items()}, record.id)
    _announce(conn, turn, known, opportunity)
    turn.counts["created"] += 1


def set_aside(
    conn: Connection, turn: Turn, remote_id: str, path: str, reason: str, fields: Raw, opportunity_id: str | None,
    place: str = "",
) -> None:  # fmt: skip
    """Quarantine a record, or one field of it."""
    now = turn.now()
    waiting.set_aside(
        conn,
        Quarantine(
            id=turn.hub.ids.uuid7(), connection_id=turn.name, remote_id=remote_id, path=path, place=place,
            reason=reason, fields=fields, opportunity_id=opportunity_id, first_seen_at=now, last_seen_at=now,
        ),
    )  # fmt: skip


def _title_stays(decision: Decision) -> Decision:
    if decision.path == "title" and decision.action is Action.TAKE and not decision.value:
        reason = "The title was cleared. An opportunity needs one; the commons keeps the last."
        return Decision("title", Action.UNREADABLE, decision.theirs, decision.ours, decision.base, reason=reason)
    return decision


def _take(
    conn: Connection, turn: Turn, known: Known, opportunity: Opportunity, taken: list[Decision], remote_id: str
) -> Changes:
    """Put the record's values into the commons. Returns ``{path: [before, after]}``."""
    own = known.commitments.get(opportunity.id, {}).get(turn.member)
    before = dict(opportunity.facts) | (dict(own.facts) if own else {})
    changes = {d.path: [before.get(d.path), d.value] for d in taken if not same(d.path, before.get(d.path), d.value)}
    if not changes:
        return {}
    origin = {"connection": turn.name, "at": turn.now().isoformat()}
    member = {p: after for p, (_, after) in changes.items() if spec(p).authority == "member"}
    facts = {p: after for p, (_, after) in changes.items() if p not in member}
    if member:
        _save_commitment(conn, turn, known, opportunity, member, origin)
    if facts:
        opportunity.facts = opportunity.facts | facts
        opportunity.origins = opportunity.origins | dict.fromkeys(facts, origin)
        opportunity.title = opportunity.facts["title"]
        if opportunity.status == "draft" and opportunity.steward_id == turn.member:
            opportunity.status = _published_or_draft(turn, opportunity)
        if any(before not in (None, "", []) for before, _ in (changes[p] for p in facts)):
            turn.counts["overwritten"] += 1
    _store(conn, turn, opportunity)
    _audit(conn, turn, opportunity, "changed", changes, remote_id)
    return changes


def _save_commitment(
    conn: Connection, turn: Turn, known: Known, opportunity: Opportunity, values: Raw, origin: Raw
) -> None:
    of = known.commitments.setdefault(opportunity.id, {})
    existing = of.get(turn.member)
    commitment = existing or Commitment(
        id=turn.hub.ids.uuid7(), opportunity_id=opportunity.id, member_id=turn.member, facts={}, origins={}
    )
    commitment.facts = commitment.facts | values
    commitment.origins = commitment.origins | dict.fromkeys(values, origin)
    commitment.updated_at = turn.now()
    of[turn.member] = commitment
    opportunities.save_commitment(conn, commitment, new=existing is None)


def _store(conn: Connection, turn: Turn, opportunity: Opportunity) -> None:
    opportunity.version += 1
    opportunity.updated_at = turn.now()
    opportunities.change(conn, opportunity.id, **opportunity.model_dump(exclude={"id", "number", "created_at"}))


def _published_or_draft(turn: Turn, opportunity: Opportunity) -> str:
    basis = bool(turn.hub.config.members[opportunity.steward_id].lawful_basis)
    return "draft" if missing_to_publish(opportunity.facts | {"kind": opportunity.kind}, basis) else "published"


def _share(
    conn: Connection, turn: Turn, opportunity: Opportunity, link: Link, raw: Raw, changes: Changes
) -> str | None:
    """Follow the share tick, where it counts: in the steward's sharing connections, when it moved."""
    if opportunity.steward_id != turn.member or not turn.config.shares:
        return None
    before = turn.mapping.audience(link.base) if link.base is not None else None
    after = turn.mapping.audience(raw)
    if before == after:
        return None
    old = opportunity.status
    if after is None:
        opportunity.status = "withdrawn"
        turn.counts["withdrawn"] += 1
    else:
        opportunity.audience = after
        if old in ("draft", "withdrawn"):
            opportunity.status = _published_or_draft(turn, opportunity)
    if opportunity.status == old and after is not None and before is not None and not changes:
        _store(conn, turn, opportunity)
        return "audience"
    if opportunity.status != old:
        _store(conn, turn, opportunity)
        _audit(conn, turn, opportunity, opportunity.status, {"status": [old, opportunity.status]}, link.remote_id)
        return opportunity.status
    return None


def _settled_by_themselves(conn: Connection, turn: Turn, known: Known, link: Link, decision: Decision) -> Decision:
    """A party that came round to the commons value is none any more; without parties there is no conflict."""
    conflict = known.conflicts.get(link.opportunity_id, {}).get(decision.path)
    if decision.action is not Action.FROZEN or conflict is None:
        return decision
    others = [p for p in conflict.parties if p["link"] != link.id]
    if len(others) == len(conflict.parties) or not same(decision.path, decision.theirs, decision.ours):
        return decision
    values: Raw = {"parties": others, "rev": conflict.rev + 1}
    if not others:
        values |= {"state": "resolved", "choice": conflict.commons, "resolved_at": turn.now(), "resolved_by": "hub"}
        del known.conflicts[link.opportunity_id][decision.path]
    waiting.change_conflict(conn, conflict.id, **values)
    return replace(decision, action=Action.AGREE)


def _conflict(conn: Connection, turn: Turn, known: Known, link: Link, raw: Raw, decision: Decision) -> None:
    """Open a conflict, or let an open one know that a party moved."""
    part = turn.mapping.way(decision.path)
    party = {
        "connection": turn.name,
        "link": link.id,
        "value": decision.theirs,
        "raw": {c: raw.get(c) for c in part.columns},
    }
    open_ones = known.conflicts.setdefault(link.opportunity_id, {})
    conflict = open_ones.get(decision.path)
    if conflict is None:
        last = waiting.last_conflict(conn, link.opportunity_id, decision.path)
        opportunity = known.opportunities[link.opportunity_id]
        commitments = known.commitments.get(opportunity.id, {})
        conflict = Conflict(
            id=turn.hub.ids.uuid7(),
            opportunity_id=link.opportunity_id,
            path=decision.path,
            base=decision.base,
            commons=turn.view(opportunity, commitments).get(decision.path),
            parties=[party],
            reason=decision.reason,
            choice=last.choice if last else None,
            opened_at=turn.now(),
        )
        waiting.add_conflict(conn, conflict)
        open_ones[decision.path] = conflict
        turn.counts["conflicts"] += 1
        return
    others = [p for p in conflict.parties if p["link"] != link.id]
    mine = next((p for p in conflict.parties if p["link"] == link.id), None)
    if mine is None and link.base is not None and all(link.base.get(c) == raw.get(c) for c in part.columns):
        return
    if mine is not None and mine["raw"] == party["raw"]:
        return
    conflict.parties = [*others, party]
    conflict.rev += 1
    waiting.change_conflict(conn, conflict.id, parties=conflict.parties, rev=conflict.rev)


def _suggest(conn: Connection, turn: Turn, opportunity: Opportunity, decision: Decision) -> None:
    waiting.suggest(
        conn,
        Suggestion(
            id=turn.hub.ids.uuid7(),
            opportunity_id=opportunity.id,
            connection_id=turn.name,
            path=decision.path,
            value=decision.theirs,
            commons=opportunity.facts.get(decision.path),
            at=turn.now(),
        ),
    )
    turn.counts["suggested"] += 1


def _move_base(
    conn: Connection,
    turn: Turn,
    link: Link,
    record: Record,
    raw: Raw,
    decisions: list[Decision],
    result: Reconciled,
    view: Raw,
) -> None:
    """The base becomes the record as read, but for fields that are not settled: those keep what was last agreed."""
    unsettled = {
        column
        for d in decisions
        if d.action in (Action.CONFLICT, Action.FROZEN, Action.UNREADABLE)
        for column in turn.mapping.way(d.path).columns
    }
    old = link.base or {}
    base = {column: value for column, value in raw.items() if column not in unsettled}
    base |= {column: old[column] for column in unsettled if column in old}
    differs = dict(link.differs or {})
    for decision in decisions:
        if decision.action in (Action.KEEP, Action.SUGGEST):
            differs[decision.path] = decision.action.value
        elif decision.action in (Action.AGREE, Action.TAKE, Action.PUSH):
            differs.pop(decision.path, None)
    link.sent = {c: v for c, v in (link.sent or {}).items() if old.get(c) == raw.get(c)}
    link.base, link.differs, link.unholdable = base, differs, dict(result.unholdable)
    open_ = {d.path for d in decisions if d.action not in (Action.TAKE, Action.AGREE)} | differs.keys()
    # A value that goes back out is no longer agreed on, though the commons has not moved.
    before = {p: d for p, d in (link.agreed or {}).items() if p not in {d.path for d in result.by(Action.PUSH)}}
    link.agreed = agreement(turn, view, before, open_ | result.unholdable.keys())
    link.mapping_digest = turn.mapping.digest
    links.change(
        conn,
        link.id,
        base=link.base,
        sent=link.sent,
        agreed=link.agreed,
        differs=link.differs,
        unholdable=link.unholdable,
        mapping_digest=link.mapping_digest,
        remote_version=record.version,
        url=record.url,
        seen_scan=turn.scan,
        missed_scans=0,
        synced_at=turn.now(),
    )


def agreement(turn: Turn, view: Raw, before: Raw, unsettled: Container[str] = ()) -> Raw:
    """The digests of the commons values on which a record agrees with the commons now."""
    two_way = [part.path for part in turn.mapping.fields if part.reads and part.writes]
    known = {path: before[path] for path in two_way if path in before}
    return known | {path: digest(view.get(path)) for path in two_way if path not in unsettled}


def _announce(conn: Connection, turn: Turn, known: Known, opportunity: Opportunity) -> None:
    """Everyone who holds or wants this opportunity looks at it, once this run is judged."""
    dues.wait_for(conn, turn.run_id, opportunity.id)
    announce(conn, turn.hub, opportunity)


def announce(conn: Connection, hub: Any, opportunity: Opportunity) -> None:
    """Insert a due row for every link of an opportunity and every rule that imports it."""
    now = hub.time.now()
    holders = [link.connection_id for link in links.of(conn, opportunity.id) if link.state != "stopped"]
    stopped = {link.connection_id for link in links.of(conn, opportunity.id) if link.state == "stopped"}
    names = {*holders, *importers(hub.config.connections.values(), opportunity)} - stopped
    dues.add(conn, names & hub.config.connections.keys(), opportunity.id, now)


def _audit(
    conn: Connection, turn: Turn, opportunity: Opportunity, action: str, values: Changes, remote_id: str | None
) -> None:
    audit.write(
        conn,
        at=turn.now(),
        run_id=turn.run_id,
        actor=f"connection:{turn.name}",
        action=action,
        direction="in",
        opportunity_id=opportunity.id,
        connection_id=turn.name,
        remote_id=remote_id,
        member_id=turn.member,
        values=values,
    )


def _count(turn: Turn, decisions: list[Decision], changed: bool) -> None:
    actions = {d.action for d in decisions}
    if Action.KEEP in actions:
        turn.counts["kept"] += 1
    if Action.UNREADABLE in actions:
        turn.counts["quarantined_fields"] += 1
    turn.counts["changed" if changed else "unchanged"] += 1
