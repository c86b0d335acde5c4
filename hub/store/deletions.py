"""Linked records that are gone, and what became of each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select, update

from hub.store.tables import Deletion, Link

t: Any = Deletion.__table__  # type: ignore[attr-defined]
link: Any = Link.__table__  # type: ignore[attr-defined]

DOUBTFUL = ("seen", "rejected", "unproven", "open", "kept")
"""States in which a record that is shown again must be looked at before it counts as there."""
APPROVED = ("look", "told")
"""States in which the record is asked for once more: a person had seen on a list that it is not shown, or that its system
tells it is gone."""
LOOKED_AT = (*APPROVED, "rejected", "unproven")
"""States of records that are not shown, and that a person was asked about already."""


def add(conn: Connection, row: Deletion) -> None:
    conn.execute(t.insert(), row.model_dump())


def change(conn: Connection, deletion_id: str, **values: Any) -> None:
    conn.execute(update(t).where(t.c.id == deletion_id).values(**values))


def came_back(conn: Connection, link_id: str) -> None:
    """The record of this link is there, whatever was thought of it."""
    doubted = (t.c.link_id == link_id) & t.c.state.in_((*DOUBTFUL, *APPROVED))
    conn.execute(update(t).where(doubted).values(state="came_back"))


def get(conn: Connection, deletion_id: str) -> Deletion | None:
    row = conn.execute(select(t).where(t.c.id == deletion_id).with_for_update()).first()
    return Deletion(**row._mapping) if row else None


def by_link(conn: Connection, link_ids: Collection[str], states: Collection[str]) -> dict[str, Deletion]:
    """The newest row of each of these links in one of these states."""
    where = t.c.link_id.in_(list(link_ids)) & t.c.state.in_(list(states))
    return {row.link_id: Deletion(**row._mapping) for row in conn.execute(select(t).where(where).order_by(t.c.id))}


def seen(conn: Connection, connection: str) -> list[Deletion]:
    """What is gone and not judged yet, in a stable order."""
    where = (t.c.connection_id == connection) & (t.c.state == "seen")
    return [Deletion(**row._mapping) for row in conn.execute(select(t).where(where).order_by(t.c.remote_id, t.c.id))]


def doubtful(conn: Connection, connection: str, scan: int) -> list[Deletion]:
    """The newest row of each record that this scan showed all the same, and those that a person wants looked at."""
    shown = t.c.state.in_(DOUBTFUL) & (link.c.seen_scan == scan)
    query = (
        select(t)
        .join(link, link.c.id == t.c.link_id)
        .where(
            (t.c.connection_id == connection) & (link.c.remote_id == t.c.remote_id) & (shown | t.c.state.in_(APPROVED))
        )
        .order_by(t.c.id)
    )
    return list({row.link_id: Deletion(**row._mapping) for row in conn.execute(query)}.values())


def told(conn: Connection, connection: str, remote_ids: Collection[str]) -> set[str]:
    """Those of these records that were gone once, by whatever word, and were not seen since."""
    where = (t.c.connection_id == connection) & t.c.remote_id.in_(list(remote_ids)) & (t.c.state != "came_back")
    return set(conn.scalars(select(t.c.remote_id).where(where)))


def forget(conn: Connection, opportunity_ids: Collection[str]) -> None:
    """Rows of opportunities that never came to be."""
    conn.execute(t.delete().where(t.c.opportunity_id.in_(list(opportunity_ids))))
