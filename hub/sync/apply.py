"""What a reconciled record changes in the store: values, base, conflicts, suggestions, quarantine, due rows."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Connection

from connectors.contract import Record
from hub.commons.sharing import left_out
from hub.config import Follow
from hub.store import dues, links, waiting
from hub.store.tables import Link, Opportunity, Suggestion
from hub.sync import conflicts, history, inbox, loops, quarantine, rules, suggestions
from hub.sync.announce import announce
from hub.sync.arrive import published_or_draft
from hub.sync.following import MARKS
from hub.sync.history import Changes
from hub.sync.known import Known
from hub.sync.reconcile import BLANK, Action, Decision, Reconciled, Standing, digest, reconcile
from hub.sync.turn import Turn, agreement
from schemas.fields import spec
from schemas.said import phrase
from schemas.values import same

Raw = dict[str, Any]
AWAY = ("withdrawn", "closed")
OUTWARD = (Action.PUSH, Action.ASK, Action.LEAVE)
"""The commons has another value than the record, and the next plan has to do with it."""


def apply_record(conn: Connection, turn: Turn, known: Known, link: Link, record: Record, raw: Raw) -> None:
    """Decide one linked record and store all that follows. ``raw`` is its reduced columns."""
    opportunity = known.opportunities[link.opportunity_id]
    result = decide(turn, known, link, raw)
    decisions = [conflicts.settled_by_itself(conn, turn, known, link, _title_stays(d)) for d in result.decisions]
    taken = [d for d in decisions if d.action is Action.TAKE]
    unticked = turn.config.shares and turn.mapping.share is not None and turn.mapping.audience(raw) is None
    changes = _take(conn, turn, known, opportunity, taken, record.id, unticked)
    changes |= _share(conn, turn, known, opportunity, link, raw)
    inbox.answered(conn, turn, opportunity, link, raw)
    for decision in decisions:
        if decision.action in (Action.CONFLICT, Action.FROZEN):
            conflicts.open_or_move(conn, turn, known, link, raw, decision)
        elif decision.action is Action.SUGGEST:
            _suggest(conn, turn, opportunity, decision)
        elif decision.action is Action.UNREADABLE:
            quarantine.set_aside(conn, turn, record.id, decision.path, decision.reason, raw, opportunity.id)
    if turn.mapping.suggests(raw):
        suggestions.send_from_there(conn, turn.hub, turn.name, opportunity.id, turn.mapping.word(raw))
    unreadable = [d.path for d in decisions if d.action is Action.UNREADABLE]
    if record.id in known.quarantined:
        waiting.release(conn, turn.name, record.id, keep=unreadable)
    view = view_for(turn, known, link)
    waits = _waits_to_return(turn, opportunity, link, raw)
    _move_base(conn, turn, link, record, raw, decisions, result, view, waits)
    if changes:
        known.moved[opportunity.id] = opportunity
    elif result.by(*OUTWARD):
        dues.add(conn, [turn.name], opportunity.id, turn.now())
    _count(turn, decisions, bool(changes))


def tell_all(conn: Connection, turn: Turn, known: Known) -> None:
    """What the records of a page changed is told to all who want it, once the run is judged, and is found as it is now."""
    known.upkeep.done(conn, known.commitments)
    dues.wait_for(conn, turn.run_id, *known.moved)
    if known.moved:
        announce(conn, turn.hub, *known.moved.values())
    known.moved.clear()


def decide(turn: Turn, known: Known, link: Link, raw: Raw) -> Reconciled:
    """Reconcile a record with its opportunity, under all that people already decided."""
    opportunity = known.opportunities[link.opportunity_id]
    commitments = known.commitments.get(opportunity.id, {})
    own = commitments.get(turn.member)
    origins = (opportunity.origins or {}) | ((own.origins or {}) if own else {})
    standing = Standing(
        connection=turn.name,
        steward=opportunity.steward_id == turn.member,
        edits="keep" if left_out(opportunity, turn.member, turn.hub.config.circles) else turn.config.edits,
        follow=cast(Follow, link.follow),
        frozen=frozenset(known.conflicts.get(opportunity.id, ())),
        differs=frozenset(p for p, why in (link.differs or {}).items() if why not in MARKS),
        looping=loops.looping(link.rounds or {}, turn.scan),
        remapped=link.mapping_digest != turn.mapping.digest,
        ranks=turn.hub.config.rules,
        prefers=rules.preferred(turn.prefers, turn.member, opportunity.steward_id),
        origins={path: origin.get("connection") for path, origin in origins.items()},
        answers=link.answers or {},
    )
    view = view_for(turn, known, link)
    return reconcile(turn.mapping, raw, link.base, link.sent, view, standing, link.agreed, turn.connector.refuses)


def view_for(turn: Turn, known: Known, link: Link) -> Raw:
    """The opportunity as this record is to show it. Where its member is among those no more that it is shared with, as
    it last stood there, and withdrawn: whatever came since is not for them to know."""
    opportunity = known.opportunities[link.opportunity_id]
    if left_out(opportunity, turn.member, turn.hub.config.circles):
        return turn.mapping.read(link.base or {}).values | {"status": "withdrawn"}
    return turn.view(opportunity, known.commitments.get(opportunity.id, {}))


def _title_stays(decision: Decision) -> Decision:
    if decision.path == "title" and decision.action in (Action.TAKE, Action.SUGGEST) and not decision.value:
        reason = phrase("The title was cleared. An opportunity needs one; the commons keeps the last.")
        return Decision("title", Action.UNREADABLE, decision.theirs, decision.ours, decision.base, reason=reason)
    return decision


def _take(
    conn: Connection, turn: Turn, known: Known, opportunity: Opportunity, taken: list[Decision], remote_id: str,
    unticked: bool,
) -> Changes:  # fmt: skip
    """Put the record's values into the commons. Returns ``{path: [before, after]}``."""
    values = {d.path: d.value for d in taken}
    if values and opportunity.status == "draft" and opportunity.steward_id == turn.member and not unticked:
        facts = opportunity.facts | {p: v for p, v in values.items() if not history.is_own(p)}
        values["status"] = published_or_draft(turn, opportunity.model_copy(update={"facts": facts}))
    changes = history.change(
        conn, opportunity, values, turn.cause("changed", remote_id), origin=turn.origin(),
        own=known.commitments.setdefault(opportunity.id, {}), member=turn.member, ids=turn.hub.ids, upkeep=known.upkeep,
    )  # fmt: skip
    if any(spec(p).authority == "steward" and c[0] not in BLANK for p, c in changes.items() if p != "status"):
        turn.counts["overwritten"] += 1
    return changes


