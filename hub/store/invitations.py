"""Invitations to join a member's people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from hub.store.tables import Invitation

t: Any = Invitation.__table__  # type: ignore[attr-defined]


def add(conn: Connection, invitation: Invitation) -> None:
    conn.execute(t.insert(), invitation.model_dump())


def get(conn: Connection, invitation_id: str) -> Invitation | None:
    row = conn.execute(select(t).where(t.c.id == invitation_id).with_for_update()).first()
    return Invitation(**row._mapping) if row else None


def by_token(conn: Connection, token_hash: str, now: datetime) -> Invitation | None:
    """The one that this token still opens."""
    good = (t.c.token_hash == token_hash) & (t.c.state == "open") & (t.c.expires_at > now)
    row = conn.execute(select(t).where(good)).first()
    return Invitation(**row._mapping) if row else None


def for_email(conn: Connection, email: str, now: datetime) -> list[Invitation]:
    """Those of all members that somebody with this address could still use."""
    good = (t.c.email == email) & (t.c.state == "open") & (t.c.expires_at > now)
    return [Invitation(**row._mapping) for row in conn.execute(select(t).where(good).order_by(t.c.id))]


def open_ones(conn: Connection, member_id: str) -> list[Invitation]:
    """Neither used nor withdrawn, the newest first; also those whose time is over."""
    mine = (t.c.member_id == member_id) & (t.c.state == "open")
    return [Invitation(**row._mapping) for row in conn.execute(select(t).where(mine).order_by(t.c.at.desc(), t.c.id))]


def count_since(conn: Connection, member_id: str, since: datetime) -> int:
    return conn.scalar(select(func.count()).select_from(t).where((t.c.member_id == member_id) & (t.c.at > since))) or 0


def end(conn: Connection, invitation_id: str, state: str) -> bool:
    """``used`` or ``withdrawn``; whether it was open until now."""
    mine = (t.c.id == invitation_id) & (t.c.state == "open")
    return bool(conn.execute(update(t).where(mine).values(state=state)).rowcount)


def withdraw_for(conn: Connection, member_id: str, email: str) -> None:
    """Another takes the place of those that are open for this address."""
    mine = (t.c.member_id == member_id) & (t.c.email == email) & (t.c.state == "open")
    conn.execute(update(t).where(mine).values(state="withdrawn"))
