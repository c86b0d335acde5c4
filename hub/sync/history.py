"""Every change of the commons, written together with its line in the audit; and the commons rebuilt from those lines.

Nothing else changes an opportunity or a commitment: so no value can move without a line that says who
moved it, and replaying the lines gives what is stored (I22).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection, select

from hub.commons import findable
from hub.commons.ledger import shown
from hub.commons.likeness import bears
from hub.ids import Ids
from hub.store import audit, finding, handovers, likeness, opportunities
from hub.store.tables import Audit, Commitment, Opportunity
from schemas.fields import spec
from schemas.values import same

Values = dict[str, Any]
Changes = dict[str, list[Any]]
OWN = ("kind", "steward_id", "status", "audience")
"""What the hub itself keeps of an opportunity beside its facts."""
FIXED = ("id", "number", "created_at")
"""Columns of an opportunity that never change."""
FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who moved something and in what: a line of the audit without its values; see ``tables.Audit``."""

    at: datetime
    actor: str
    action: str
    direction: str = "here"
    run_id: str | None = None
    connection_id: str | None = None
    remote_id: str | None = None
    member_id: str | None = None
    note: str | None = None


@dataclass(slots=True)
class Upkeep:
    """What follows from many changes and is done for all together: what opportunities are found by (``found``, as they stand),
    and others like them to be looked for (``alike``)."""

    found: dict[str, Opportunity] = field(default_factory=dict)
    alike: set[str] = field(default_factory=set)

    def done(self, conn: Connection, positions: Mapping[str, Mapping[str, Commitment]]) -> None:
        """``positions``: all members' commitments, by opportunity and member."""
        if self.found:
            finding.keep_all(conn, list(self.found.values()), positions)
        likeness.look_at(conn, sorted(self.alike))
        self.found.clear()
        self.alike.clear()


LINE = tuple(part.name for part in fields(Cause))


def is_own(path: str) -> bool:
    """Whether this is a member's own position, kept in its commitment."""
    return path not in OWN and spec(path).authority == "member"


@dataclass(frozen=True, slots=True)
class New:
    """An opportunity that was not there before, with what its steward says of its own position."""

    opportunity: Opportunity
    cause: Cause
    own: Commitment | None = None


def position(
    steward: str, opportunity_id: str, values: Values, origin: dict[str, Any], at: datetime, ids: Ids
) -> Commitment:
    """The steward's own commitment to an opportunity that is to be added, by path."""
    return _moved(Commitment(id=ids.uuid7(), opportunity_id=opportunity_id, member_id=steward), values, origin, at)


def add(conn: Connection, *new: New) -> None:
    """Opportunities that were not there before; however many, in a few statements."""
    own = {each.opportunity.id: {each.own.member_id: each.own} for each in new if each.own is not None}
    opportunities.add(conn, *(each.opportunity for each in new), own=own)
    opportunities.add_commitments(conn, *(each.own for each in new if each.own is not None))
    likeness.look_at(conn, [each.opportunity.id for each in new])
    audit.write_all(conn, [_first_line(each) for each in new])


def _first_line(new: New) -> dict[str, Any]:
    opportunity = new.opportunity
    values = opportunity.facts | (new.own.facts if new.own else {}) | {name: getattr(opportunity, name) for name in OWN}
    return _line(
        opportunity.id, new.cause, {path: [None, value] for path, value in values.items()}, opportunity.steward_id
    )


def change(
    conn: Connection,
    opportunity: Opportunity,
    values: Values,
    cause: Cause,
    *,
    origin: dict[str, Any] | None = None,
    own: dict[str, Commitment] | None = None,
    member: str | None = None,
    ids: Ids | None = None,
    upkeep: Upkeep | None = None,
) -> Changes:
    """Move the commons to ``values`` (facts by path, a member's own by path, ``status``, ``audience``), and
    write one line of audit. Returns ``{path: [before, after]}``, empty where all of it was so already.

    ``own`` holds the opportunity's commitments by member and is brought up to date; with ``member`` and
    ``ids`` it is needed as soon as ``values`` has a path that belongs to a commitment. ``upkeep``: what is left to the caller
    to do in the same transaction. ValueError for a blank title.
    """
    if "title" in values and same("title", values["title"], None):
        raise ValueError(_("An opportunity needs a title. Choose or write one."))
    position = (own or {}).get(member or "")
    before = standing(opportunity, position)
    changes = {p: [before.get(p), v] for p, v in values.items() if not _stands(p, before.get(p), v)}
    if not changes:
        return {}
    moved = {path: after for path, (_before, after) in changes.items()}
    mine = {path: value for path, value in moved.items() if is_own(path)}
    facts = {path: value for path, value in moved.items() if path not in OWN and path not in mine}
    told, seen = len(mine) < len(moved), _shown(position)
    if mine:
        assert own is not None and member is not None and ids is not None
        own[member] = _commit(conn, opportunity.id, member, position, mine, origin, cause.at, ids)
        told = told or _shown(own[member]) != seen
    for name in moved.keys() & set(OWN):
        setattr(opportunity, name, moved[name])
    if facts:
        opportunity.facts = opportunity.facts | facts
        opportunity.title = opportunity.facts["title"]
        opportunity.origins = (opportunity.origins or {}) | dict.fromkeys(facts, origin or {})
    opportunity.updated_at = cause.at
    if told:
        opportunity.version += 1
        opportunity.shown_at = cause.at
    columns = {name: value for name, value in opportunity.columns().items() if name not in FIXED}
    (opportunities.change if upkeep is None else opportunities.save)(conn, opportunity.id, **columns)
    if moved.get("status") == "withdrawn" or "steward_id" in moved:
        handovers.lapse(conn, opportunity.id, cause.at)
    alike = any(bears(path) or path in OWN for path in moved)
    if upkeep is not None:
        upkeep.found[opportunity.id] = opportunity
        upkeep.alike |= {opportunity.id} if alike else set()
    else:
        if alike:
            likeness.look_at(conn, [opportunity.id])
        _keep_findable(conn, opportunity, moved, own)
    audit.write(conn, **_line(opportunity.id, cause, changes, member if mine else None))
    return changes