def _share(conn: Connection, turn: Turn, known: Known, opportunity: Opportunity, link: Link, raw: Raw) -> Changes:
    """Follow the share tick, where it counts: in the steward's sharing connections, when it moved."""
    if opportunity.steward_id != turn.member or not turn.config.shares:
        return {}
    was_over = link.base is not None and turn.mapping.is_closed(link.base)
    if turn.mapping.is_closed(raw):
        return {} if was_over else _over(conn, turn, known, opportunity, link)
    before = turn.mapping.audience(link.base) if link.base is not None else None
    after = turn.mapping.audience(raw)
    if before == after and not was_over:
        return {}
    if after is None:
        return _unticked(conn, turn, known, opportunity, link)
    values: Raw = {"audience": after}
    if opportunity.status in ("draft", "withdrawn") or (was_over and opportunity.status == "closed"):
        values["status"] = published_or_draft(turn, opportunity)
    if opportunity.status in AWAY and values.get("status") == "draft":
        return {}  # see ``_waits_to_return``
    return history.change(
        conn,
        opportunity,
        values,
        turn.cause("shared again" if "status" in values else "audience changed", link.remote_id),
        upkeep=known.upkeep,
    )


def _over(conn: Connection, turn: Turn, known: Known, opportunity: Opportunity, link: Link) -> Changes:
    """The record says that it is over: elsewhere its status says closed, whatever its share tick says from then on."""
    if opportunity.status != "published":
        return {}
    turn.counts["closed"] += 1
    return history.change(
        conn, opportunity, {"status": "closed"}, turn.cause("closed", link.remote_id), upkeep=known.upkeep
    )


def _unticked(conn: Connection, turn: Turn, known: Known, opportunity: Opportunity, link: Link) -> Changes:
    """Elsewhere its status says withdrawn. A draft was nowhere else, and is not shown now as withdrawn either."""
    if opportunity.status in ("draft", "withdrawn"):
        return {}
    turn.counts["withdrawn"] += 1
    return history.change(
        conn, opportunity, {"status": "withdrawn"}, turn.cause("withdrawn", link.remote_id), upkeep=known.upkeep
    )


