"""The index of finding made anew: when it was lost, and when a version of the hub tells words apart in another way."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.commons.criteria import Criteria, posted
from hub.store import finding, opportunities, searches

WAY = 1
"""Counts up with every change of ``commons.words``, ``commons.findable`` or ``criteria.posted``: an index made otherwise is
made anew by the first process of the new version."""
BATCH = 500


def up_to_date(conn: Connection) -> bool:
    return finding.made(conn) == WAY


def rebuild(conn: Connection) -> int:
    """What every opportunity is found by, and the terms of every saved search with an inbox. Returns how many opportunities
    there are."""
    finding.empty(conn)
    after, count = "", 0
    while rows := opportunities.all_after(conn, after, BATCH):
        positions = opportunities.commitments(conn, [row.id for row in rows])
        finding.keep_all(conn, rows, positions)
        after, count = rows[-1].id, count + len(rows)
    for search in searches.every(conn):
        searches.post(conn, search.id, posted(Criteria.of(search.criteria)) if search.connection_id else ())
    finding.note_made(conn, WAY)
    return count
