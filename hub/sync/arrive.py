"""Records that are shared for the first time become opportunities, a page of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Record
from hub.store import dues, links, waiting
from hub.store.tables import Link, Opportunity
from hub.sync import history, quarantine
from hub.sync.announce import announce
from hub.sync.history import New
from hub.sync.known import Known
from hub.sync.turn import Turn, agreement
from schemas.completeness import missing_to_publish
from schemas.fields import spec
from schemas.said import phrase

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record on its way to become an opportunity: all of it is known, nothing is stored yet."""

    new: New
    link: Link


def arrive(
    conn: Connection, turn: Turn, known: Known, record: Record, raw: Raw, id: str | None = None
) -> Arrival | None:
    """What it becomes, known from here on; ``store`` makes it so. None without a title: there is nothing to share, and the
    record is set aside."""
    reading = turn.mapping.read(raw)
    values = {path: value for path, value in reading.values.items() if value is not None}
    if not values.get("title"):
        reason = next(
            (p.message for p in reading.problems if p.path == "title"), phrase("It has no title. Give it one.")
        )
        quarantine.set_aside(conn, turn, record.id, "", reason, raw, None)
        turn.counts["quarantined"] += 1
        return None
    now = turn.now()
    facts = {p: v for p, v in values.items() if spec(p).authority == "steward"}
    own = {p: v for p, v in values.items() if spec(p).authority == "member"}
    origin = turn.origin()
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
    opportunity.status = published_or_draft(turn, opportunity)
    if opportunity.status == "published" and turn.mapping.is_closed(raw):
        opportunity.status = "closed"
    # A disclosed nothing is nothing: the tick alone makes no position.
    said = any(value for path, value in own.items() if path != "commitment.visibility")
    commitment = history.position(turn.member, opportunity.id, own, origin, now, turn.hub.ids) if said else None
    commitments = {turn.member: commitment} if commitment else {}
    problems = [p for p in reading.problems if p.path]
    unread = {column for p in problems for column in turn.mapping.way(p.path).columns}
    link = Link(
        id=turn.hub.ids.uuid7(),
        connection_id=turn.name,
        opportunity_id=opportunity.id,
        remote_id=record.id,
        base={column: value for column, value in raw.items() if column not in unread},
        agreed=agreement(turn.mapping, turn.view(opportunity, commitments), {}, [p.path for p in problems]),
        mapping_digest=turn.mapping.digest,
        remote_version=None if unread else record.version,
        url=record.url,
        seen_scan=turn.scan,
        seen_page=turn.page,
        created_at=now,
        synced_at=now,
    )
    for problem in problems:
        quarantine.set_aside(conn, turn, record.id, problem.path, problem.message, raw, opportunity.id)
    if record.id in known.quarantined:
        waiting.release(conn, turn.name, record.id, keep=[p.path for p in problems])
    known.opportunities[opportunity.id] = known.by_key[opportunity.id] = opportunity
    known.commitments[opportunity.id] = commitments
    known.links[record.id] = known.by_opportunity[opportunity.id] = link
    turn.counts["created"] += 1
    return Arrival(New(opportunity, turn.cause("shared", record.id), commitment), link)


def store_all(conn: Connection, turn: Turn, arrivals: dict[str, Arrival]) -> None:
    """Opportunities, linked to their records, for all who want them once the run is judged. Leaves nothing to store."""
    if not arrivals:
        return
    new = [arrival.new for arrival in arrivals.values()]
    history.add(conn, *new)
    links.add(conn, *(arrival.link for arrival in arrivals.values()))
    dues.wait_for(conn, turn.run_id, *(each.opportunity.id for each in new))
    announce(conn, turn.hub, *(each.opportunity for each in new))
    arrivals.clear()


def published_or_draft(turn: Turn, opportunity: Opportunity) -> str:
    """A draft as long as something lacks that a published opportunity needs."""
    basis = bool(turn.hub.config.members[opportunity.steward_id].lawful_basis)
    return "draft" if missing_to_publish(opportunity.facts | {"kind": opportunity.kind}, basis) else "published"
