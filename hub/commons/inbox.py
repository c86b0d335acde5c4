"""The inbox of a member: what its saved searches find waits as light rows in its own system, until its people say what
becomes of it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from hub.commons.criteria import Criteria, matched, terms, wants
from hub.commons.sharing import imports, may_see
from hub.config import ConnectionConfig
from hub.store import candidates, dues, links, opportunities, searches
from hub.store.tables import Candidate, Commitment, Link, Opportunity, SavedSearch

if TYPE_CHECKING:
    from hub.app import Hub

WAITING = ("new", "refused")
"""States of a row that its people have still to say something to."""


def offer(conn: Connection, hub: Hub, opportunity: Opportunity) -> set[str]:
    """Put it into every inbox whose saved search finds it. Returns those that have something to write."""
    if opportunity.status != "published" or opportunity.arriving or not hub.rules.inboxes:
        return set()
    found: dict[str, list[SavedSearch]] = {}
    commitments = opportunities.commitments(conn, [opportunity.id]).get(opportunity.id, {})
    for search in searches.posted_under(conn, terms(opportunity)):
        inbox = inbox_of(hub, search)
        if inbox is not None and finds(hub, search, opportunity, commitments):
            found.setdefault(inbox.name, []).append(search)
    return {name for name, by in found.items() if put(conn, hub, opportunity, hub.config.connections[name], by)}


def inbox_of(hub: Hub, search: SavedSearch) -> ConnectionConfig | None:
    """Where what it finds goes, if that is set up."""
    inbox = hub.config.connections.get(search.connection_id or "")
    return inbox if inbox is not None and inbox.inbox_for and inbox.member == search.member_id else None


def finds(
    hub: Hub, search: SavedSearch, opportunity: Opportunity, commitments: Mapping[str, Commitment] | None = None
) -> bool:
    """Whether it is what this search looks for, among what its member may see; nobody looks for what it shares itself.
    ``commitments`` are all members' by member id, needed where the search says anything of the gap."""
    return (
        opportunity.steward_id != search.member_id
        and may_see(opportunity, search.member_id, hub.config.circles)
        and wants(Criteria.of(search.criteria), opportunity, search.member_id, commitments)
    )


def put(
    conn: Connection, hub: Hub, opportunity: Opportunity, inbox: ConnectionConfig, by: Sequence[SavedSearch]
) -> bool:
    """One row of an inbox; whether there is one to write. What its member has imported before, imports no more, or imports
    by a rule is no candidate; what is one already says why by today's searches."""
    why = "; ".join(told(search, opportunity) for search in by)
    known = candidates.of(conn, inbox.name, [opportunity.id]).get(opportunity.id)
    if known is not None:
        if known.why != why:
            candidates.change(conn, inbox.name, opportunity.id, why=why)
        return known.why != why
    into = hub.config.connections[inbox.inbox_for or ""]
    if links.by_opportunity(conn, into.name, [opportunity.id]) or imports(into, opportunity, hub.config.circles):
        return False
    now = hub.time.now()
    candidates.add(
        conn,
        Candidate(
            connection_id=inbox.name, opportunity_id=opportunity.id, why=why, found_by=by[0].created_by, at=now
        ),
    )  # fmt: skip
    if not links.by_opportunity(conn, inbox.name, [opportunity.id]):
        row = Link(
            id=hub.ids.uuid7(), connection_id=inbox.name, opportunity_id=opportunity.id, state="wanted",
            picked_by=by[0].created_by, created_at=now,
        )  # fmt: skip
        links.add(conn, row)
    return True


def taken_up(conn: Connection, hub: Hub, opportunity_ids: Sequence[str], connection: str) -> None:
    """They are imported there, by whichever way: their rows in the inboxes of that connection say so."""
    for inbox in hub.config.connections.values():
        if inbox.inbox_for == connection:
            for id, known in candidates.of(conn, inbox.name, opportunity_ids).items():
                if known.state in WAITING:
                    candidates.change(conn, inbox.name, id, state="taken_up", word=None)
                    dues.add(conn, [inbox.name], id, hub.time.now())


def told(search: SavedSearch, opportunity: Opportunity) -> str:
    """By what a search found it, for whoever saved it."""
    telling = ", ".join(matched(Criteria.of(search.criteria), opportunity))
    return f"“{search.name}”: {telling}" if telling else f"“{search.name}”"


def said(candidate: Candidate, inbox_for: str) -> dict[str, str]:
    """The paths of a row that are not the opportunity's own."""
    state = {
        "new": "New",
        "taken_up": f"Taken up: it is in {inbox_for}, or comes with its next sync",
        "refused": f"Not taken up: {candidate.word}",
        "not_for_us": "Not for us",
        "retired": "Not looked at for long",
    }[candidate.state]
    return {"candidate.why": candidate.why, "candidate.state": state}
