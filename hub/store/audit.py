"""One row for each record change, in the transaction of the change."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text, union_all

from hub.store.sealed import Erasure
from hub.store.tables import PERSONS, Audit
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


def listed(
    conn: Connection, connections: Collection[str] | None, actors: Collection[str], *,
    since: datetime | None = None, until: datetime | None = None, beyond: int | None = None, oldest: bool = False, limit: int,
) -> list[Audit]:  # fmt: skip
    """Lines about these connections or by these actors, newest or ``oldest`` first; ``connections`` None: all lines. ``beyond``:
    what comes after this line in that order."""
    bounds = [*_within(since, until), *([] if beyond is None else [t.c.id > beyond if oldest else t.c.id < beyond])]
    ids = _ids(connections, actors, bounds)
    chosen = select(ids.c.id).order_by(ids.c.id if oldest else ids.c.id.desc()).limit(limit)
    query = select(t).where(t.c.id.in_(list(conn.scalars(chosen)))).order_by(t.c.id if oldest else t.c.id.desc())
    return [Audit(**row._mapping) for row in conn.execute(query)]


def count(
    conn: Connection, connections: Collection[str] | None, actors: Collection[str], since: datetime | None,
    until: datetime | None, most: int,
) -> int:  # fmt: skip
    """How many ``listed`` would find, ``most`` where there are as many or more."""
    some = select(_ids(connections, actors, _within(since, until)).c.id).limit(most).subquery()
    return int(conn.scalar(select(func.count()).select_from(some)) or 0)


def _ids(connections: Collection[str] | None, actors: Collection[str], bounds: list[Any]) -> Any:
    """Each line once, by two indexes that hold no more than is asked: one walk along the lines would take as long as there are
    any. A person's lines have an index of their own."""
    if connections is None:
        return select(t.c.id).where(*bounds).subquery()
    theirs = t.c.connection_id.in_(connections)
    persons = text(PERSONS) & t.c.actor.in_(actors) & (t.c.connection_id.is_(None) | ~theirs)
    return union_all(*(select(t.c.id).where(which, *bounds) for which in (theirs, persons))).subquery()


def _within(since: datetime | None, until: datetime | None) -> list[Any]:
    bounds = (t.c.at >= since if since else None, t.c.at < until if until else None)
    return [bound for bound in bounds if bound is not None]
