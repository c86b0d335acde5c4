"""The same project shared by two members: found, put to both stewards, and merged only when both agree to the same.

Who may not see the other's opportunity hears nothing of it, and nobody is named who is not named there. Merging widens no
audience: two that are not shared with the same members have to be aligned first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import Connection

from hub.app import Hub
from hub.commons import likeness
from hub.commons.imports import Refusal
from hub.commons.sharing import may_see
from hub.store import audit, dues, merged, opportunities
from hub.store import duplicates as store
from hub.store import likeness as keyed
from hub.store.engine import dumps
from hub.store.tables import Duplicate, Opportunity
from hub.sync import history
from hub.sync.announce import announce
from hub.sync.history import Cause
from hub.sync.merge import merge
from hub.sync.moved import Moved

LIVE = ("published", "closed")
LOOKS = 100
"""Opportunities looked at in one go; the rest waits for the next."""
CANDIDATES = 20
"""Others that one is compared with, those with most keys in common."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One question as its reader sees it. ``seen`` tells one state of the two from another."""

    row: Duplicate
    own: Opportunity
    other: Opportunity
    seen: str
    aligned: bool


def look(hub: Hub, limit: int = LOOKS) -> int:
    """Look for others like those that changed, each in a transaction of its own; how many were looked at."""
    with hub.reading() as conn:
        ids = keyed.to_look_at(conn, limit)
    for id in ids:
        with hub.writing() as conn:
            _look(conn, hub, id)
    return len(ids)


def _look(conn: Connection, hub: Hub, opportunity_id: str) -> None:
    keyed.looked(conn, opportunity_id)
    mine = opportunities.peek(conn, [opportunity_id]).get(opportunity_id)
    if mine is None:
        return
    keys = likeness.keys(mine.facts)
    keyed.keep(conn, mine.id, keys)
    candidates = keyed.sharing(conn, mine.id, keys, CANDIDATES) if mine.status in LIVE else []
    alike = set()
    for other in opportunities.peek(conn, candidates).values():
        found = likeness.likeness(mine.kind, mine.facts, other.kind, other.facts) if mutual(hub, mine, other) else None
        if found is not None:
            alike.add(other.id)
            first, second = sorted((mine.id, other.id))
            older = min(mine, other, key=lambda o: (o.created_at, o.id))
            row = Duplicate(
                id=hub.ids.uuid7(), first_id=first, second_id=second, survivor_id=older.id, title=found.title,
                text=found.text, number=found.number, at=hub.time.now(),
            )  # fmt: skip
            store.propose(conn, row)
    for row in store.of(conn, mine.id):
        if not alike & {row.first_id, row.second_id}:
            store.change(conn, row.id, state="lapsed", agreed_by=None)


def mutual(hub: Hub, a: Opportunity, b: Opportunity) -> bool:
    """Whether each steward may know of the other's, both being there for others to see."""
    circles = hub.config.circles
    return (
        a.steward_id != b.steward_id
        and all(o.status in LIVE and not o.arriving for o in (a, b))
        and may_see(a, b.steward_id, circles)
        and may_see(b, a.steward_id, circles)
    )


def aligned(hub: Hub, a: Opportunity, b: Opportunity) -> bool:
    """Whether the same members may see both, today and when new ones come."""
    if (a.audience == "all") != (b.audience == "all"):
        return False
    circles = hub.config.circles
    return all(may_see(a, member, circles) == may_see(b, member, circles) for member in hub.config.members)


def asked(conn: Connection, hub: Hub, member: str) -> list[Pair]:
    """What this member's people are asked."""
    rows = [Duplicate(**row._mapping) for row in store.asked(conn, member)]
    there = opportunities.peek(conn, [id for row in rows for id in (row.first_id, row.second_id)])
    pairs = (_pair(hub, row, there[row.first_id], there[row.second_id], member) for row in rows)
    return [pair for pair in pairs if pair is not None]


def the_pair(conn: Connection, hub: Hub, duplicate_id: str, member: str) -> Pair:
    """LookupError where it is no question to this member."""
    row = store.get(conn, duplicate_id)
    there = opportunities.load(conn, [row.first_id, row.second_id]) if row else {}
    row = store.get(conn, duplicate_id)  # as it stands now that the two are locked
    pair = _pair(hub, row, there[row.first_id], there[row.second_id], member) if row else None
    if pair is None:
        raise LookupError(duplicate_id)
    return pair


def _pair(hub: Hub, row: Duplicate, first: Opportunity, second: Opportunity, member: str) -> Pair | None:
    if not mutual(hub, first, second) or member not in (first.steward_id, second.steward_id):
        return None
    own, other = (first, second) if first.steward_id == member else (second, first)
    return Pair(row, own, other, _seen(first, second), aligned(hub, first, second))


def _seen(first: Opportunity, second: Opportunity) -> str:
    shown = [[o.id, o.kind, o.steward_id, o.status, o.audience, o.facts] for o in (first, second)]
    return hashlib.sha256(dumps(shown).encode()).hexdigest()[:32]


