"""Due rows: which connection should look at which opportunity. Plan reads only these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, bindparam, delete, exists, func, or_, select, type_coerce, update

from hub.store.tables import Connection as ConnectionRow
from hub.store.tables import Due, Link, Pending
from hub.store.writes import insert_all

t: Any = Due.__table__  # type: ignore[attr-defined]
connections: Any = ConnectionRow.__table__  # type: ignore[attr-defined]
link: Any = Link.__table__  # type: ignore[attr-defined]
pending: Any = Pending.__table__  # type: ignore[attr-defined]


def add(conn: Connection, connections: Iterable[str], opportunity_id: str, now: datetime) -> None:
    """Mark these connections due for one opportunity; a row that is there becomes ready again."""
    add_all(conn, {opportunity_id: connections}, now)


def add_all(conn: Connection, wanted: Mapping[str, Iterable[str]], now: datetime) -> None:
    """The same for several opportunities: which connections each is due in, by its id."""
    rows = [
        {"connection_id": name, "opportunity_id": id, "since": now, "tries": 0}
        for id, names in wanted.items()
        for name in sorted(set(names))
    ]
    again = "ON CONFLICT (connection_id, opportunity_id) DO UPDATE SET since = excluded.since, not_before = NULL"
    insert_all(conn, t, rows, again)


def done(conn: Connection, connection: str, opportunity_ids: Iterable[str], until: datetime | None = None) -> None:
    """Nothing to do for these any more; given ``until``, only for what was due by then."""
    where = (t.c.connection_id == connection) & t.c.opportunity_id.in_(list(opportunity_ids))
    conn.execute(delete(t).where(where if until is None else where & (t.c.since <= until)))


def planned(conn: Connection, connection: str, since: Mapping[str, datetime]) -> None:
    """What these rows asked for is done. A row that another change made due again since it was planned stays."""
    if since:
        due = (t.c.opportunity_id == bindparam("opportunity")) & (t.c.since == bindparam("moment"))
        rows = [{"opportunity": id, "moment": moment} for id, moment in since.items()]
        conn.execute(delete(t).where((t.c.connection_id == connection) & due), rows)


def failed(conn: Connection, connection: str, opportunity_id: str, error: str, not_before: datetime) -> None:
    """The system refused this one: say why, try again later, and never let it stop the others."""
    conn.execute(
        update(t)
        .where((t.c.connection_id == connection) & (t.c.opportunity_id == opportunity_id))
        .values(error=error, tries=t.c.tries + 1, not_before=not_before)
    )


def retry(conn: Connection, connection: str, kept: str) -> int:
    """Try again now what the system refused for this reason, as the database keeps it (``schemas.said.pack``); how many that are."""
    where = (t.c.connection_id == connection) & (type_coerce(t.c.error, Text) == kept)
    return int(conn.execute(update(t).where(where).values(not_before=None)).rowcount)


def ready(conn: Connection, connection: str, after: str, limit: int, now: datetime, run_id: str) -> dict[str, datetime]:
    """Opportunities that this connection may plan now, in id order, behind ``after``; and since when each is due.

    What another running or held pull changed waits until that one is judged.
    """
    rows = conn.execute(
        select(t.c.opportunity_id, t.c.since)
        .where(
            (t.c.connection_id == connection)
            & (t.c.opportunity_id > after)
            & ~exists().where((pending.c.opportunity_id == t.c.opportunity_id) & (pending.c.run_id != run_id))
            & or_(t.c.not_before.is_(None), t.c.not_before <= now)
        )
        .order_by(t.c.opportunity_id)
        .limit(limit)
    )
    return {row.opportunity_id: row.since for row in rows}


def pages(reading: Any, connection: str, limit: int, now: datetime, run_id: str) -> Iterator[dict[str, datetime]]:
    """``ready`` a page at a time, each in a transaction of its own."""
    after = ""
    while True:
        with reading() as conn:
            ids = ready(conn, connection, after, limit, now, run_id)
        if not ids:
            return
        yield ids
        after = max(ids)


def of_records(conn: Connection, connection: str) -> int:
    """How many opportunities are due here that have a record."""
    same = (link.c.connection_id == t.c.connection_id) & (link.c.opportunity_id == t.c.opportunity_id)
    there = (t.c.connection_id == connection) & exists().where(same & (link.c.state == "linked"))
    return int(conn.scalar(select(func.count()).select_from(t).where(there)) or 0)


def wake(conn: Connection, names: Iterable[str], now: datetime) -> None:
    """These connections want to run now rather than at their next time."""
    conn.execute(
        update(connections)
        .where(connections.c.id.in_(list(names)) & or_(connections.c.due_at.is_(None), connections.c.due_at > now))
        .values(due_at=now)
    )


def wait_for(conn: Connection, run_id: str, *opportunity_ids: str) -> None:
    """Nobody plans these opportunities before the run that changed them is judged."""
    rows = [{"run_id": run_id, "opportunity_id": id} for id in opportunity_ids]
    insert_all(conn, pending, rows, "ON CONFLICT DO NOTHING")


def unjudged(conn: Connection, opportunity_id: str) -> bool:
    """Whether a run changed this opportunity that nobody has judged."""
    return conn.execute(select(pending.c.run_id).where(pending.c.opportunity_id == opportunity_id)).first() is not None


def judged(conn: Connection, run_id: str) -> None:
    """What the run changed may be planned."""
    conn.execute(delete(pending).where(pending.c.run_id == run_id))


def hand_over(conn: Connection, old_run: str, new_run: str) -> int:
    """What a run changed and nobody judged is judged together with the changes of the run that goes on in its
    place. Returns how many opportunities that are."""
    rows = conn.execute(select(pending.c.opportunity_id).where(pending.c.run_id == old_run)).all()
    wait_for(conn, new_run, *(row.opportunity_id for row in rows))
    judged(conn, old_run)
    return len(rows)


def tries(conn: Connection, connection: str, opportunity_id: str) -> int:
    """How often the system refused this one."""
    where = (t.c.connection_id == connection) & (t.c.opportunity_id == opportunity_id)
    return int(conn.scalar(select(t.c.tries).where(where)) or 0)


def waiting_connections(conn: Connection) -> list[str]:
    """Connections that have something they could plan."""
    free = ~exists().where(pending.c.opportunity_id == t.c.opportunity_id)
    something = exists().where((t.c.connection_id == connections.c.id) & free)
    return list(conn.scalars(select(connections.c.id).where(something)))
