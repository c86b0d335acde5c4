"""People's sessions, the attempts to sign in, and who they are at an identity provider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update

from hub.store.people import change
from hub.store.people import user as person
from hub.store.tables import Identity, Session, SignInAttempt, UnderWay, User

session: Any = Session.__table__  # type: ignore[attr-defined]
attempt: Any = SignInAttempt.__table__  # type: ignore[attr-defined]
identity: Any = Identity.__table__  # type: ignore[attr-defined]
under_way: Any = UnderWay.__table__  # type: ignore[attr-defined]


def open_session(conn: Connection, row: Session) -> None:
    conn.execute(session.insert(), row.model_dump())
    change(conn, row.user_id, seen_at=row.seen_at)


def signed_in(
    conn: Connection, id_hash: str, idle_since: datetime, begun_since: datetime
) -> tuple[User, datetime] | None:
    """Whose session it is and when it was last used, if it is alive and its user may still sign in."""
    row = conn.execute(
        select(person, session.c.seen_at.label("session_seen_at"))
        .join(session, session.c.user_id == person.c.id)
        .where(
            (session.c.id_hash == id_hash)
            & (session.c.seen_at > idle_since)
            & (session.c.created_at > begun_since)
            & person.c.active
        )
    ).first()
    if row is None:
        return None
    values = dict(row._mapping)
    seen = values.pop("session_seen_at")
    return User(**values), seen


def session_of(conn: Connection, id_hash: str) -> Session | None:
    row = conn.execute(select(session).where(session.c.id_hash == id_hash)).first()
    return Session(**row._mapping) if row else None


def touch(conn: Connection, id_hash: str, user_id: str, now: datetime) -> None:
    conn.execute(update(session).where(session.c.id_hash == id_hash).values(seen_at=now))
    change(conn, user_id, seen_at=now)


def sessions(conn: Connection, user_ids: Iterable[str], idle_since: datetime, begun_since: datetime) -> list[Session]:
    """Their sessions that are alive, the last used first."""
    alive = (session.c.seen_at > idle_since) & (session.c.created_at > begun_since)
    rows = conn.execute(
        select(session)
        .where(alive & session.c.user_id.in_(list(user_ids)))
        .order_by(session.c.seen_at.desc(), session.c.id)
    )
    return [Session(**row._mapping) for row in rows]


def close_session(conn: Connection, id_hash: str) -> str:
    """The way by which it was begun; empty where there is none."""
    way = conn.scalar(select(session.c.way).where(session.c.id_hash == id_hash))
    conn.execute(delete(session).where(session.c.id_hash == id_hash))
    return way or ""


def close_one(conn: Connection, id: str, user_id: str) -> bool:
    """Ends one of this person's sessions by its public id; whether there was one."""
    mine = (session.c.id == id) & (session.c.user_id == user_id)
    return bool(conn.execute(delete(session).where(mine)).rowcount)


def close_sessions(conn: Connection, user_id: str, but: str | None = None) -> int:
    """Ends all of a person's, but the one with this hash; how many there were."""
    return int(conn.execute(delete(session).where((session.c.user_id == user_id) & (session.c.id_hash != (but or "")))).rowcount)  # fmt: skip


def forget_sessions(conn: Connection, idle_since: datetime, begun_since: datetime) -> None:
    """Those that are over go."""
    conn.execute(delete(session).where(or_(session.c.seen_at <= idle_since, session.c.created_at <= begun_since)))


# --- attempts -------------------------------------------------------------------


def attempted(conn: Connection, email: str, address: str, now: datetime) -> int:
    """Note an attempt, as failed until ``succeeded`` says otherwise; its number."""
    done = conn.execute(attempt.insert().values(email=email, address=address, at=now, ok=False))
    return int((done.inserted_primary_key or [0])[0])


def failures(conn: Connection, email: str, address: str, since: datetime) -> tuple[int, int, int]:
    """Failed attempts of late: for this e-mail from this address, from this address in all, for this e-mail from all those
    addresses from which nobody signed in with it."""
    late = (attempt.c.at > since) & attempt.c.ok.is_(False)
    usual = select(attempt.c.address).where((attempt.c.email == email) & attempt.c.ok)
    count = select(func.count()).select_from(attempt)
    here, mine = late & (attempt.c.address == address), late & (attempt.c.email == email)
    strange = conn.scalar(count.where(mine & attempt.c.address.not_in(usual))) or 0
    known = conn.scalar(count.where((attempt.c.email == email) & attempt.c.ok & (attempt.c.address == address)))
    return (
        conn.scalar(count.where(here & (attempt.c.email == email))) or 0,
        conn.scalar(count.where(here)) or 0,
        0 if known else strange,
    )


def succeeded(conn: Connection, number: int) -> None:
    conn.execute(update(attempt).where(attempt.c.id == number).values(ok=True))


def withdrawn(conn: Connection, number: int) -> None:
    """It was not tried after all."""
    conn.execute(delete(attempt).where(attempt.c.id == number))


def forget_attempts(conn: Connection, failed: datetime, ok: datetime) -> None:
    conn.execute(
        delete(attempt).where(
            or_(attempt.c.ok.is_(False) & (attempt.c.at < failed), attempt.c.ok & (attempt.c.at < ok))
        )
    )


# --- at a provider --------------------------------------------------------------


def known_as(conn: Connection, issuer: str, subject: str) -> User | None:
    row = conn.execute(
        select(person)
        .join(identity, identity.c.user_id == person.c.id)
        .where((identity.c.issuer == issuer) & (identity.c.subject == subject))
    ).first()
    return User(**row._mapping) if row else None


def subject_of(conn: Connection, issuer: str, user_id: str) -> str | None:
    mine = (identity.c.issuer == issuer) & (identity.c.user_id == user_id)
    found: str | None = conn.scalar(select(identity.c.subject).where(mine))
    return found


def bind(conn: Connection, row: Identity) -> None:
    conn.execute(identity.insert(), row.model_dump())


def unbind(conn: Connection, user_id: str) -> int:
    return int(conn.execute(delete(identity).where(identity.c.user_id == user_id)).rowcount)


def set_out(conn: Connection, row: UnderWay, forget: datetime) -> None:
    """Note who goes to the provider; those who left before ``forget`` do not come back any more."""
    conn.execute(delete(under_way).where(under_way.c.at < forget))
    conn.execute(under_way.insert(), row.model_dump())


def setting_out(conn: Connection, address: str) -> int:
    """How many went from this address and are not back."""
    return conn.scalar(select(func.count()).select_from(under_way).where(under_way.c.address == address)) or 0


def came_back(conn: Connection, state_hash: str, browser_hash: str, since: datetime) -> UnderWay | None:
    """Who comes back with this state in this browser; once only."""
    mine = (
        (under_way.c.state_hash == state_hash) & (under_way.c.browser_hash == browser_hash) & (under_way.c.at > since)
    )
    rows: Sequence[Any] = conn.execute(select(under_way).where(mine)).all()
    if not rows or not conn.execute(delete(under_way).where(mine)).rowcount:
        return None
    return UnderWay(**rows[0]._mapping)
