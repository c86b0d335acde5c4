"""People."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from hub.store import tables
from hub.store.tables import User

user: Any = User.__table__  # type: ignore[attr-defined]
OWN: tuple[Any, ...] = (tables.Session, tables.Bookmark, tables.MailWish)
"""Rows that are a person's alone."""


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


def by_any_email(conn: Connection, email: str) -> User | None:
    """However its letters are written."""
    row = conn.execute(select(user).where(func.lower(user.c.email) == email.lower())).first()
    return User(**row._mapping) if row else None


def erase(conn: Connection, account: User) -> None:
    """The account keeps its id, which the audit names; nothing of the person stays with it."""
    blank: dict[str, Any] = {
        "email": f"erased-{account.id}@invalid",
        "name": "Erased",
        "password_hash": "",
        "roles": [],
        "language": None,
    }
    change(conn, account.id, active=False, seen_at=None, **blank)
    for model in OWN:
        conn.execute(delete(model).where(model.__table__.c.user_id == account.id))
    invitation: Any = tables.Invitation.__table__  # type: ignore[attr-defined]
    conn.execute(delete(invitation).where(func.lower(invitation.c.email) == account.email.lower()))


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
