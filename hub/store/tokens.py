"""Tokens of members' programs, and the keys by which those know opportunities."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from hub.store.tables import MemberKey, Token

t: Any = Token.__table__  # type: ignore[attr-defined]
keys: Any = MemberKey.__table__  # type: ignore[attr-defined]


def add(conn: Connection, token: Token) -> None:
    conn.execute(t.insert(), token.model_dump())


def by_hash(conn: Connection, token_hash: str) -> Token | None:
    row = conn.execute(select(t).where(t.c.token_hash == token_hash)).first()
    return Token(**row._mapping) if row else None


def get(conn: Connection, token_id: str) -> Token | None:
    row = conn.execute(select(t).where(t.c.id == token_id)).first()
    return Token(**row._mapping) if row else None


def of(conn: Connection, member_ids: Iterable[str]) -> list[Token]:
    """Newest first; revoked ones too."""
    rows = conn.execute(select(t).where(t.c.member_id.in_(list(member_ids))).order_by(t.c.created_at.desc(), t.c.id))
    return [Token(**row._mapping) for row in rows]


def change(conn: Connection, token_id: str, **values: Any) -> None:
    conn.execute(update(t).where(t.c.id == token_id).values(**values))


def used(conn: Connection, token_id: str, now: datetime) -> None:
    change(conn, token_id, used_at=now)


def keys_of(conn: Connection, member_id: str, opportunity_ids: Iterable[str]) -> dict[str, str]:
    """This member's keys by opportunity id."""
    mine = (keys.c.member_id == member_id) & keys.c.opportunity_id.in_(list(opportunity_ids))
    return {row.opportunity_id: row.key for row in conn.execute(select(keys).where(mine))}


def by_key(conn: Connection, member_id: str, key: str) -> MemberKey | None:
    row = conn.execute(select(keys).where((keys.c.member_id == member_id) & (keys.c.key == key))).first()
    return MemberKey(**row._mapping) if row else None


def set_key(conn: Connection, member_id: str, opportunity_id: str, key: str | None, digest: str | None = None) -> None:
    """Replace this member's key for an opportunity; None takes it away."""
    mine = (keys.c.member_id == member_id) & (keys.c.opportunity_id == opportunity_id)
    conn.execute(delete(keys).where(mine))
    if key is not None:
        conn.execute(keys.insert().values(member_id=member_id, opportunity_id=opportunity_id, key=key, digest=digest))
