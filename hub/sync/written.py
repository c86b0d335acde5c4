"""Writes that happened and were read back: what a link, the audit, the intent and the due row say from then on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Record
from hub.store import audit, dues, links, runs
from hub.store.tables import Intent, Link
from hub.sync import loops
from hub.sync.plan import Item
from hub.sync.readback import equal, typed_since
from hub.sync.reconcile import shortened
from hub.sync.turn import Turn

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """One write and the record as it was read back. Without the ``item`` (a recovered write) nothing is known of what was
    agreed on, nor whether the commons has moved since: it stays due, and the next plan compares values."""

    link: Link
    intent: Intent
    record: Record
    item: Item | None = None


def book(conn: Connection, turn: Turn, done: Sequence[Written]) -> None:
    """Base, audit, intent and due row of each, in the caller's transaction and in a few statements, however many."""
    links.change_all(conn, [_link_after(turn, each) for each in done])
    runs.settle(conn, [each.intent.id for each in done], "done")
    dues.planned(
        conn,
        turn.name,
        {each.intent.opportunity_id: each.item.since for each in done if each.item and each.item.since is not None},
    )
    audit.write_all(conn, [line for each in done for line in _lines(turn, each)])
    for each in done:
        turn.counts["pushed_new" if each.intent.action == "create" else "pushed"] += 1


def _link_after(turn: Turn, each: Written) -> Raw:
    """Only written columns move in the base of a known record: whatever else differs there is somebody's edit, and the
    next pull must see it as one."""
    link, intent, record, item = each.link, each.intent, each.record, each.item
    back = turn.mapping.reduce(record.fields)
    # Typed between the write and the look at it: the base is what was sent, and the next pull sees an edit.
    kept = back | {c: intent.fields[c] for c in typed_since(turn.mapping, back, intent.fields)}
    old = link.base
    base = kept if old is None else old | {c: kept.get(c) for c in intent.fields if c in kept}
    sent = {c: v for c, v in (link.sent or {}).items() if c not in intent.fields}
    sent |= {c: v for c, v in intent.fields.items() if c in kept and not equal(kept[c], v)}
    return {
        "id": link.id,
        "remote_id": record.id if old is None else link.remote_id,
        "base": base,
        "sent": sent,
        "agreed": (link.agreed or {}) | item.agreed if item else _agreed_elsewhere(turn, link, intent),
        "unholdable": _not_there(turn, item, kept) if item else link.unholdable,
        "state": "linked",
        "mapping_digest": turn.mapping.digest,
        # Where other columns still wait for a decision, the version vouches for nothing.
        "remote_version": record.version if base == back else None,
        "url": record.url or link.url,
        "rounds": loops.wrote(link.rounds or {}, item.values if item else (), turn.scan),
        "seen_scan": turn.scan,
        "synced_at": turn.now(),
    }


def _lines(turn: Turn, each: Written) -> Iterator[Raw]:
    intent, item, old = each.intent, each.item, each.link.base
    line = {
        "at": turn.now(),
        "run_id": turn.run_id,
        "actor": "hub",
        "opportunity_id": intent.opportunity_id,
        "connection_id": turn.name,
        "remote_id": each.record.id,
        "member_id": turn.member,
    }
    if old is None:
        yield line | {"action": "linked", "direction": "here", "values": None}
    action = "created there" if intent.action == "create" else "written there"
    values = item.values if item else {c: [(old or {}).get(c), v] for c, v in intent.fields.items()}
    yield line | {"action": action, "direction": "out", "values": values}


def _agreed_elsewhere(turn: Turn, link: Link, intent: Intent) -> Raw:
    """What was agreed on, but for the fields that were written since: an older agreement may look like today's."""
    written = {part.path for part in turn.mapping.fields if intent.fields.keys() & set(part.columns)}
    return {path: known for path, known in (link.agreed or {}).items() if path not in written}


def _not_there(turn: Turn, item: Item, back: Raw) -> dict[str, str]:
    """What the record does not say though it was written: not holdable, cut, or changed by the system."""
    brought = {path: after for path, (_, after) in item.values.items()}
    return shortened(turn.mapping, brought, turn.mapping.read(back).values) | item.missing
