"""Suggestions: an edit made in another member's system, on its way to the steward."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection, select, update

from hub.app import Hub
from hub.commons import conversation
from hub.store import audit, dues, links, opportunities, waiting
from hub.store.tables import Opportunity, Suggestion
from hub.sync import history
from hub.sync.announce import announce
from hub.sync.history import Cause
from hub.sync.moved import Moved

t: Any = waiting.suggestion


def send(hub: Hub, suggestion_id: str, user_id: str, word: str = "") -> None:
    """The sender's people put it before the steward, with a word."""
    with hub.writing() as conn:
        row = _in_state(conn, suggestion_id, "waiting")
        _move(conn, hub, row, "sent", user_id, word)


def send_from_there(conn: Connection, hub: Hub, connection: str, opportunity_id: str, word: str) -> None:
    """The same, said by a tick in the sender's own system: all that the record says otherwise and nobody decided yet."""
    theirs = (t.c.connection_id == connection) & (t.c.opportunity_id == opportunity_id) & (t.c.state == "waiting")
    for row in conn.execute(select(t).where(theirs).order_by(t.c.id)).all():
        _move(conn, hub, Suggestion(**row._mapping), "sent", None, word)


def keep_local(hub: Hub, suggestion_id: str, user_id: str) -> None:
    """The sender's people keep it to themselves; it stays shown as differing."""
    with hub.writing() as conn:
        _move(conn, hub, _in_state(conn, suggestion_id, "waiting"), "differs", user_id, None)


def accept(hub: Hub, suggestion_id: str, user_id: str) -> None:
    """The steward takes it: the commons value becomes theirs, and everyone hears it."""
    with hub.writing() as conn:
        row = _in_state(conn, suggestion_id, "sent")
        opportunity = opportunities.load(conn, [row.opportunity_id])[row.opportunity_id]
        now = hub.time.now()
        origin = {"connection": row.connection_id, "user": user_id, "at": now.isoformat()}
        cause = Cause(now, f"user:{user_id}", "suggestion taken", connection_id=row.connection_id)
        history.change(conn, opportunity, {row.path: row.value}, cause, origin=origin)
        _no_longer_differs(conn, hub, row)
        _move(conn, hub, row, "accepted", user_id, None)
        announce(conn, hub, opportunity)
        dues.wake(conn, dues.waiting_connections(conn), now)


def decline(hub: Hub, suggestion_id: str, user_id: str, word: str = "") -> None:
    """The steward keeps its value, which goes back to the sender's record."""
    with hub.writing() as conn:
        row = _in_state(conn, suggestion_id, "sent")
        _no_longer_differs(conn, hub, row)
        _move(conn, hub, row, "declined", user_id, word)
        opportunity = opportunities.load(conn, [row.opportunity_id])[row.opportunity_id]
        config = hub.config.connections.get(row.connection_id)
        if word.strip() and config is not None:
            conversation.tell(
                conn, hub, opportunity, "decline", word, by=user_id, from_=opportunity.steward_id, to=config.member
            )
        dues.add(conn, [row.connection_id], row.opportunity_id, hub.time.now())
        dues.wake(conn, [row.connection_id], hub.time.now())


def let_differ(hub: Hub, suggestion_id: str, user_id: str) -> None:
    """Both keep their own."""
    with hub.writing() as conn:
        _move(conn, hub, _in_state(conn, suggestion_id, "sent"), "differs", user_id, None)


def overtake(conn: Connection, hub: Hub, opportunity_id: str, connections: Collection[str], user_id: str) -> None:
    """Those from these connections have nobody left to be put to: who made them is the steward now."""
    theirs = (t.c.opportunity_id == opportunity_id) & t.c.connection_id.in_(list(connections))
    for row in conn.execute(select(t).where(theirs & t.c.state.in_(["waiting", "sent"])).order_by(t.c.id)).all():
        _move(conn, hub, Suggestion(**row._mapping), "overtaken", user_id, None)


def move(conn: Connection, hub: Hub, gone_id: str, survivor: Opportunity, along: Collection[str]) -> None:
    """Those about an opportunity that goes into another are about that one, where the record that they come from follows it
    (``along``), says something else than it, and is not its steward's own."""
    for row in conn.execute(
        select(t).where((t.c.opportunity_id == gone_id) & t.c.state.in_(["waiting", "sent"]))
    ).all():
        suggestion, now = Suggestion(**row._mapping), survivor.facts.get(row.path)
        config = hub.config.connections.get(row.connection_id)
        if row.connection_id in along and config and config.member != survivor.steward_id and row.value != now:
            conn.execute(update(t).where(t.c.id == row.id).values(opportunity_id=survivor.id, commons=now))
        else:
            _move(conn, hub, suggestion, "overtaken", None, None)


def _in_state(conn: Connection, suggestion_id: str, state: str) -> Suggestion:
    row = conn.execute(select(t).where(t.c.id == suggestion_id).with_for_update()).first()
    if row is None or row.state != state:
        raise Moved(_("This suggestion was decided already."))
    return Suggestion(**row._mapping)


def _move(conn: Connection, hub: Hub, row: Suggestion, state: str, user_id: str | None, word: str | None) -> None:
    now = hub.time.now()
    changed = {"state": state, "decided_at": now, "decided_by": user_id} | ({"word": word} if word else {})
    conn.execute(update(t).where(t.c.id == row.id).values(**changed))
    audit.write(
        conn, at=now, actor=f"user:{user_id}" if user_id else "hub", action=f"suggestion {state}", opportunity_id=row.opportunity_id,
        connection_id=row.connection_id, note=word or None,
    )  # fmt: skip


def _no_longer_differs(conn: Connection, hub: Hub, row: Suggestion) -> None:
    """The base becomes what was suggested, so that what was typed since shows up as an edit of its own."""
    link = links.by_opportunity(conn, row.connection_id, [row.opportunity_id]).get(row.opportunity_id)
    if link is not None:
        differs = {p: why for p, why in (link.differs or {}).items() if p != row.path}
        agreed = {p: digest for p, digest in (link.agreed or {}).items() if p != row.path}
        base = link.base or {}
        columns = {c: base.get(c) for c in hub.mapping(row.connection_id).way(row.path).columns}
        suggested = hub.mapping(row.connection_id).write({row.path: row.value}, columns).columns
        version = None if suggested else link.remote_version
        links.change(conn, link.id, base=base | suggested, differs=differs, agreed=agreed, remote_version=version)
