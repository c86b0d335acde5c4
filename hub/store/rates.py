"""Exchange rates that the operator loaded, by day."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, func, select

from hub.store.tables import Rate

t: Any = Rate.__table__  # type: ignore[attr-defined]


def load(conn: Connection, days: Mapping[str, Mapping[str, Decimal]]) -> None:
    """Put these days in place of what was there of them."""
    conn.execute(delete(t).where(t.c.day.in_(list(days))))
    rows = [{"day": d, "currency": c, "per_base": str(rate)} for d, among in days.items() for c, rate in among.items()]
    conn.execute(t.insert(), rows)


def latest(conn: Connection) -> tuple[str, dict[str, Decimal]] | None:
    """The newest day and its rates by currency."""
    day = conn.scalar(select(func.max(t.c.day)))
    if day is None:
        return None
    return day, {row.currency: Decimal(row.per_base) for row in conn.execute(select(t).where(t.c.day == day))}
