"""Which mails people want, and where each stands with the digest."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from hub.store.tables import MailWish, Message, SavedSearch, User
from hub.store.writes import insert_for

t: Any = MailWish.__table__  # type: ignore[attr-defined]
user: Any = User.__table__  # type: ignore[attr-defined]
search: Any = SavedSearch.__table__  # type: ignore[attr-defined]
message: Any = Message.__table__  # type: ignore[attr-defined]


def add(conn: Connection, rows: Iterable[MailWish]) -> None:
    """Those that are not there yet."""
    for row in rows:
        conn.execute(insert_for(conn)(t).values(**row.model_dump()).on_conflict_do_nothing())


def of(conn: Connection, user_ids: Collection[str]) -> dict[str, MailWish]:
    """By user; who never chose has none."""
    rows = conn.execute(select(t).where(t.c.user_id.in_(list(user_ids))))
    return {row.user_id: MailWish(**row._mapping) for row in rows}


def change(conn: Connection, user_id: str, **values: Any) -> None:
    conn.execute(update(t).where(t.c.user_id == user_id).values(**values))


def new_searchers(conn: Connection) -> list[str]:
    """Active people with a saved search who stand nowhere with the digest yet."""
    looking = select(search.c.id).where((search.c.created_by == user.c.id) & (search.c.member_id == user.c.member_id))
    there = select(t.c.user_id).where((t.c.user_id == user.c.id) & t.c.since.is_not(None))
    return list(conn.scalars(select(user.c.id).where(user.c.active & looking.exists() & ~there.exists())))


def due(conn: Connection, now: datetime) -> list[MailWish]:
    """Whose digest is to be made."""
    rows = conn.execute(select(t).where(t.c.due_at <= now).order_by(t.c.user_id))
    return [MailWish(**row._mapping) for row in rows]


def dropped(conn: Connection) -> list[MailWish]:
    """Whose last digest did not go out, since it told of something that is not for its reader any more."""
    lost = message.c.id == t.c.message_id
    rows = conn.execute(select(t).join(message, lost).where((message.c.state == "dropped") & t.c.due_at.is_not(None)))
    return [MailWish(**row._mapping) for row in rows]


def claim(conn: Connection, row: MailWish, **values: Any) -> bool:
    """Move this person on, if nobody did since ``row`` was read."""
    same = (t.c.user_id == row.user_id) & (t.c.due_at == row.due_at) & (t.c.digest == row.digest)
    same &= t.c.message_id.is_(None) if row.message_id is None else t.c.message_id == row.message_id
    return bool(conn.execute(update(t).where(same).values(**values)).rowcount)


def searches(conn: Connection, user_ids: Collection[str]) -> list[SavedSearch]:
    """The saved searches of these people that are still of their member."""
    query = select(search).join(user, user.c.id == search.c.created_by)
    mine = search.c.created_by.in_(list(user_ids)) & (search.c.member_id == user.c.member_id)
    return [SavedSearch(**row._mapping) for row in conn.execute(query.where(mine).order_by(search.c.name, search.c.id))]
