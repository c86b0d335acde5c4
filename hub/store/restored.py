"""What a database that was restored from a backup has to be told: the systems went on without it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, inspect, select, text, update

from hub.store import audit
from hub.store.tables import Connection as Row
from hub.store.tables import Message, Process, Session
from schemas.said import phrase

connections: Any = Row.__table__  # type: ignore[attr-defined]
messages: Any = Message.__table__  # type: ignore[attr-defined]

RESTORED = "restored from a backup"
BEGUN = "restoring"
GAP = 1_000_000
"""Numbers that are left out in the audit, and fences: whoever knows one from after the backup is not taken for up to date."""
LOOKS = timedelta(days=30)
"""How long a record is looked for before one is created, from when the last connection was let go."""
SAYS = phrase(
    "The hub was restored from a backup. Everything is read; nothing is written before someone has looked at it."
)


def begin(conn: Connection) -> None:
    """From here on the database counts as restored, whatever happens before ``mark`` is through (PostgreSQL: what is
    restored and what is marked are two transactions)."""
    conn.execute(text(f"CREATE TABLE IF NOT EXISTS {BEGUN} (id integer)"))


def finish(conn: Connection, now: datetime) -> None:
    """Mark what a restore left that broke off. The hub asks before it does anything."""
    if conn.dialect.name == "postgresql" and inspect(conn).has_table(BEGUN):
        mark(conn, now)


def mark(conn: Connection, now: datetime) -> dict[str, int]:
    """Every connection reads everything, holds what it would write or take for deleted, and looks before it creates.
    Nobody stays signed in, and no mail that may have gone out goes out again. Returns ``{what: how many}``."""
    values = {"restored_at": now, "approved": False, "reread_at": None, "owner": None, "lease_until": None}
    fresh = {"fence": connections.c.fence + GAP, "due_at": now, "reason": SAYS}
    count = conn.execute(update(connections).values(**values, **fresh)).rowcount
    waiting = messages.c.state == "waiting"
    lost = {
        "state": "failed",
        "ended_at": now,
        "body": "",
        "error": "Restored from a backup: it may have been sent already.",
    }
    mails = conn.execute(update(messages).where(waiting).values(**lost)).rowcount
    sessions = conn.execute(Session.__table__.delete()).rowcount  # type: ignore[attr-defined]
    conn.execute(Process.__table__.delete())  # type: ignore[attr-defined]
    number = int(conn.scalar(select(func.max(audit.t.c.id))) or 0) + GAP
    audit.write(conn, id=number, at=now, actor="hub", action=RESTORED)
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT setval(pg_get_serial_sequence('audit', 'id'), :number)"), {"number": number})
    conn.execute(text(f"DROP TABLE IF EXISTS {BEGUN}"))
    return {"connections": count, "mails": mails, "sessions": sessions}


def recently(conn: Connection, now: datetime) -> bool:
    """Whether some connection has still to be let go after a restore, or was not long ago: until then any of them may bring
    an opportunity that the hub has forgotten, and whose records it made in the others."""
    row = connections.c
    open_still = (row.approved.is_(False) | (row.restored_at > now - LOOKS)) & (row.state != "removed")
    return conn.execute(select(row.id).where(row.restored_at.is_not(None) & open_still).limit(1)).first() is not None


def lost(conn: Connection, position: int) -> bool:
    """Whether this place in the feed was given out after the backup, and is of lines that are lost."""
    following = conn.execute(
        select(audit.t.c.action).where(audit.t.c.id > position).order_by(audit.t.c.id).limit(1)
    ).scalar()
    if following != RESTORED:
        return False
    return position > 0 and conn.scalar(select(audit.t.c.id).where(audit.t.c.id == position)) is None