def different(hub: Hub, duplicate_id: str, user_id: str, member: str) -> None:
    """One of the two stewards says so, and nobody is asked again."""
    with hub.writing() as conn:
        pair = _open(the_pair(conn, hub, duplicate_id, member))
        now = hub.time.now()
        store.change(conn, pair.row.id, state="different", decided_at=now, decided_by=user_id)
        _line(conn, hub, pair, "not the same", user_id, member)


def agree(hub: Hub, duplicate_id: str, survivor_id: str, seen: str, user_id: str, member: str) -> bool:
    """This member wants the two merged, and ``survivor_id`` to stay; whether both do now.

    ``seen``: the state of the two that its people looked at. ``Moved`` where it is another by now, ``Refusal`` where the two
    are shared with different members, LookupError where it is no question to this member.
    """
    with hub.writing() as conn:
        pair = _open(the_pair(conn, hub, duplicate_id, member))
        if survivor_id not in (pair.own.id, pair.other.id):
            raise LookupError(survivor_id)
        if seen != pair.seen:
            raise Moved(_("One of the two changed while you were deciding. Look at them again."), pair.seen)
        if not pair.aligned:
            raise Refusal(
                _(
                    "The two are not shared with the same members. Merging must show nothing to anybody new: share both with the same members first."
                )
            )
        row = pair.row
        both = row.agreed_by == pair.other.steward_id and (row.survivor_id, row.seen) == (survivor_id, seen)
        said = {"survivor_id": survivor_id, "agreed_by": member, "seen": seen}
        store.change(conn, row.id, **said, **({"state": "agreed", "decided_by": user_id} if both else {}))
        _line(conn, hub, pair, "merging agreed" if both else "merging proposed", user_id, member)
    return both


def carry_out(hub: Hub) -> int:
    """Merge what both stewards want merged and no run has in hand; how many. The rest waits for the next time."""
    with hub.reading() as conn:
        ids = store.agreed(conn)
    return sum(_carry_out(hub, id) for id in ids)


def _carry_out(hub: Hub, duplicate_id: str) -> bool:
    with hub.writing() as conn:
        row = store.get(conn, duplicate_id)
        if row is None:
            return False
        both = [row.first_id, row.second_id]
        # Connections before opportunities, as a run takes them.
        names = merged.concerned(conn, both)
        if not merged.at_rest(conn, names, hub.time.now()):
            return False
        there = opportunities.load(conn, both)
        first, second = there[row.first_id], there[row.second_id]
        row = store.get(conn, duplicate_id)
        busy = any(dues.unjudged(conn, id) for id in both) or merged.unsettled(conn, both)
        if row is None or row.state != "agreed" or busy or set(merged.concerned(conn, both)) - set(names):
            return False
        if not mutual(hub, first, second) or not aligned(hub, first, second) or row.seen != _seen(first, second):
            store.change(conn, row.id, state="open", agreed_by=None)  # what they agreed to is not there any more
            return False
        survivor, gone = (first, second) if row.survivor_id == first.id else (second, first)
        store.change(conn, row.id, state="merged", decided_at=hub.time.now())
        merge(conn, hub, survivor, gone)
    return True


def settle(hub: Hub, leftover_id: str, decision: str, user_id: str, member: str) -> None:
    """What a merge left with a member: kept as it stands, or (a position) ``taken`` instead of the one that stands.
    LookupError for another member's, ``Moved`` where it is settled."""
    with hub.writing() as conn:
        row = merged.leftover(conn, leftover_id)
        if row is None or row.member_id != member:
            raise LookupError(leftover_id)
        if row.state != "open":
            raise Moved(_("This is settled already."))
        survivor = merged.survivors(conn, [row.survivor_id]).get(row.survivor_id, row.survivor_id)
        other = opportunities.commitments(conn, [row.gone_id]).get(row.gone_id, {}).get(member)
        now = hub.time.now()
        if decision == "taken":
            opportunity = opportunities.load(conn, [survivor])[survivor]
            own = opportunities.commitments(conn, [survivor]).get(survivor, {})
            stands = own[member].facts if member in own else {}
            values = dict.fromkeys(stands) | (dict(other.facts) if other else {})
            cause = Cause(now, f"user:{user_id}", "position stated", member_id=member)
            origin = {"user": user_id, "at": now.isoformat()}
            history.change(conn, opportunity, values, cause, origin=origin, own=own, member=member, ids=hub.ids)
            announce(conn, hub, opportunity)
            dues.wake(conn, dues.waiting_connections(conn), now)
        merged.settle(conn, row.id, decision, user_id, now)


def _open(pair: Pair) -> Pair:
    if pair.row.state != "open":
        raise Moved(_("Both agreed already, or one said that they are not the same."))
    return pair


def _line(conn: Connection, hub: Hub, pair: Pair, action: str, user_id: str, member: str) -> None:
    audit.write(
        conn, at=hub.time.now(), actor=f"user:{user_id}", action=action, opportunity_id=pair.own.id, member_id=member,
        note=f"With {pair.other.id}.",
    )  # fmt: skip