def _keep_findable(
    conn: Connection, opportunity: Opportunity, moved: Values, own: dict[str, Commitment] | None
) -> None:
    facts, gap = any(map(findable.bears, moved)), any(map(findable.moves_gap, moved))
    if facts or gap:
        positions = (
            own if own is not None else opportunities.commitments(conn, [opportunity.id]).get(opportunity.id, {})
        )
        (finding.keep if facts else finding.keep_gap)(conn, opportunity, positions)


def _shown(position: Commitment | None) -> Values:
    return shown(position.facts or {}) if position is not None else {}


def standing(opportunity: Opportunity, position: Commitment | None) -> Values:
    """All that ``change`` can move, by path, as it stands; ``position`` is the commitment of the member in question."""
    return opportunity.facts | {n: getattr(opportunity, n) for n in OWN} | (position.facts if position else {})


def forget(conn: Connection, opportunity_ids: list[str], cause: Cause) -> None:
    """Opportunities that a rejected first sync had brought: they never came to be."""
    opportunities.forget(conn, opportunity_ids)
    audit.write_all(conn, [_line(id, cause, None) for id in opportunity_ids])


def _stands(path: str, before: Any, after: Any) -> bool:
    return bool(before == after) if path in OWN else same(path, before, after)


def _commit(
    conn: Connection, opportunity_id: str, member: str, there: Commitment | None, values: Values,
    origin: dict[str, Any] | None, at: datetime, ids: Ids,
) -> Commitment:  # fmt: skip
    if there is None:
        commitment = position(member, opportunity_id, values, origin or {}, at, ids)
        opportunities.add_commitments(conn, commitment)
    else:
        commitment = _moved(there, values, origin or {}, at)
        opportunities.save_commitment(conn, commitment)
    return commitment


def _moved(commitment: Commitment, values: Values, origin: dict[str, Any], at: datetime) -> Commitment:
    commitment.facts = (commitment.facts or {}) | values
    commitment.origins = (commitment.origins or {}) | dict.fromkeys(values, origin)
    commitment.updated_at = at
    return commitment


def _line(opportunity_id: str, cause: Cause, values: Changes | None, member: str | None = None) -> dict[str, Any]:
    fields = {name: getattr(cause, name) for name in LINE} | ({"member_id": member} if member else {})
    return fields | {"opportunity_id": opportunity_id, "values": values, "moves": True}


# --- the commons from its audit ----------------------------------------------

Commons = dict[str, dict[str, Any]]
"""By opportunity id: ``kind``, ``steward_id``, ``status``, ``audience``, ``facts``, ``commitments`` by member."""


def replay(conn: Connection) -> Commons:
    """The commons as its audit tells it, from the first line to the last."""
    told: Commons = {}
    for row in _lines(conn):
        if row.action == FORGOTTEN:
            told.pop(row.opportunity_id or "", None)
            continue
        there = told.setdefault(row.opportunity_id or "", dict.fromkeys(OWN) | {"facts": {}, "commitments": {}})
        for path, (_before, after) in (row.values or {}).items():
            if path in OWN:
                there[path] = after
            elif is_own(path):
                there["commitments"].setdefault(row.member_id, {})[path] = after
            else:
                there["facts"][path] = after
    return told


def stored(conn: Connection) -> Commons:
    """The commons as it is stored, in the shape of ``replay``."""
    rows = conn.execute(select(opportunities.t))
    kept = {row.id: {n: getattr(row, n) for n in OWN} | {"facts": dict(row.facts), "commitments": {}} for row in rows}
    for id, positions in opportunities.commitments(conn, kept).items():
        kept[id]["commitments"] = {member: dict(commitment.facts) for member, commitment in positions.items()}
    return kept


def disagreements(conn: Connection) -> list[str]:
    """Where audit and store tell different things, a sentence each; empty is how it has to be."""
    told, kept = replay(conn), stored(conn)
    found = []
    for id in sorted(told.keys() | kept.keys()):
        if id not in told or id not in kept:
            found.append(f"{id}: it is {'stored without a word' if id in kept else 'told of but not stored'}.")
            continue
        parts = [part for part in kept[id] if told[id][part] != kept[id][part]]
        found += [f"{id}: {part} is {kept[id][part]!r} where its history says {told[id][part]!r}." for part in parts]
    return found


def _lines(conn: Connection) -> Iterator[Audit]:
    for row in conn.execute(select(audit.t).where(audit.t.c.moves).order_by(audit.t.c.id)):
        yield Audit(**row._mapping)
