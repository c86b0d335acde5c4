"""Saved searches, and the terms by which the few that may want an opportunity are found among many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, select

from hub.store.tables import SavedSearch, SearchTerm

t: Any = SavedSearch.__table__  # type: ignore[attr-defined]
term: Any = SearchTerm.__table__  # type: ignore[attr-defined]


def add(conn: Connection, row: SavedSearch, terms: Iterable[str]) -> None:
    """``terms``: what it is posted under, where it has an inbox."""
    conn.execute(t.insert(), row.model_dump())
    post(conn, row.id, terms)


def post(conn: Connection, search_id: str, terms: Iterable[str]) -> None:
    """It is posted under these, whatever it was."""
    conn.execute(delete(term).where(term.c.search_id == search_id))
    posted = [{"term": one, "search_id": search_id} for one in sorted(set(terms))]
    if posted:
        conn.execute(term.insert(), posted)


def drop(conn: Connection, search_id: str) -> None:
    conn.execute(delete(term).where(term.c.search_id == search_id))
    conn.execute(delete(t).where(t.c.id == search_id))


def get(conn: Connection, search_id: str) -> SavedSearch | None:
    row = conn.execute(select(t).where(t.c.id == search_id)).first()
    return SavedSearch(**row._mapping) if row else None


def every(conn: Connection) -> list[SavedSearch]:
    return [SavedSearch(**row._mapping) for row in conn.execute(select(t).order_by(t.c.id))]


def of_member(conn: Connection, member_id: str) -> list[SavedSearch]:
    """By name."""
    rows = conn.execute(select(t).where(t.c.member_id == member_id).order_by(t.c.name, t.c.id))
    return [SavedSearch(**row._mapping) for row in rows]


def posted_under(conn: Connection, terms: Iterable[str]) -> list[SavedSearch]:
    """Those with an inbox that may want an opportunity with these terms."""
    among = select(term.c.search_id).where(term.c.term.in_(sorted(set(terms))))
    return [SavedSearch(**row._mapping) for row in conn.execute(select(t).where(t.c.id.in_(among)).order_by(t.c.id))]
