"""What became of a create whose answer was lost, once somebody looked."""

from __future__ import annotations

from sqlalchemy import Connection

from connectors.contract import Record
from hub.store import dues, links, runs
from hub.store.tables import Intent, Link
from hub.sync.turn import Turn
from hub.sync.written import Written, book


def adopt_created(conn: Connection, turn: Turn, link: Link, intent: Intent, record: Record) -> None:
    """It did happen. The base of a recovered record is what was sent, and blank where nothing was: anything else
    there may be somebody's edit since."""
    sent = {c: v for c, v in intent.fields.items() if not isinstance(v, dict)}
    unsent = {c for c, v in record.fields.items() if v and c not in intent.fields}
    fields = dict(record.fields) | sent | dict.fromkeys(unsent)
    book(conn, turn, [Written(link, intent, Record(record.id, fields, record.version, record.url))])
    turn.counts["recovered"] += 1


def did_not_happen(conn: Connection, turn: Turn, intent: Intent) -> None:
    """It is made with this run's plan, if it is still wanted."""
    links.change(conn, intent.link_id, state="wanted")
    dues.add(conn, [turn.name], intent.opportunity_id, turn.now())
    runs.settle(conn, [intent.id], "did not happen")