def _waits_to_return(turn: Turn, opportunity: Opportunity, link: Link, raw: Raw) -> bool:
    """Ticked or open again, and something lacks that a published opportunity needs: it stays as it is, for others hold it
    and a draft would be out of their sight. The tick stays unsettled until it is complete."""
    return (
        opportunity.steward_id == turn.member
        and turn.config.shares
        and opportunity.status in AWAY
        and link.base is not None
        and (turn.mapping.audience(link.base) is None or turn.mapping.is_closed(link.base))
        and turn.mapping.audience(raw) is not None
        and not turn.mapping.is_closed(raw)
    )


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
    waits: bool,
) -> None:
    """The base becomes the record as read, but for fields that are not settled: those keep what was last agreed."""
    unsettled = {
        column
        for d in decisions
        if d.action in (Action.CONFLICT, Action.FROZEN, Action.UNREADABLE)
        for column in turn.mapping.way(d.path).columns
    }
    if waits:
        unsettled |= {tick["field"] for tick in (turn.mapping.share, turn.mapping.closed) if tick and "field" in tick}
    old = link.base or {}
    base = {column: value for column, value in raw.items() if column not in unsettled}
    kept = unsettled - _of_another_meaning(turn, link, decisions)
    base |= {column: old[column] for column in kept if column in old}
    differs = dict(link.differs or {})
    for decision in decisions:
        if decision.action in (Action.KEEP, Action.SUGGEST, Action.LOOP):
            if differs.get(decision.path) in (None, *MARKS):
                differs[decision.path] = decision.action.value
        elif decision.action in (Action.AGREE, Action.TAKE, Action.PUSH):
            differs.pop(decision.path, None)
    link.sent = {c: v for c, v in (link.sent or {}).items() if old.get(c) == raw.get(c)}
    link.base, link.differs, link.unholdable = base, differs, result.missing
    # Of a list with items of both sides the record shows its own only: they agree when it got the others.
    merged = {d.path for d in decisions if d.action is Action.TAKE and not same(d.path, d.value, d.theirs)}
    open_ = {d.path for d in decisions if d.action not in (Action.TAKE, Action.AGREE)} | differs.keys() | merged
    # A value that goes back out is no longer agreed on, though the commons has not moved.
    outward = {d.path for d in result.by(*OUTWARD)} | merged
    before = {p: d for p, d in (link.agreed or {}).items() if p not in outward}
    link.agreed = agreement(turn.mapping, view, before, open_ | result.unholdable.keys())
    link.rounds = loops.answered(link.rounds or {}, [d.path for d in decisions if _moved(d)], turn.scan)
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
        # The version vouches for the base where the base is the record; else a write compares first.
        remote_version=None if unsettled else record.version,
        url=record.url,
        rounds=link.rounds,
        seen_scan=turn.scan,
        seen_page=turn.page,
        missed_scans=0,
        synced_at=turn.now(),
    )


def _of_another_meaning(turn: Turn, link: Link, decisions: list[Decision]) -> set[str]:
    """Columns that cannot be read now, and whose base today's mapping reads as something else than was agreed on. Nobody saw
    that value: what is typed there next counts as seen for the first time."""
    if link.mapping_digest == turn.mapping.digest or not link.base:
        return set()
    before, agreed = turn.mapping.read(link.base).values, link.agreed or {}
    unread = (d.path for d in decisions if d.action is Action.UNREADABLE)
    moved = {path for path in unread if agreed.get(path) != digest(before.get(path))}
    return {column for path in moved for column in turn.mapping.way(path).columns}


def _moved(decision: Decision) -> bool:
    changed = (Action.TAKE, Action.PUSH, Action.CONFLICT, Action.LOOP)
    return decision.action in changed and not same(decision.path, decision.theirs, decision.base)


def _count(turn: Turn, decisions: list[Decision], changed: bool) -> None:
    actions = {d.action for d in decisions}
    if Action.KEEP in actions:
        turn.counts["kept"] += 1
    if Action.UNREADABLE in actions:
        turn.counts["quarantined_fields"] += 1
    turn.counts["changed" if changed else "unchanged"] += 1
