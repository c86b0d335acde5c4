"""One row for each record change, in the transaction of the change."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from hub.store.chain import line_digest
from hub.store.tables import Audit

t: Any = Audit.__table__  # type: ignore[attr-defined]


def write(conn: Connection, **values: Any) -> None:
    """``at``, ``actor`` and ``action`` are needed; ``values`` is ``{path: [before, after]}``."""
    row = {"direction": "here", "moves": False} | values
    salt = secrets.token_hex(16)
    conn.execute(t.insert(), row | {"salt": salt, "digest": line_digest(row, salt)})


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
