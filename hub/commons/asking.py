"""Asking stewards whether what they shared is still needed, hearing the answers, and delisting what nobody speaks for.

The clock calls ``look``; people answer on a page, or in their own systems by a tick or any other change.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection, Row

from hub.app import Hub
from hub.commons.still_needed import (
    ANSWER,
    CONFIRMED,
    DELISTED,
    LOOK,
    OUTAGE,
    QUESTION,
    SHARED_AGAIN,
    YES,
    Act,
    Standing,
    asking,
    decide,
    gone,
    next_look,
)
from hub.languages import speaking
from hub.mail import sending
from hub.store import asking as store
from hub.store import audit, chores, connections, dues, opportunities, people
from hub.store.tables import Link, Opportunity
from hub.sync import history
from hub.sync.announce import announce
from hub.sync.history import Cause
from hub.sync.moved import Moved
from schemas.completeness import missing_to_publish

log = logging.getLogger("hub.asking")
CHORE = "still needed"
PAGE = 200
"""Opportunities of one steward in one transaction."""


def look(hub: Hub) -> None:
    """Look at what is due, if no other process did within the hour."""
    now = hub.time.now()
    with hub.reading() as conn:
        if not chores.is_due(conn, CHORE, now):
            return
    with hub.writing() as conn:
        mine, before = chores.claim(conn, CHORE, now, LOOK)
        if not mine:
            return
        if before is not None and now - before > OUTAGE:
            log.warning("Nobody could answer since %s; whoever was asked is asked anew.", before.isoformat())
            store.ask_anew(conn)
    failed: set[str] = set()
    while found := _due(hub, now, failed):
        for steward, rows in groupby(found, key=lambda row: row.steward_id):
            try:
                with hub.writing() as conn:
                    _look_at(conn, hub, steward, [row.id for row in rows], now)
            except Exception:  # one member's broken mapping must not keep the others from being asked
                log.exception("%s could not be asked what is still needed", steward)
                failed.add(steward)
    with hub.writing() as conn:
        dues.wake(conn, dues.waiting_connections(conn), now)


def _due(hub: Hub, now: datetime, failed: set[str]) -> list[Row[Any]]:
    with hub.reading() as conn:
        return store.due(conn, now, PAGE, failed)


def _look_at(conn: Connection, hub: Hub, steward: str, ids: list[str], now: datetime) -> None:
    """All of one steward's that are due. Every one of them has a later time to be looked at afterwards."""
    there = {id: row for id, row in opportunities.load(conn, ids).items() if row.look_at is None or row.look_at <= now}
    known = standings(conn, hub, steward, there.values())
    acts = {id: decide(known[id], now) for id in there}
    asked = [there[id] for id in there if acts[id] is Act.ASK]
    delisted = [there[id] for id in there if acts[id] is Act.DELIST]
    mails = (
        _tell(
            conn, hub, steward, lambda: asking([sending.one_line(row.title) for row in asked], now + ANSWER, _page(hub))
        )
        if asked
        else []
    )
    for id, row in there.items():
        match acts[id]:
            case Act.ASK:
                _ask(conn, hub, row, now, mails)
            case Act.DELIST:
                _delist(conn, hub, row, now)
            case Act.SHARE_AGAIN:
                _share_again(conn, hub, row, Cause(now, "hub", SHARED_AGAIN, member_id=steward))
            case Act.ANSWERED | Act.FORGET:
                _settled(conn, hub, row)
        opportunities.change(conn, id, look_at=next_look(known[id], acts[id], now))
    if delisted:
        _tell(conn, hub, steward, lambda: gone([sending.one_line(row.title) for row in delisted], _page(hub)))


def standings(conn: Connection, hub: Hub, steward: str, rows: Iterable[Opportunity]) -> dict[str, Standing]:
    """What is known of these opportunities of one steward."""
    rows = list(rows)
    if not rows:
        return {}
    ids, actors = [row.id for row in rows], store.actors(conn, steward)
    words = store.last_words(conn, ids, actors, CONFIRMED)
    asked = [row.id for row in rows if row.asked_at is not None]
    own = [c.name for c in hub.config.connections.values() if c.member == steward]
    active = {name: row for name, row in connections.by_name(conn, own).items() if row.state == "active"}
    tied = store.tied(conn, asked, own)
    sent = store.sent(conn, {id for row in rows for id in row.asked_mail or ()})
    written = store.written(conn, asked, own)
    unheard = store.unheard(conn, asked, own)
    basis = steward in hub.config.members and bool(hub.config.members[steward].lawful_basis)
    found = {}
    for row in rows:
        links = tied.get(row.id, [])
        told = [sent[id] for id in row.asked_mail or () if id in sent]
        told += [line.at for line in written if line.opportunity_id == row.id and _asks(hub, row, line)]
        where = [active[link.connection_id].last_ok_at for link in links if link.connection_id in active]
        found[row.id] = Standing(
            status=row.status,
            word_at=max(words.get(row.id, row.created_at), row.created_at),
            asked_at=row.asked_at,
            told_at=min(told, default=None),
            read_at=min((at or row.created_at for at in where), default=None),
            unheard=row.id in unheard,
            delisted_at=row.delisted_at,
            ticked_at=_ticked_at(row, actors),
            shared=all(_shared(hub, link) for link in links),
            ready=not missing_to_publish(row.facts | {"kind": row.kind}, basis),
        )
    return found


