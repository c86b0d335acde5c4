"""One row for each record change, in the transaction of the change."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, true

from hub.store.sealed import Erasure
from hub.store.tables import Audit
from hub.store.writes import insert_all

t: Any = Audit.__table__  # type: ignore[attr-defined]
erasure: Any = Erasure.__table__  # type: ignore[attr-defined]
SALT = 16
"""Bytes of chance in each line, see ``chain``."""


def write(conn: Connection, **values: Any) -> None:
    """``at``, ``actor`` and ``action`` are needed; ``values`` is ``{path: [before, after]}``."""
    write_all(conn, [values])


def write_all(conn: Connection, lines: Sequence[dict[str, Any]]) -> None:
    """Several lines, each with the same names of values. Each gets a salt; its digest is made when it is sealed."""
    if lines:
        noise = os.urandom(SALT * len(lines)).hex()
        salts = (noise[at : at + 2 * SALT] for at in range(0, len(noise), 2 * SALT))
        insert_all(conn, t, [line | {"salt": salt} for line, salt in zip(lines, salts, strict=True)])


def everything(conn: Connection) -> list[Any]:
    """All lines, oldest first."""
    return list(conn.execute(select(t).order_by(t.c.id)).all())


def replace(conn: Connection, line_id: int, values: Any, note: str | None, salt: str) -> None:
    """Values taken out of a line (``chain.erase``). The database lets it happen only while an erasure is open."""
    conn.execute(t.update().where(t.c.id == line_id).values(values=values, note=note, salt=salt))


def begin_erasure(conn: Connection, id: str, at: datetime, by: str) -> None:
    conn.execute(erasure.insert(), {"id": id, "at": at, "by": by, "values": 0, "open": True})


def end_erasure(conn: Connection, id: str, values: int) -> None:
    conn.execute(erasure.update().where(erasure.c.id == id).values(open=False, values=values))


def last_of_run(conn: Connection, run_id: str) -> int:
    """The id of its newest line; 0 where it has none."""
    return int(conn.scalar(select(func.max(t.c.id)).where(t.c.run_id == run_id)) or 0)


def of_run(conn: Connection, run_id: str, direction: str | None = None, after: int = 0) -> Iterator[Audit]:
    """What a run changed, oldest first; ``after`` a line of it."""
    where = (t.c.run_id == run_id) & (t.c.id > after)
    if direction:
        where &= t.c.direction == direction
    for row in conn.execute(select(t).where(where).order_by(t.c.id)):
        yield Audit(**row._mapping)


def newest(
    conn: Connection, connections: Collection[str] | None, actors: Collection[str], *,
    since: datetime | None = None, until: datetime | None = None, before: int | None = None, limit: int,
) -> list[Audit]:  # fmt: skip
    """Lines about these connections or by these actors, newest first; ``connections`` None: all lines. ``before``: older than
    this line."""
    where = true() if connections is None else t.c.connection_id.in_(connections) | t.c.actor.in_(actors)
    for bound in (
        t.c.at >= since if since else None,
        t.c.at < until if until else None,
        t.c.id < before if before else None,
    ):
        where = where if bound is None else where & bound
    rows = conn.execute(select(t).where(where).order_by(t.c.id.desc()).limit(limit))
    return [Audit(**row._mapping) for row in rows]
