"""People."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select, update

from hub.store.tables import User

user: Any = User.__table__  # type: ignore[attr-defined]


def by_email(conn: Connection, email: str) -> User | None:
    row = conn.execute(select(user).where(user.c.email == email)).first()
    return User(**row._mapping) if row else None


def by_id(conn: Connection, user_id: str) -> User | None:
    row = conn.execute(select(user).where(user.c.id == user_id)).first()
    return User(**row._mapping) if row else None


def add(conn: Connection, row: User) -> None:
    conn.execute(user.insert(), row.model_dump())


def change(conn: Connection, user_id: str, **values: Any) -> None:
    conn.execute(update(user).where(user.c.id == user_id).values(**values))


def everyone(conn: Connection) -> dict[str, User]:
    """All people of all members by id. On PostgreSQL their rows are locked, in id order, until the transaction ends: who
    counts who is left must not be overtaken."""
    rows = conn.execute(select(user).order_by(user.c.id).with_for_update())
    return {row.id: User(**row._mapping) for row in rows}


def of_members(conn: Connection, member_ids: Iterable[str]) -> list[User]:
    """Their people by name, active ones first."""
    mine = user.c.member_id.in_(list(member_ids))
    rows = conn.execute(select(user).where(mine).order_by(user.c.active.desc(), user.c.name, user.c.id))
    return [User(**row._mapping) for row in rows]


def names(conn: Connection) -> dict[str, tuple[str, str]]:
    """User id to name and member."""
    return {row.id: (row.name, row.member_id) for row in conn.execute(select(user.c.id, user.c.name, user.c.member_id))}
