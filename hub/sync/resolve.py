"""Resolving a conflict: a person says what the value is, and every system hears it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection

from hub import crash
from hub.app import Hub
from hub.store import audit, dues, links, opportunities, waiting
from hub.store.tables import Conflict, Link, Opportunity
from hub.sync import history, rules
from hub.sync.announce import announce
from hub.sync.history import Cause, is_own
from hub.sync.moved import Moved
from schemas.fields import spec
from schemas.values import canonical, same

Value = Any


@dataclass(frozen=True, slots=True)
class Effect:
    """What resolving would do in one place. ``connection`` is None for the commons itself; ``refused``
    says why a system cannot hold the value."""

    system: str
    connection: str | None
    before: Value
    after: Value
    writes: bool
    refused: str = ""


def effects(hub: Hub, conflict_id: str, value: Value) -> list[Effect]:
    """What would be written where, by the mappings of today. ValueError for a value that the field cannot hold."""
    with hub.reading() as conn:
        conflict = _open(conn, conflict_id)
        value = canonical(conflict.path, value)
        opportunity = opportunities.load(conn, [conflict.opportunity_id])[conflict.opportunity_id]
        holders = [link for link in links.of(conn, conflict.opportunity_id) if link.state == "linked"]
    found = [Effect("the commons", None, conflict.commons, value, not same(conflict.path, conflict.commons, value))]
    for link in holders:
        effect = _effect(hub, conflict, opportunity, link, value)
        if effect is not None:
            found.append(effect)
    return found


def _effect(hub: Hub, conflict: Conflict, opportunity: Opportunity, link: Link, value: Value) -> Effect | None:
    path = conflict.path
    config = hub.config.connections.get(link.connection_id)
    if config is None or link.base is None:
        return None
    mapping = hub.mapping(link.connection_id)
    if path not in {part.path for part in mapping.fields} or not _concerns(path, opportunity, conflict, link, hub):
        return None
    raw = link.base | next((p["raw"] for p in conflict.parties if p["link"] == link.id), {})
    before = mapping.read(raw).values.get(path)
    writing = mapping.write({path: value}, {c: raw.get(c) for c in mapping.way(path).columns})
    refused = writing.unholdable.get(path, "")
    local = path in (link.differs or {}) or (link.follow != "yes" and spec(path).authority == "steward")
    writes = mapping.way(path).writes and not refused and not same(path, before, value) and not local
    return Effect(config.system, link.connection_id, before, value if writes else before, writes, refused)


def _concerns(path: str, opportunity: Opportunity, conflict: Conflict, link: Link, hub: Hub) -> bool:
    """A member's own commitment is a matter between that member's systems and the hub alone."""
    if spec(path).authority != "member":
        return True
    parties = {hub.config.connections[p["connection"]].member for p in conflict.parties}
    return hub.config.connections[link.connection_id].member in parties


def resolve(
    hub: Hub, conflict_id: str, rev: int, value: Value, user_id: str, prefer: tuple[str, str] | None = None
) -> None:
    """Set the value everywhere with the next sync. Every party's base becomes what it showed, so that a
    system that moved since shows up as changed again. Raises ``Moved`` where a party moved already.

    ``prefer`` is ``(member, connection)``: from now on that member's conflicts over this field are decided for
    that connection. ValueError where the connection has no part in this one.
    """
    now = hub.time.now()
    with hub.writing() as conn:
        conflict = _open(conn, conflict_id)
        if conflict.rev != rev:
            raise Moved(_("One of the systems changed this field again while you were deciding."), conflict.rev)
        value = canonical(conflict.path, value)
        opportunity = opportunities.load(conn, [conflict.opportunity_id])[conflict.opportunity_id]
        _set(conn, hub, conflict, opportunity, value, user_id)
        for party in conflict.parties:
            link = links.get(conn, party["link"])
            if link is not None and link.base is not None:
                open_again = {p: d for p, d in (link.agreed or {}).items() if p != conflict.path}
                rounds = {p: r for p, r in (link.rounds or {}).items() if p != conflict.path}
                links.change(conn, link.id, base=link.base | party["raw"], agreed=open_again, rounds=rounds)
        waiting.change_conflict(
            conn, conflict.id, state="resolved", choice=value, resolved_at=now, resolved_by=user_id, rev=rev + 1
        )
        if prefer is not None:
            rules.make(conn, hub, conflict, *prefer, user_id)
        announce(conn, hub, opportunity)
        dues.wake(conn, dues.waiting_connections(conn), now)
        crash.point("resolve.decided")
    crash.point("resolve.stored")


def _set(conn: Connection, hub: Hub, conflict: Conflict, opportunity: Opportunity, value: Value, user_id: str) -> None:
    """The commons takes the chosen value; the values not chosen are kept in the audit, whole."""
    path, now = conflict.path, hub.time.now()
    losing = {p["connection"]: p["value"] for p in conflict.parties if not same(path, p["value"], value)}
    if not same(path, conflict.commons, value):
        losing["the commons"] = conflict.commons
    cause = Cause(now, f"user:{user_id}", "resolved", note=f"Not chosen: {losing}" if losing else None)
    member = hub.config.connections[conflict.parties[0]["connection"]].member if is_own(path) else None
    own = opportunities.commitments(conn, [opportunity.id]).get(opportunity.id, {})
    origin = {"user": user_id, "at": now.isoformat()}
    changes = history.change(
        conn, opportunity, {path: value}, cause, origin=origin, own=own, member=member, ids=hub.ids
    )
    if not changes:
        audit.write(
            conn, at=now, actor=cause.actor, action=cause.action, opportunity_id=opportunity.id, note=cause.note,
            values={path: [value, value]},
        )  # fmt: skip


def _open(conn: Connection, conflict_id: str) -> Conflict:
    conflict = waiting.get_conflict(conn, conflict_id)
    if conflict is None or conflict.state != "open":
        raise Moved(_("This conflict is resolved already."))
    return conflict
