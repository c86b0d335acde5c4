"""What must hold when everything is quiet, each as a sentence with the invariant's number."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from hub.store.tables import (
    Audit,
    Commitment,
    Conflict,
    Connection,
    Deletion,
    Due,
    Hold,
    Intent,
    Link,
    MatchQuestion,
    Opportunity,
    Quarantine,
    Rule,
    Run,
    Suggestion,
)
from hub.sync import guards, history
from mappings.language import Mapping
from schemas.fields import spec
from schemas.status import computed
from schemas.totals import totals
from schemas.values import same
from tests.simulation import tokens
from tests.simulation.people import People
from tests.simulation.system import KEY
from tests.simulation.world import BEGIN, World

Found = Iterator[str]

DELETES = guards.Limit(1, 0.10)
OVERWRITES = guards.Limit(2, 0.30)
"""In strict worlds. No system there has so many records that the share would count."""


def look(world: World, people: People) -> list[str]:
    """Every sentence that does not hold, with what it is about."""
    questions: tuple[Callable[[World, People], Found], ...] = (
        lost, differing, doubled, missed, stopped, outlived, overstepping, leaked, unaccounted, impolite, rushed,
    )  # fmt: skip
    return [sentence for question in questions for sentence in question(world, people)]


def lost(world: World, people: People) -> Found:
    """I1. A token is live, or was replaced by someone who saw it, or is kept for someone to decide."""
    linked = {(k.connection_id, k.remote_id) for k in world.table(Link)}
    live: dict[str, set[int]] = {}
    own: set[tuple[str, str, str, int]] = set()
    for name, system in world.systems.items():
        for id, fields in system.live().items():
            for column, value in fields.items():
                there = tokens.found(value) if value is not None else set()
                own |= {(name, id, column, token) for token in there}
                if (name, id) in linked:
                    live.setdefault(column, set()).update(there)
    kept = tokens.found(" ".join(_kept(world)))
    for t in people.typed.values():
        place = (t.system, t.row, t.column, t.token)
        if not (t.superseded or place in own or t.token in live.get(t.column, ()) or t.token in kept):
            yield f"I1 what was typed is never lost; T{t.token:05} of {t.row}.{t.column} is nowhere"


def _kept(world: World) -> list[str]:
    """Where what did not win is kept: conflicts, suggestions, quarantine, holds, what people decided, what was reset."""
    rows: list[Any] = []
    for model in (Conflict, Suggestion, Quarantine, Hold, Opportunity):
        rows += world.table(model)
    reset = {name for name, config in world.config.connections.items() if config.edits == "reset"}
    ruled = {rule.path for rule in world.table(Rule)}
    for row in world.table(Audit):
        decided = row.actor.startswith("user:") or bool(ruled & (row.values or {}).keys())
        if decided or (row.direction == "out" and row.connection_id in reset):
            rows.append(row)
    return [json.dumps(row._asdict(), default=str, ensure_ascii=False) for row in rows]


def differing(world: World, people: People) -> Found:
    """I4. Every field of every link says what the commons says, as this system can hold it; or it has a name why not."""
    opportunities = {o.id: Opportunity(**o._mapping) for o in world.table(Opportunity)}
    conflicts = {(c.opportunity_id, c.path) for c in world.table(Conflict) if c.state == "open"}
    refused = {(d.connection_id, d.opportunity_id) for d in world.table(Due) if d.error}
    aside = {(q.connection_id, q.remote_id, q.path) for q in world.table(Quarantine) if q.state != "released"}
    commitments: dict[str, dict[str, Any]] = {}
    for row in world.table(Commitment):
        commitments.setdefault(row.opportunity_id, {})[row.member_id] = Commitment(**row._mapping)
    for link in world.table(Link):
        system = world.systems[link.connection_id]
        raw = system.live().get(link.remote_id or "")
        if link.state != "linked" or raw is None:
            continue
        o = opportunities[link.opportunity_id]
        member = world.config.connections[link.connection_id].member
        seen = as_seen(o, commitments.get(o.id, {}), member)
        mapping = world.hub.mapping(link.connection_id)
        raw = mapping.reduce(raw)
        writing = mapping.write(seen, raw)
        held = raw | {column: system.keep(column, value) for column, value in writing.columns.items()}
        theirs, ours = mapping.read(raw).values, mapping.read(held).values
        named = set(link.differs or {}) | set(writing.unholdable) | _only_read(world, link, mapping, seen)
        for part in mapping.fields:
            path = part.path
            if path in named or (o.id, path) in conflicts or (link.connection_id, o.id) in refused:
                continue
            if (link.connection_id, link.remote_id, path) in aside or (link.connection_id, link.remote_id, "") in aside:
                continue
            if part.writes and not part.reads:
                shown, meant = ([row.get(column) for column in part.columns] for row in (raw, held))
                if shown != meant:
                    yield f"I4 what is computed is everywhere the same; {link.remote_id} shows {shown}, not {meant}"
                continue
            expected = ours.get(path) if part.writes else seen.get(path)
            if not same(path, theirs.get(path), expected):
                yield (
                    f"I4 nothing differs without a name; {link.remote_id}.{path} says {theirs.get(path)!r} where the "
                    f"commons says {expected!r}"
                )


def as_seen(o: Opportunity, commitments: dict[str, Any], member: str) -> dict[str, Any]:
    """What a member may see of an opportunity: of others' commitments only that they count, once they are disclosed."""
    disclosed = [c.facts for c in commitments.values() if (c.facts or {}).get("commitment.visibility") == "named"]
    sums = totals(o.facts, [facts for facts in disclosed if facts.get("commitment.stage") != "declined"])
    own = commitments[member].facts if member in commitments else {}
    return {**o.facts, **own, **sums, "status": computed(o.status, o.facts, sums)}


