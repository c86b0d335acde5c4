"""Rows of inboxes when two opportunities become one: one row stays, and what was said to either of the two counts for it."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.app import Hub
from hub.commons import inbox
from hub.config import ConnectionConfig
from hub.store import candidates, links
from hub.store.tables import Candidate, Link, Opportunity

SAID = ("retired", "new", "refused", "not_for_us", "taken_up")
"""States of a row, each before those that count more."""


def row(
    conn: Connection, config: ConnectionConfig, survivor: Opportunity, gone: Opportunity, link: Link, there: Link | None
) -> bool:
    """Whether the inbox's row of the one that goes is the survivor's now; else it leaves with the next sync. ``there``: its
    link of the survivor, if it has one."""
    known = candidates.of(conn, config.name, [survivor.id, gone.id])
    both = [said for said in (known.get(survivor.id), known.get(gone.id)) if said is not None]
    if there is None:
        candidates.follows(conn, config.name, gone.id, survivor.id)
        return True
    counts = max(both, key=lambda said: SAID.index(said.state), default=None)
    takes_place = link.state == "linked" and there.state in ("wanted", "stopped") and not _refused(counts)
    if counts is not None:
        shown = {"shown_at": known[gone.id].shown_at} if takes_place and gone.id in known else {}
        candidates.change(conn, config.name, survivor.id, state=counts.state, word=counts.word, **shown)
    if not takes_place:
        candidates.change(conn, config.name, gone.id, state="not_for_us")
    return takes_place


def _refused(said: Candidate | None) -> bool:
    return said is not None and said.state == "not_for_us"


def nothing_to_say(conn: Connection, hub: Hub, survivor: Opportunity) -> None:
    """Rows of what their people share or have already, by the merge, wait for no word any more."""
    for config in hub.config.connections.values():
        if config.inbox_for is None:
            continue
        known = candidates.of(conn, config.name, [survivor.id]).get(survivor.id)
        if known is None or known.state not in inbox.WAITING:
            continue
        own = links.by_opportunity(conn, config.inbox_for, [survivor.id]).get(survivor.id)
        if config.member == survivor.steward_id:
            candidates.change(conn, config.name, survivor.id, state="not_for_us", word=None)
        elif own is not None and own.state != "stopped":
            candidates.change(conn, config.name, survivor.id, state="taken_up", word=None)
