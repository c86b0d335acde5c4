"""The index of finding made anew: when it was lost, and when a version of the hub tells words apart in another way."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, func, select

from hub.commons.criteria import Criteria, posted
from hub.store import finding, opportunities, searches, tables
from hub.store.tables import Opportunity, SavedSearch

WAY = 1
"""Counts up with every change of ``commons.words``, ``commons.findable`` or ``criteria.posted``: an index made otherwise is
made anew by the first process of the new version."""
BATCH = 500
made: Any = vars(tables.FindingMade)["__table__"]


def up_to_date(conn: Connection) -> bool:
    return list(conn.scalars(select(made.c.way))) == [WAY]


def rebuild(conn: Connection) -> int:
    """What every opportunity is found by, and the terms of every saved search with an inbox. Returns how many opportunities
    there are."""
    finding.empty(conn)
    after = ""
    while rows := _opportunities(conn, after):
        positions = opportunities.commitments(conn, [row.id for row in rows])
        finding.keep_all(conn, rows, positions)
        after = rows[-1].id
    for search in [SavedSearch(**row._mapping) for row in conn.execute(select(searches.t))]:
        searches.post(conn, search.id, posted(Criteria.of(search.criteria)) if search.connection_id else ())
    conn.execute(delete(made))
    conn.execute(made.insert().values(way=WAY))
    return conn.scalar(select(func.count()).select_from(finding.t)) or 0


def _opportunities(conn: Connection, after: str) -> list[Opportunity]:
    t = opportunities.t
    rows = conn.execute(select(t).where(t.c.id > after).order_by(t.c.id).limit(BATCH))
    return [Opportunity(**row._mapping) for row in rows]
