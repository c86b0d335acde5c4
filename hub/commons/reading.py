"""All opportunities that one reader may see, a batch at a time, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from hub.app import Hub
from hub.commons.criteria import Criteria
from hub.commons.sharing import may_see
from hub.store import finding, opportunities
from hub.store.finding import Looking
from hub.store.tables import Commitment, Opportunity

BATCH = 500


def visible(
    conn: Connection, hub: Hub, member: str, looking: Looking | None = None
) -> Iterator[tuple[Opportunity, Mapping[str, Commitment]]]:
    """Each with all members' commitments, in the order of their ids; ``view`` takes out what the reader may know."""
    after, circles, looking = "", hub.config.circles, looking or Looking(Criteria())
    while rows := finding.find_after(conn, member, circles, looking, after, BATCH):
        positions = opportunities.commitments(conn, [row.id for row in rows])
        for row in rows:
            if may_see(row, member, circles):
                yield row, positions.get(row.id, {})
        after = rows[-1].id