def _only_read(world: World, link: Any, mapping: Mapping, seen: dict[str, Any]) -> set[str]:
    """Fields that are never written to this system and may well differ there: another system of the same member spoke
    last, or a person took a value back. A box that was never ticked says no more than that nothing is known."""
    only_read = {part.path for part in mapping.fields if part.reads and not part.writes}
    member = world.config.connections[link.connection_id].member
    others = [k for k in world.table(Link) if k.opportunity_id == link.opportunity_id and k.id != link.id]
    if any(world.config.connections[k.connection_id].member == member for k in others):
        return only_read
    last: dict[str, str] = {}
    for row in world.table(Audit):
        if row.moves and row.opportunity_id == link.opportunity_id and row.member_id == member:
            last |= dict.fromkeys(row.values or {}, row.actor)
    # A record that was made anew says nothing yet of what its predecessor said; what is blank on both sides is no edit.
    read = mapping.read(link.base or {}).values
    unsaid = {path for path in only_read if read.get(path) in (None, "", [])}
    anew = any(row.action in ("picked", "linked", "deletion: restored") for row in world.table(Audit)
               if row.opportunity_id == link.opportunity_id and row.connection_id == link.connection_id)  # fmt: skip
    only_said = unsaid if anew else set()
    unticked = {"commitment.visibility"} if seen.get("commitment.visibility") in (None, "hidden") else set()
    return {path for path in only_read if last.get(path, "").startswith("user:")} | unticked | only_said


def doubled(world: World, people: People) -> Found:
    """I8. However often its creation was tried, an opportunity has one record in a connection."""
    for name, system in world.systems.items():
        made: dict[str, list[str]] = {}
        for id, fields in system.live().items():
            # What people took out of the bin again after another was made is theirs, and a question to them.
            if system.rows[id].by == "hub" and fields.get(KEY) and id not in system.deleted_by_people:
                made.setdefault(str(fields[KEY]), []).append(id)
        for key, ids in made.items():
            if len(ids) > 1:
                yield f"I8 one opportunity has one record in a connection; {key} has {ids} in {name}"


def missed(world: World, people: People) -> Found:
    """I13. What was shared arrived, and nothing is still under way."""
    linked = {(k.connection_id, k.remote_id) for k in world.table(Link)}
    aside = {(q.connection_id, q.remote_id) for q in world.table(Quarantine) if q.state != "released"}
    for name, system in world.systems.items():
        if world.config.connections[name].shares:
            for id, fields in system.live().items():
                if fields.get("Share") and (name, id) not in linked and (name, id) not in aside:
                    yield f"I13 no committed change is missed; {id} is shared and the hub does not know it"
    for intent in world.table(Intent):
        if intent.state == "open":
            yield f"I5 everything comes to an end; {intent.action} of {intent.opportunity_id} is still open"
    yield from _not_imported(world)


def _not_imported(world: World) -> Found:
    links = {(k.connection_id, k.opportunity_id): k for k in world.table(Link)}
    paused = {c.id for c in world.table(Connection) if c.state != "active"}
    refused = {(d.connection_id, d.opportunity_id) for d in world.table(Due) if d.error}
    asked = {(q.connection_id, q.opportunity_id) for q in world.table(MatchQuestion) if q.state == "open"}
    for o in world.table(Opportunity):
        for name, config in world.config.connections.items():
            if config.imports is None or o.status != "published" or (name, o.id) in refused | asked or name in paused:
                continue
            link = links.get((name, o.id))
            if link is None or link.state not in ("linked", "stopped"):
                yield f"I13 what is published is imported; {name} has no record of {o.id} ({link and link.state})"


