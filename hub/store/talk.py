"""What members say to each other at an opportunity."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from hub.store.tables import Opportunity, Post, Thread

t: Any = Thread.__table__  # type: ignore[attr-defined]
post: Any = Post.__table__  # type: ignore[attr-defined]
opportunity: Any = Opportunity.__table__  # type: ignore[attr-defined]


def begin(conn: Connection, thread: Thread) -> None:
    conn.execute(t.insert(), thread.model_dump())


def say(conn: Connection, row: Post) -> None:
    conn.execute(post.insert(), row.model_dump())


def change(conn: Connection, thread_id: str, **values: Any) -> None:
    conn.execute(update(t).where(t.c.id == thread_id).values(**values))


def get(conn: Connection, thread_id: str) -> Thread | None:
    row = conn.execute(select(t).where(t.c.id == thread_id)).first()
    return Thread(**row._mapping) if row else None


def of(conn: Connection, opportunity_id: str, member_id: str) -> list[Thread]:
    """Threads of this opportunity that this member takes part in, the oldest first."""
    mine = or_(t.c.first_member == member_id, t.c.second_member == member_id)
    rows = conn.execute(select(t).where((t.c.opportunity_id == opportunity_id) & mine).order_by(t.c.at, t.c.id))
    return [Thread(**row._mapping) for row in rows]


def posts(conn: Connection, thread_ids: Iterable[str]) -> dict[str, list[Post]]:
    """By thread, the oldest first."""
    found: dict[str, list[Post]] = {}
    query = select(post).where(post.c.thread_id.in_(list(thread_ids))).order_by(post.c.at, post.c.id)
    for row in conn.execute(query):
        found.setdefault(row.thread_id, []).append(Post(**row._mapping))
    return found


def one(conn: Connection, post_id: str) -> Post | None:
    row = conn.execute(select(post).where(post.c.id == post_id)).first()
    return Post(**row._mapping) if row else None


def count_by(conn: Connection, author: str, since: datetime) -> int:
    """Messages that this person or program wrote since then."""
    mine = (post.c.by == author) & (post.c.at > since)
    return conn.scalar(select(func.count()).select_from(post).where(mine)) or 0


def waiting(conn: Connection, member_id: str, limit: int) -> list[Row[Any]]:
    """Threads in which this member has something to answer, oldest first, each with its opportunity's ``title``."""
    query = select(t, opportunity.c.title).join(opportunity, opportunity.c.id == t.c.opportunity_id)
    return list(conn.execute(query.where(t.c.waits_for == member_id).order_by(t.c.at, t.c.id).limit(limit)))
