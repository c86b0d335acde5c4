"""Who was told of which trouble, webhooks on their way, and what of the store may be trouble."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from hub.store import tables
from hub.store.tables import Alert, Notice

alert: Any = vars(tables.Alert)["__table__"]
notice: Any = vars(tables.Notice)["__table__"]
conflict: Any = vars(tables.Conflict)["__table__"]
message: Any = vars(tables.Message)["__table__"]
opportunity: Any = vars(tables.Opportunity)["__table__"]
token: Any = vars(tables.Token)["__table__"]
MOST = 2000
"""Open conflicts that are looked through, the oldest."""


def told(conn: Connection) -> dict[tuple[str, str], Alert]:
    """What somebody was told of, by owner and key."""
    return {(row.owner, row.key): Alert(**row._mapping) for row in conn.execute(select(alert))}


def add(conn: Connection, row: Alert) -> None:
    conn.execute(alert.insert(), row.model_dump())


def over(conn: Connection, owner: str, key: str) -> None:
    conn.execute(delete(alert).where((alert.c.owner == owner) & (alert.c.key == key)))


def queue(conn: Connection, row: Notice) -> None:
    conn.execute(notice.insert(), row.model_dump())


def ripe(conn: Connection, now: datetime, limit: int) -> list[Notice]:
    """Webhooks to be sent now, the longest waiting first."""
    where = (notice.c.state == "waiting") & (notice.c.not_before <= now)
    rows = conn.execute(select(notice).where(where).order_by(notice.c.at, notice.c.id).limit(limit))
    return [Notice(**row._mapping) for row in rows]


def claim(conn: Connection, notice_id: str, now: datetime, until: datetime) -> bool:
    """Whether this process may send it now; nobody else may before ``until``."""
    mine = (notice.c.id == notice_id) & (notice.c.state == "waiting") & (notice.c.not_before <= now)
    return bool(conn.execute(update(notice).where(mine).values(not_before=until, tries=notice.c.tries + 1)).rowcount)


def later(conn: Connection, notice_id: str, not_before: datetime, why: str) -> None:
    conn.execute(update(notice).where(notice.c.id == notice_id).values(not_before=not_before, error=why))


def end(conn: Connection, notice_id: str, state: str, now: datetime, why: str | None = None) -> None:
    values = {"state": state, "ended_at": now, "error": why, "body": None}
    conn.execute(update(notice).where(notice.c.id == notice_id).values(**values))


def forget(conn: Connection, before: datetime) -> None:
    conn.execute(delete(notice).where(notice.c.ended_at < before))


def conflicts(conn: Connection) -> list[Row[Any]]:
    """Open conflicts: ``id``, ``path``, ``parties``, ``opened_at``, ``opportunity_id``, and its ``steward_id``, ``title``, ``facts``."""
    query = (
        select(
            conflict.c.id, conflict.c.path, conflict.c.parties, conflict.c.opened_at, conflict.c.opportunity_id,
            opportunity.c.steward_id, opportunity.c.title, opportunity.c.facts,
        )
        .join(opportunity, opportunity.c.id == conflict.c.opportunity_id)
        .where(conflict.c.state == "open")
        .order_by(conflict.c.opened_at, conflict.c.id)
        .limit(MOST)
    )  # fmt: skip
    return list(conn.execute(query))


def waiting_since(conn: Connection) -> datetime | None:
    """Since when the mail waits that waits longest."""
    found: datetime | None = conn.scalar(select(func.min(message.c.at)).where(message.c.state == "waiting"))
    return found


def ending_tokens(conn: Connection, since: datetime, until: datetime) -> list[Row[Any]]:
    """Tokens of members' programs that end, or ended, between the two and that nobody revoked: ``id``, ``member_id``, ``name``, ``expires_at``."""
    where = (token.c.expires_at > since) & (token.c.expires_at <= until) & token.c.revoked_at.is_(None)
    columns = (token.c.id, token.c.member_id, token.c.name, token.c.expires_at, token.c.created_at)
    return list(conn.execute(select(*columns).where(where).order_by(token.c.expires_at, token.c.id)))
