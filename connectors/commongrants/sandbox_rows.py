"""The calls as the sandbox page shows them to a person: the parts that people edit, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.commongrants.columns import STATUSES
from connectors.commongrants.sandbox_state import Call, Publisher
from connectors.sandbox import Column

TABLE = "opportunities"
COLUMNS = (
    Column("title"),
    Column("status.value", choices=STATUSES),
    Column("status.customValue"),
    Column("keyDates.postDate"),
    Column("keyDates.closeDate"),
    *(
        Column(f"funding.{name}.{part}")
        for name in ("totalAmountAvailable", "minAwardAmount", "maxAwardAmount")
        for part in ("amount", "currency")
    ),
    Column("source"),
    Column("description", long=True),
    Column("lastModifiedAt", editable=False),
)


class Tables:
    """``sandbox.Rows`` over a publisher. The two dates are typed as days, ``2026-03-31`` or ``2026-03-31T17:00:00``."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def tables(self) -> Sequence[str]:
        return [TABLE]

    def columns(self, table: str) -> Sequence[Column]:
        return COLUMNS

    def rows(self, table: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        calls = self._publisher.calls
        return [(id, {c.name: _text(call, c.name) for c in COLUMNS}) for id, call in calls.items()]

    def write(self, table: str, id: str | None, typed: Mapping[str, str]) -> str:
        return self._publisher.write(id, {path: text or None for path, text in typed.items()})

    def remove(self, table: str, id: str) -> None:
        self._publisher.calls.pop(id, None)


def _text(call: Call, path: str) -> str:
    value: Any = call
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, dict):
        day = value.get("date") or value.get("details") or ""
        return f"{day}T{value['time']}" if value.get("time") else str(day)
    return "" if value is None else str(value)
