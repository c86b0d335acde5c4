"""Linked records that are gone: what a run saw is noted at once, judged with the rest of the run, and only then meant.

An importer that deleted its copy stops following, and that is all. The steward's own record is a question to its
people: until they decide, the opportunity stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection

from connectors.contract import Gone, Record
from hub import crash
from hub.app import Hub
from hub.store import audit, dues, links, members, opportunities
from hub.store import deletions as store
from hub.store.tables import Deletion, Link
from hub.sync import history
from hub.sync.announce import announce
from hub.sync.history import Cause
from hub.sync.known import Known, opportunity_context
from hub.sync.moved import Moved
from hub.sync.turn import Turn
from schemas.values import same


def note(conn: Connection, turn: Turn, remote_ids: Collection[str]) -> None:
    """These records are gone by the system's own word. Nothing else happens before the run is judged."""
    if not remote_ids:
        return
    there = links.by_remote(conn, turn.name, list(remote_ids))
    known = store.by_link(conn, [link.id for link in there.values()], (*store.APPROVED, "seen", "rejected"))
    for link in there.values():
        if link.state != "linked":
            continue
        if link.id in known:
            # A feed may tell the same more than once, also after a person took it for a mistake.
            if known[link.id].state == "look":
                store.change(conn, known[link.id].id, state="told")
            continue
        row = Deletion(
            id=turn.hub.ids.uuid7(), connection_id=turn.name, link_id=link.id, opportunity_id=link.opportunity_id,
            remote_id=link.remote_id or "", state="seen", seen_at=turn.now(),
        )  # fmt: skip
        store.add(conn, row)
        turn.counts["gone"] += 1


def look_at_doubtful(turn: Turn) -> list[Record]:
    """Ask the system about records where two things were said: gone, and shown all the same (a late page, or out of
    a recycle bin); and about those that a person wants looked at, each by itself. Only its own word counts.
    Returns those that are there after all."""
    with turn.hub.reading() as conn:
        doubtful = store.doubtful(conn, turn.name, turn.scan)
    if not doubtful:
        return []
    found = turn.connector.get([row.remote_id for row in doubtful])
    with turn.writing() as conn:
        for row in doubtful:
            answer = found.get(row.remote_id)
            if isinstance(answer, Record):
                store.came_back(conn, row.link_id)
                links.change(conn, row.link_id, state="linked", missed_scans=0)
                dues.add(conn, [turn.name], row.opportunity_id, turn.now())  # the commons may have moved meanwhile
            elif row.state == "told" or (row.state == "look" and isinstance(answer, Gone)):
                settle(conn, turn, [row])  # a person saw the whole list before
            elif row.state == "look":
                store.change(conn, row.id, state="unproven")
    return [record for record in found.values() if isinstance(record, Record)]


def replaced(conn: Connection, link: Link) -> None:
    """Another record stands in for the deleted one: the question goes, and the link begins anew."""
    store.came_back(conn, link.id)
    links.change(conn, link.id, **links.FRESH)


def settle(conn: Connection, turn: Turn, rows: list[Deletion]) -> None:
    """Judged and meant: links rest, and where the steward's own record is gone its people are asked."""
    known = Known()
    opportunity_context(conn, turn, known, [row.opportunity_id for row in rows])
    for row in rows:
        link = known.by_opportunity.get(row.opportunity_id)
        if link is None or link.state != "linked":
            store.change(conn, row.id, state="came_back")
            continue
        opportunity = known.opportunities[row.opportunity_id]
        asked = opportunity.steward_id == turn.member and opportunity.status in ("published", "closed")
        answer = _standing_answer(conn, turn, row) if asked else "followed_no_more"
        store.change(conn, row.id, state=answer)
        links.change(conn, link.id, state="stopped")
        audit.write(
            conn, at=turn.now(), run_id=turn.run_id, actor=f"connection:{turn.name}", action="deleted there",
            direction="in", opportunity_id=row.opportunity_id, connection_id=turn.name, remote_id=row.remote_id,
            member_id=turn.member,
        )  # fmt: skip
        if answer == "withdrawn":
            history.change(conn, opportunity, {"status": "withdrawn"}, turn.cause("withdrawn", row.remote_id))
            announce(conn, turn.hub, opportunity)


