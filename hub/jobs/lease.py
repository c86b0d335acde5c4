"""One run at a time per connection, kept in the hub's own database and fenced.

A lease is claimed by one conditional UPDATE that also raises the fence. Every store write of a run
asks ``keep`` first, in the same transaction: a worker that slept through its lease finds a higher
fence and writes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, or_, update

from hub.store import connections
from hub.store.tables import Connection as ConnectionRow
from hub.store.types import Moment
from schemas.said import phrase

t: Any = ConnectionRow.__table__  # type: ignore[attr-defined]

LEASE = timedelta(seconds=120)
"""Longer than any single call may take (transport deadline 60 s), so that only a dead worker loses it."""


_KEEP = (
    update(t)
    .where((t.c.id == bindparam("connection")) & (t.c.fence == bindparam("mine")))
    .values(lease_until=bindparam("until", type_=Moment))
    .returning(t.c.cancel_fence)
)
"""The first statement of every write transaction of a run, so it is put together once."""
_now: Any = bindparam("now", type_=Moment)
_CLAIM = (
    update(t)
    .where((t.c.id == bindparam("connection")) & or_(t.c.lease_until.is_(None), t.c.lease_until <= _now))
    .values(owner=bindparam("by"), lease_until=bindparam("until", type_=Moment), fence=t.c.fence + 1, scan=t.c.scan + 1)
    .returning(t)
)


class LeaseLost(Exception):
    """Another worker has this connection now. Nothing more may be written by this one."""


class Busy(Exception):
    """Another run of this connection is under way."""


def claim(conn: Connection, connection: str, owner: str, now: datetime) -> ConnectionRow:
    """The connection as it is now, with the new fence and the number of this scan. Raises ``Busy`` while someone else's
    lease is valid."""
    asked = {"connection": connection, "by": owner, "until": now + LEASE, "now": now}
    row = conn.execute(_CLAIM, asked).first()
    if row is None:
        raise Busy(
            phrase(
                "%(connection)s is being synced by another process; it is free again when that run ends.",
                connection=connection,
            )
        )
    return ConnectionRow(**row._mapping)


def keep(conn: Connection, connection: str, fence: int, now: datetime) -> bool:
    """Prolong the lease; whether a person asked this run to end. Raises ``LeaseLost``; call it first in every write
    transaction of a run."""
    row = conn.execute(_KEEP, {"connection": connection, "mine": fence, "until": now + LEASE}).first()
    if row is None:
        raise LeaseLost(
            phrase(
                "%(connection)s: another worker took over; what this one had not yet stored is left to it.",
                connection=connection,
            )
        )
    return bool(row.cancel_fence == fence)


def release(conn: Connection, connection: str, **values: Any) -> None:
    """Give back the lease that ``keep`` prolonged in this transaction, and store what the run learned of the connection."""
    connections.change(conn, connection, owner=None, lease_until=None, **values)
