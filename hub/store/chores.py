"""What the hub does by itself every so often, once, however many processes there are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from hub.store.tables import Chore
from hub.store.writes import insert_for

t: Any = Chore.__table__  # type: ignore[attr-defined]
BACKUP = "a backup"
"""What a person or their timetable does; never due here."""


def is_due(conn: Connection, name: str, now: datetime) -> bool:
    due_at = conn.execute(select(t.c.due_at).where(t.c.name == name)).first()
    return due_at is None or due_at[0] <= now


def claim(conn: Connection, name: str, now: datetime, every: timedelta) -> tuple[bool, datetime | None]:
    """Whether it is this process that does it now, and when it was last done, None for never."""
    conn.execute(insert_for(conn)(t).values(name=name, due_at=now).on_conflict_do_nothing())
    before = conn.execute(select(t.c.ran_at).where(t.c.name == name).with_for_update()).scalar_one()
    mine = (t.c.name == name) & (t.c.due_at <= now)
    return bool(conn.execute(update(t).where(mine).values(due_at=now + every, ran_at=now)).rowcount), before


def done(conn: Connection, name: str, now: datetime) -> None:
    """Somebody did it, whose turn it is not for the hub to say."""
    noted = insert_for(conn)(t).values(name=name, due_at=now, ran_at=now)
    conn.execute(noted.on_conflict_do_update(index_elements=["name"], set_={"due_at": now, "ran_at": now}))


def last(conn: Connection, name: str) -> datetime | None:
    """When it was last done, None for never."""
    at: datetime | None = conn.scalar(select(t.c.ran_at).where(t.c.name == name))
    return at