def _asks(hub: Hub, row: Opportunity, line: Any) -> bool:
    """Whether this write put the question into a record of the steward's."""
    if row.asked_at is None or line.at < row.asked_at:
        return False
    columns = {c for part in hub.mapping(line.connection_id).fields if part.path == QUESTION for c in part.columns}
    return bool(columns) and not {QUESTION, *columns}.isdisjoint(line.values or {})  # by path, by column after a crash


def _ticked_at(row: Opportunity, actors: set[str]) -> datetime | None:
    """When the steward itself ticked that it is needed; a tick elsewhere is not its word."""
    origin = (row.origins or {}).get(YES) or {}
    by = f"connection:{origin.get('connection')}" if origin.get("connection") else f"user:{origin.get('user')}"
    ticked = row.facts.get(YES) is True and by in actors
    return datetime.fromisoformat(origin["at"]) if ticked else None


def _shared(hub: Hub, link: Link) -> bool:
    """Whether a steward's record says so, as far as it says anything about sharing."""
    config, mapping = hub.config.connections[link.connection_id], hub.mapping(link.connection_id)
    if not config.shares or mapping.share is None or link.base is None:
        return True
    return mapping.audience(link.base) is not None


def _ask(conn: Connection, hub: Hub, row: Opportunity, now: datetime, mails: list[str]) -> None:
    if row.facts.get(YES):  # a tick of last time says nothing about this time
        history.change(
            conn, row, {YES: None}, Cause(now, "hub", "still needed: asked", member_id=row.steward_id), origin={}
        )
    else:
        audit.write(
            conn, at=now, actor="hub", action="still needed: asked", opportunity_id=row.id, member_id=row.steward_id
        )
    row.asked_at, row.asked_mail = now, mails
    opportunities.change(conn, row.id, asked_at=now, asked_mail=mails)
    announce(conn, hub, row)


def _delist(conn: Connection, hub: Hub, row: Opportunity, now: datetime) -> None:
    """It is withdrawn as if its steward had, and nothing else: commitments and grants stay what they are (I24)."""
    row.delisted_at = now
    history.change(conn, row, {"status": "withdrawn"}, Cause(now, "hub", DELISTED, member_id=row.steward_id))
    announce(conn, hub, row)


def _share_again(conn: Connection, hub: Hub, row: Opportunity, cause: Cause) -> None:
    row.asked_at = row.asked_mail = row.delisted_at = None
    history.change(conn, row, {"status": "published"}, cause)
    announce(conn, hub, row)


def _settled(conn: Connection, hub: Hub, row: Opportunity) -> None:
    """The question goes, also from the steward's record."""
    row.asked_at = row.asked_mail = row.delisted_at = None
    opportunities.change(conn, row.id, asked_at=None, asked_mail=None, delisted_at=None)
    announce(conn, hub, row)


def _tell(conn: Connection, hub: Hub, steward: str, letter: Callable[[], tuple[str, str]]) -> list[str]:
    """Write to those of the steward who share or watch, each in their own language; the ids of the messages."""
    persons = [p for p in people.of_members(conn, [steward]) if p.active and not {"staff", "admin"}.isdisjoint(p.roles)]
    queued = []
    for person in persons:
        with speaking(person.language):
            queued.append(sending.queue(conn, hub, person.email, *letter()))
    return [id for id in queued if id is not None]


def _page(hub: Hub) -> str:
    return f"{hub.config.public_url.rstrip('/')}/queue?kind=still_needed"


# --- what people say on a page -----------------------------------------------------


def confirm(hub: Hub, opportunity_id: str, member: str, user_id: str) -> None:
    """Still needed; where it was delisted meanwhile, it is shared again. LookupError for an opportunity that is not this
    member's, ``Moved`` where nobody is asking any more, ValueError where it cannot be shared as it stands."""
    now = hub.time.now()
    with hub.writing() as conn:
        row = _asked(conn, opportunity_id, member)
        if row.delisted_at is not None:
            _may_return(standings(conn, hub, member, [row])[row.id])
            _share_again(conn, hub, row, Cause(now, f"user:{user_id}", SHARED_AGAIN, member_id=member))
        else:
            audit.write(
                conn, at=now, actor=f"user:{user_id}", action=CONFIRMED, opportunity_id=row.id, member_id=member
            )
            _settled(conn, hub, row)
        opportunities.change(conn, row.id, look_at=now + LOOK)
        dues.wake(conn, dues.waiting_connections(conn), now)


def withdraw(hub: Hub, opportunity_id: str, member: str, user_id: str) -> None:
    """No longer needed: it is withdrawn by its steward's word. Errors as ``confirm``."""
    now = hub.time.now()
    with hub.writing() as conn:
        row = _asked(conn, opportunity_id, member)
        cause = Cause(now, f"user:{user_id}", "still needed: no, withdrawn", member_id=member)
        history.change(conn, row, {"status": "withdrawn"}, cause)
        _settled(conn, hub, row)
        dues.wake(conn, dues.waiting_connections(conn), now)


def _asked(conn: Connection, opportunity_id: str, member: str) -> Opportunity:
    row = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
    if row is None or row.steward_id != member:
        raise LookupError(opportunity_id)
    expected = "withdrawn" if row.delisted_at is not None else "published"
    if row.asked_at is None or row.status != expected:
        raise Moved(_("This is settled already: somebody answered, or its status changed meanwhile."))
    return row


def _may_return(known: Standing) -> None:
    if not known.shared:
        raise ValueError(
            _("In your own system it is not ticked for sharing any more. Tick it there, and it is shared again.")
        )
    if not known.ready:
        raise ValueError(_("Something lacks that a published opportunity needs; its page says what. Add that first."))
