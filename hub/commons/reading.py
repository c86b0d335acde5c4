"""All opportunities that one reader may see, a batch at a time, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from hub.app import Hub
from hub.commons.sharing import may_see
from hub.store import lists, opportunities
from hub.store.lists import Asked
from hub.store.tables import Commitment, Opportunity

BATCH = 500


def visible(
    conn: Connection, hub: Hub, member: str, asked: Asked | None = None
) -> Iterator[tuple[Opportunity, Mapping[str, Commitment]]]:
    """Each with all members' commitments, in the order of their ids; ``view`` takes out what the reader may know."""
    after, circles = "", hub.config.circles
    while rows := lists.opportunities_after(conn, member, circles, asked or Asked(), after, BATCH):
        positions = opportunities.commitments(conn, [row.id for row in rows])
        for row in rows:
            if may_see(row, member, circles):
                yield row, positions.get(row.id, {})
        after = rows[-1].id
