"""What the store knows of the records on one page: loaded in a few queries, before any is decided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from hub.commons.inbox import said
from hub.config import Config
from hub.store import candidates, links, merged, opportunities, waiting
from hub.store.tables import Commitment, Conflict, Link, Opportunity
from hub.sync.history import Upkeep, is_own
from hub.sync.matching import is_id
from hub.sync.turn import Turn

Raw = dict[str, Any]


@dataclass(slots=True)
class Known:
    """``still``: what is known of the records that stand as last read back, by record id. ``links`` of all others by record
    id, ``by_opportunity`` the same connection's links by opportunity id. ``moved`` and ``upkeep``: what records of this page
    changed in the commons, which is told and kept up when all of them are decided."""

    still: dict[str, Row[Any]] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    by_opportunity: dict[str, Link] = field(default_factory=dict)
    opportunities: dict[str, Opportunity] = field(default_factory=dict)
    by_key: dict[str, Opportunity] = field(default_factory=dict)
    commitments: dict[str, dict[str, Commitment]] = field(default_factory=dict)
    conflicts: dict[str, dict[str, Conflict]] = field(default_factory=dict)
    quarantined: set[str] = field(default_factory=set)
    moved: dict[str, Opportunity] = field(default_factory=dict)
    upkeep: Upkeep = field(default_factory=Upkeep)


def load(conn: Connection, turn: Turn, raws: Mapping[str, Raw], still: dict[str, Row[Any]]) -> Known:
    """``raws``: reduced columns by record id; ``still`` those that stand as last read back, of which nothing else is asked. They
    were looked at before this transaction: what a person decides in between counts as if it came just after."""
    known = Known(still=still)
    known.quarantined = waiting.quarantined(conn, turn.name, raws)
    raws = {id: raw for id, raw in raws.items() if id not in known.still}
    known.links = links.by_remote(conn, turn.name, list(raws))
    moved = {i: raw for i, raw in raws.items() if i not in known.links or not unchanged(turn, known.links[i], raw)}
    keys = {i: key_in(turn, raw) for i, raw in moved.items() if i not in known.links}
    _by_key(conn, turn, known, {key for key in keys.values() if key})
    ids = {known.links[i].opportunity_id for i in moved if i in known.links} | {o.id for o in known.by_key.values()}
    opportunity_context(conn, turn, known, ids)
    return known


def opportunity_context(conn: Connection, turn: Turn, known: Known, ids: Iterable[str]) -> None:
    """Add what is needed to decide on these opportunities."""
    ids = set(ids)
    if not ids:
        return
    known.opportunities |= opportunities.load(conn, ids)
    known.commitments |= opportunities.commitments(conn, ids)
    for conflict in waiting.open_conflicts(conn, ids):
        if not is_own(conflict.path) or turn.member in conflict_members(turn.hub.config, conflict):
            known.conflicts.setdefault(conflict.opportunity_id, {})[conflict.path] = conflict
    known.by_opportunity |= links.by_opportunity(conn, turn.name, ids)
    if turn.config.inbox_for:
        rows = candidates.of(conn, turn.name, ids)
        turn.candidates |= {id: said(row, turn.config.inbox_for) for id, row in rows.items()}


def conflict_members(config: Config, conflict: Conflict) -> set[str]:
    """The members whose systems a conflict is about. One over a commitment is its own member's affair alone."""
    names = {party["connection"] for party in conflict.parties}
    return {config.connections[name].member for name in names if name in config.connections}


def unchanged(turn: Turn, link: Link, raw: Raw) -> bool:
    """The record is as last read back, and was read by today's mapping."""
    return link.state == "linked" and link.base == raw and link.mapping_digest == turn.mapping.digest


def key_in(turn: Turn, raw: Raw) -> str:
    """The key that a record carries, as text; empty where it has none."""
    value = raw.get(turn.mapping.key) if turn.mapping.key else None
    return "" if value is None else str(value).strip()


def _by_key(conn: Connection, turn: Turn, known: Known, keys: set[str]) -> None:
    """The key of an opportunity that went into another means that other. Asked after the rows are locked: a merge that was
    under way is over then."""
    if turn.can.key == "integer":
        # "²" is a digit to Python but no number, and no database takes an integer of 30 digits.
        numbers = {int(key) for key in keys if re.fullmatch("[0-9]{1,16}", key)}
        known.by_key = {str(number): o for number, o in opportunities.by_number(conn, numbers).items()}
        gone = {str(number): id for number, id in merged.by_number(conn, numbers).items()}
    elif keys:
        known.by_key = dict(opportunities.load(conn, {key for key in keys if is_id(key)}).items())
        gone = merged.survivors(conn, known.by_key)
    else:
        return
    if gone:
        survivors = opportunities.load(conn, gone.values())
        known.by_key |= {key: survivors[id] for key, id in gone.items()}
