"""One row for each record change, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from hub.store.tables import Audit

t: Any = Audit.__table__  # type: ignore[attr-defined]


def write(conn: Connection, **values: Any) -> None:
    """``at``, ``actor`` and ``action`` are needed; ``values`` is ``{path: [before, after]}``."""
    conn.execute(t.insert().values(**values))


def of_run(conn: Connection, run_id: str, direction: str | None = None) -> Iterator[Audit]:
    """What a run changed, oldest first."""
    where = t.c.run_id == run_id
    if direction:
        where &= t.c.direction == direction
    for row in conn.execute(select(t).where(where).order_by(t.c.id)):
        yield Audit(**row._mapping)
