"""Keys by which opportunities that are alike find each other, and those that are still to be looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, select

from hub.store.tables import LikenessDue, LikenessKey, Opportunity, Pending
from hub.store.writes import insert_all

t: Any = LikenessKey.__table__  # type: ignore[attr-defined]
due: Any = LikenessDue.__table__  # type: ignore[attr-defined]
opportunity: Any = Opportunity.__table__  # type: ignore[attr-defined]
pending: Any = Pending.__table__  # type: ignore[attr-defined]

COMMON = 50
"""A key that more opportunities have than this tells nothing, and is not followed."""

_HOLDERS = select(t.c.opportunity_id).where(t.c.key == bindparam("key")).order_by(t.c.opportunity_id).limit(COMMON + 2)
"""Asked for every key of an opportunity that is looked at, so it is put together once."""


def keep(conn: Connection, opportunity_id: str, keys: Collection[str]) -> None:
    """These are its keys, whatever they were. They are kept when it is looked at: of two that are alike, whichever is looked
    at later finds the other."""
    there = set(conn.scalars(select(t.c.key).where(t.c.opportunity_id == opportunity_id)))
    gone, new = there - set(keys), sorted(set(keys) - there)
    if gone:
        conn.execute(delete(t).where((t.c.opportunity_id == opportunity_id) & t.c.key.in_(sorted(gone))))
    if new:
        conn.execute(t.insert(), [{"key": key, "opportunity_id": opportunity_id} for key in new])


def sharing(conn: Connection, opportunity_id: str, keys: Collection[str], most: int) -> list[str]:
    """Other opportunities that have one of these keys, those with most of them first."""
    found: Counter[str] = Counter()
    for key in sorted(keys):
        holders = set(conn.scalars(_HOLDERS, {"key": key})) - {opportunity_id}
        if len(holders) <= COMMON:
            found.update(sorted(holders))
    return [id for id, _ in sorted(found.items(), key=lambda item: (-item[1], item[0]))[:most]]


def look_at(conn: Connection, opportunity_ids: Iterable[str]) -> None:
    """Others like these are to be looked for."""
    insert_all(conn, due, [{"opportunity_id": id} for id in opportunity_ids], "ON CONFLICT DO NOTHING")


def to_look_at(conn: Connection, limit: int) -> list[str]:
    """Those that stand as they are, judged; what is still to be judged waits."""
    arriving = exists().where((opportunity.c.id == due.c.opportunity_id) & opportunity.c.arriving.is_not(None))
    unjudged = exists().where(pending.c.opportunity_id == due.c.opportunity_id)
    query = select(due.c.opportunity_id).where(~arriving & ~unjudged)
    return list(conn.scalars(query.order_by(due.c.opportunity_id).limit(limit)))


def looked(conn: Connection, opportunity_id: str) -> None:
    conn.execute(delete(due).where(due.c.opportunity_id == opportunity_id))
