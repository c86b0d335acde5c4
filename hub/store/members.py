"""Members and their people, as sync needs to know them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from hub.store.tables import Member, User

member: Any = Member.__table__  # type: ignore[attr-defined]
user: Any = User.__table__  # type: ignore[attr-defined]


def names(conn: Connection) -> dict[str, str]:
    """Member id to name."""
    return {row.id: row.name for row in conn.execute(select(member.c.id, member.c.name))}


def email_of(conn: Connection, user_id: str) -> str | None:
    email: str | None = conn.scalar(select(user.c.email).where(user.c.id == user_id))
    return email