def stopped(world: World, people: People) -> Found:
    """I10, I11. A link stops only where a person deleted the record, and the hub deletes none."""
    for link in world.table(Link):
        gone = world.systems[link.connection_id].deleted_by_people
        if link.state == "stopped" and link.remote_id not in gone:
            yield f"I11 absence is not deletion; the link of {link.remote_id} stopped and nobody deleted that record"
    for call in world.network.calls:
        if call.method == "DELETE":
            yield f"I24 the hub deletes no record of anybody's; it did in {call.system}"


def outlived(world: World, people: People) -> Found:
    """I10. A record that its system told to be deleted has no living link, unless a person said that it is there."""
    asked = {d.link_id for d in world.table(Deletion) if d.state in ("seen", "look", "told", "rejected")}
    # Before the first position in a feed nothing tells of deletions.
    followed: dict[str, float] = {}
    for run in world.table(Run):
        if run.cursor_after is not None and run.ended_at is not None:
            followed.setdefault(run.connection_id, (run.ended_at - BEGIN).total_seconds())
    for link in world.table(Link):
        system = world.systems[link.connection_id]
        can, since = system.traits, followed.get(link.connection_id, math.inf)
        told = can.tombstones and not system.tokens_expired and system.deleted_at(link.remote_id) > since
        # What is missed again and again is asked for ever more seldom.
        asked_lately = not link.missed_scans & (link.missed_scans - 1)
        told |= can.proves and (can.tombstones or can.feed == "full_scan") and asked_lately
        if link.state == "linked" and told and link.remote_id not in system.live() and link.id not in asked:
            yield f"I10 a tombstone keeps a record gone; {link.remote_id} was deleted and its link lives"
    resting = {(link.id, link.remote_id) for link in world.table(Link) if link.state == "stopped"}
    for row in world.table(Deletion):
        waits = row.state in ("open", "kept") and (row.link_id, row.remote_id) in resting
        if waits and row.remote_id in world.systems[row.connection_id].live():
            yield f"I10 what came back is followed again; {row.remote_id} is there and its link rests"


def overstepping(world: World, people: People) -> Found:
    """I20, I24. Nothing native to a member is written, and nothing at all before a first sync was approved."""
    for system in world.systems.values():
        for id, column in system.written:
            if column in ("Stage", "Ours", "Show", "Share", "Private notes"):
                yield f"I24 what is native to a member stays as it is; the hub wrote {id}.{column}"
    for name in world.unapproved_writes:
        yield f"I20 a first sync writes nothing before someone has looked; it wrote to {name}"


def leaked(world: World, people: People) -> Found:
    """I21. What nobody shared is in no call and no table; a member's position is in no system but its own."""
    for typed in people.typed.values():
        if typed.column == "Ours":
            others = " ".join(call.text for call in world.network.calls if call.system[0] != typed.system[0])
            if typed.token in tokens.found(others):
                yield f"I21 a pipeline is nobody else's business; T{typed.token:05} of {typed.system} was sent elsewhere"
    sent = tokens.found(" ".join(call.text for call in world.network.calls)) & people.canaries
    for token in sorted(sent):
        yield f"I21 what is not shared goes nowhere; T{token:05} was sent over the wire"
    with world.hub.reading() as conn:
        driver: Any = conn.connection.driver_connection
        stored = tokens.found("\n".join(driver.iterdump())) & people.canaries
    for token in sorted(stored):
        yield f"I21 what is not shared is not stored; T{token:05} is in the hub's database"


def unaccounted(world: World, people: People) -> Found:
    """I22. Replaying the audit gives what is stored."""
    with world.hub.reading() as conn:
        for sentence in history.disagreements(conn):
            yield f"I22 the audit tells all that is stored; {sentence}"


def impolite(world: World, people: People) -> Found:
    """I23. No call beyond the rate, and none before the time that the system asked for."""
    for sentence in dict.fromkeys(world.network.impolite):
        yield f"I23 the hub is a polite caller; {sentence}"


def rushed(world: World, people: People) -> Found:
    """I12. Unusually many deletions or changes of one run waited until somebody had looked."""
    if not world.strict:
        return
    held = {hold.connection_id for hold in world.table(Hold) if hold.kind != "first_sync"}
    deleted: Counter[tuple[str, str]] = Counter()
    changed: Counter[tuple[str, str]] = Counter()
    for row in world.table(Audit):
        run = (row.run_id or "", row.connection_id or "")
        deleted[run] += row.action == "deleted there"
        if row.action == "changed" and row.direction == "in":
            moved = [path for path, (before, _) in (row.values or {}).items() if before not in (None, "", [])]
            changed[run] += any(path != "status" and spec(path).authority == "steward" for path in moved)
    for counted, limit, what in ((deleted, DELETES, "deletions"), (changed, OVERWRITES, "changes")):
        for (_, name), number in counted.items():
            if number > limit.floor and name not in held:
                yield f"I12 many at once wait for a person; {number} {what} in {name} went through at once"