def _standing_answer(conn: Connection, turn: Turn, row: Deletion) -> str:
    """What the configuration says once and for all; a deletion against an edit is asked about all the same (I10)."""
    if turn.config.deletes == "ask" or edited(conn, turn.hub, row):
        return "open"
    return "withdrawn" if turn.config.deletes == "withdraw" else "kept"


def edited(conn: Connection, hub: Hub, row: Any) -> dict[str, list[Any]]:
    """What changed elsewhere since the record and the commons last agreed, ``{path: [then, now]}``: somebody's edit
    against somebody's deletion (I10)."""
    link = links.get(conn, row.link_id)
    if link is None or link.base is None or link.connection_id not in hub.config.connections:
        return {}
    mapping, member = hub.mapping(link.connection_id), hub.config.connections[link.connection_id].member
    opportunity = opportunities.load(conn, [row.opportunity_id])[row.opportunity_id]
    own = opportunities.commitments(conn, [row.opportunity_id]).get(row.opportunity_id, {})
    view = hub.view(opportunity, own, member, members.names(conn))
    then = mapping.read(link.base).values
    now = mapping.read(link.base | mapping.write(view, link.base).columns).values
    facts = [part.path for part in mapping.fields if part.reads and part.writes]
    return {p: [then.get(p), now.get(p)] for p in facts if not same(p, then.get(p), now.get(p))}


def withdraw(hub: Hub, deletion_id: str, user_id: str) -> None:
    """The opportunity goes as well: elsewhere its status says so, and nothing is deleted there."""
    with hub.writing() as conn:
        row = _open(conn, deletion_id)
        opportunity = opportunities.load(conn, [row.opportunity_id])[row.opportunity_id]
        history.change(conn, opportunity, {"status": "withdrawn"}, _decided(conn, hub, row, "withdrawn", user_id))
        announce(conn, hub, opportunity)
        dues.wake(conn, dues.waiting_connections(conn), hub.time.now())
    crash.point("deletions.stored")


def keep(hub: Hub, deletion_id: str, user_id: str) -> None:
    """The opportunity stays shared without a record of its steward's."""
    with hub.writing() as conn:
        row = _open(conn, deletion_id)
        _line(conn, row, _decided(conn, hub, row, "kept", user_id))


def restore(hub: Hub, deletion_id: str, user_id: str) -> None:
    """The record is made anew in its system with the next sync, as the commons has it."""
    with hub.writing() as conn:
        row = _open(conn, deletion_id)
        _line(conn, row, _decided(conn, hub, row, "restored", user_id))
        links.change(conn, row.link_id, **links.FRESH)
        dues.add(conn, [row.connection_id], row.opportunity_id, hub.time.now())
        dues.wake(conn, [row.connection_id], hub.time.now())


def _open(conn: Connection, deletion_id: str) -> Deletion:
    row = store.get(conn, deletion_id)
    if row is None or row.state != "open":
        raise Moved(_("This is settled already; perhaps the record came back."))
    return row


def _decided(conn: Connection, hub: Hub, row: Deletion, state: str, user_id: str) -> Cause:
    now = hub.time.now()
    store.change(conn, row.id, state=state, decided_at=now, decided_by=user_id)
    crash.point("deletions.decided")
    return Cause(now, f"user:{user_id}", f"deletion: {state}", connection_id=row.connection_id, remote_id=row.remote_id)


def _line(conn: Connection, row: Deletion, cause: Cause) -> None:
    audit.write(
        conn, at=cause.at, actor=cause.actor, action=cause.action, opportunity_id=row.opportunity_id,
        connection_id=row.connection_id, remote_id=row.remote_id,
    )  # fmt: skip
