"""When another member becomes the steward: what its records and the former steward's mean from then on.

Whose word counts is asked of ``opportunity.steward_id`` wherever it matters, so links need no change of their own.
What waited for a person under the old order does: a value that an importer kept to itself cannot stay a local matter when
the importer's word counts, and a question that only a steward is asked has nobody to answer it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.store import audit, deletions, dues, links, members, opportunities, questions, waiting
from hub.store.tables import Conflict, Link, Opportunity
from hub.sync import suggestions
from hub.sync.following import MARKS
from schemas.fields import spec
from schemas.values import same

DIFFERED = "It differed here before this foundation became its steward."


def succeed(conn: Connection, hub: Hub, opportunity: Opportunity, former: str, user_id: str) -> None:
    """``opportunity.steward_id`` is the new steward already, ``former`` was it before."""
    tied = links.of(conn, opportunity.id)
    here = {c.name: c.member for c in hub.config.connections.values()}
    of_new = [link for link in tied if here.get(link.connection_id) == opportunity.steward_id]
    for link in of_new:
        lay_open(conn, hub, opportunity, link)
    suggestions.overtake(conn, hub, opportunity.id, [link.connection_id for link in of_new], user_id)
    _no_question(conn, hub, [link for link in tied if here.get(link.connection_id) == former], user_id)


def lay_open(conn: Connection, hub: Hub, opportunity: Opportunity, link: Link) -> None:
    """What differs in a record of the new steward becomes a conflict, which is its own to decide: neither value is lost,
    and none wins by who came first. Its record follows: where it was only behind, it takes what it lacked."""
    behind = [path for path, why in (link.differs or {}).items() if why in MARKS]
    link.differs = {path: why for path, why in (link.differs or {}).items() if path not in behind}
    questions.settle(conn, link.id)
    links.change(conn, link.id, follow="yes", answers=None, differs=link.differs)
    dues.add(conn, [link.connection_id] if behind else [], opportunity.id, hub.time.now())
    facts = [path for path in link.differs or {} if spec(path).authority == "steward"]
    if not facts or link.state != "linked" or link.base is None:
        return
    mapping, base = hub.mapping(link.connection_id), link.base
    read = {part.path for part in mapping.fields if part.reads}
    own = opportunities.commitments(conn, [opportunity.id]).get(opportunity.id, {})
    view = hub.view(opportunity, own, opportunity.steward_id, members.names(conn))
    writing = mapping.write(view, base)
    theirs, ours = mapping.read(base).values, mapping.read(base | writing.columns).values
    for path in facts:
        if path not in read:
            continue  # it is written there, and no word of its own
        if path in writing.unholdable or not same(path, theirs.get(path), ours.get(path)):
            raw = {column: base.get(column) for column in mapping.way(path).columns}
            _ask(conn, hub, opportunity, link, path, theirs.get(path), raw)
    kept = {path: why for path, why in (link.differs or {}).items() if path not in facts or path not in read}
    links.change(conn, link.id, differs=kept)


def _ask(
    conn: Connection, hub: Hub, opportunity: Opportunity, link: Link, path: str, value: Any, raw: dict[str, Any]
) -> None:
    party = {"connection": link.connection_id, "link": link.id, "value": value, "raw": raw}
    standing = next((c for c in waiting.open_conflicts(conn, [opportunity.id]) if c.path == path), None)
    if standing is not None:
        others = [p for p in standing.parties if p["link"] != link.id]
        waiting.change_conflict(conn, standing.id, parties=[*others, party], rev=standing.rev + 1)
        return
    conflict = Conflict(
        id=hub.ids.uuid7(), opportunity_id=opportunity.id, path=path, commons=opportunity.facts.get(path),
        commons_from=((opportunity.origins or {}).get(path) or {}).get("connection"), parties=[party],
        reason=DIFFERED, opened_at=hub.time.now(),
    )  # fmt: skip
    waiting.add_conflict(conn, conflict)


def _no_question(conn: Connection, hub: Hub, tied: list[Link], user_id: str) -> None:
    """Whether a deleted record withdraws the opportunity is no more its member's to say: it follows no more, as any
    importer's that was deleted."""
    now = hub.time.now()
    for row in deletions.by_link(conn, [link.id for link in tied], ("open",)).values():
        deletions.change(conn, row.id, state="followed_no_more", decided_at=now, decided_by=user_id)
        audit.write(
            conn, at=now, actor=f"user:{user_id}", action="deletion: followed_no_more", connection_id=row.connection_id,
            opportunity_id=row.opportunity_id, remote_id=row.remote_id,
        )  # fmt: skip
