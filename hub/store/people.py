"""People, their sessions, and the attempts to sign in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from hub.store.tables import Session, SignInAttempt, User

user: Any = User.__table__  # type: ignore[attr-defined]
session: Any = Session.__table__  # type: ignore[attr-defined]
attempt: Any = SignInAttempt.__table__  # type: ignore[attr-defined]


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


def open_session(conn: Connection, id_hash: str, user_id: str, now: datetime) -> None:
    conn.execute(session.insert().values(id_hash=id_hash, user_id=user_id, created_at=now, seen_at=now))
    change(conn, user_id, seen_at=now)


def signed_in(
    conn: Connection, id_hash: str, idle_since: datetime, begun_since: datetime
) -> tuple[User, datetime] | None:
    """Whose session it is and when it was last used, if it is alive and its user may still sign in."""
    row = conn.execute(
        select(user, session.c.seen_at.label("session_seen_at"))
        .join(session, session.c.user_id == user.c.id)
        .where(
            (session.c.id_hash == id_hash)
            & (session.c.seen_at > idle_since)
            & (session.c.created_at > begun_since)
            & user.c.active
        )
    ).first()
    if row is None:
        return None
    values = dict(row._mapping)
    seen = values.pop("session_seen_at")
    return User(**values), seen


def touch(conn: Connection, id_hash: str, user_id: str, now: datetime) -> None:
    conn.execute(update(session).where(session.c.id_hash == id_hash).values(seen_at=now))
    change(conn, user_id, seen_at=now)


def close_session(conn: Connection, id_hash: str) -> None:
    conn.execute(delete(session).where(session.c.id_hash == id_hash))


def close_sessions(conn: Connection, user_id: str) -> None:
    conn.execute(delete(session).where(session.c.user_id == user_id))


def failures(conn: Connection, email: str, address: str, since: datetime) -> tuple[int, int]:
    """Failed attempts of late: for this e-mail from this address, and from this address in all."""
    late = (attempt.c.at > since) & attempt.c.ok.is_(False) & (attempt.c.address == address)
    count = select(func.count()).select_from(attempt)
    return conn.scalar(count.where(late & (attempt.c.email == email))) or 0, conn.scalar(count.where(late)) or 0


def attempted(conn: Connection, email: str, address: str, now: datetime, ok: bool, forget: datetime) -> None:
    """Note an attempt; those from before ``forget`` go."""
    conn.execute(delete(attempt).where(attempt.c.at < forget))
    conn.execute(attempt.insert().values(email=email, address=address, at=now, ok=ok))
