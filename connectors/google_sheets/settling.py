"""What came of a write: the tab once more. Where somebody sorted or inserted rows in the moment between looking and
writing, cells of other rows took the values: they are given their own again, and the values go where they belong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.contract import ConnectorError, Raw
from connectors.google_sheets import ranges, values
from connectors.google_sheets.api import Api
from connectors.google_sheets.table import Look, Row
from schemas.said import listed, phrase

TRIES = 3
"""Rows that are moved again and again are left to the next sync."""


@dataclass(frozen=True, slots=True)
class Target:
    """Cells for one row, which is known by ``id``; ``row`` is where it stood a moment ago, None for a new one."""

    id: str
    fields: Raw
    row: Row | None


Step = Target | ConnectorError
Fix = tuple[Row, str, Any]
"""A row as it stands now, a column, and what belongs there."""


class Settling:
    """``before`` is the tab as the targets were found in it."""

    def __init__(self, api: Api, look: Callable[[], Look], before: Look) -> None:
        self._api = api
        self._look = look
        self._before = before

    def settle(self, written: Sequence[Target]) -> tuple[Look | ConnectorError, str]:
        """The tab as it stands in the end, and what only a person can set right, in words. A person's own edit is left
        alone: only a cell that shows its old value, or one that was meant for another row, is set right, and only once
        rows have moved."""
        unknown = ""
        try:
            after = self._look()
            unknown = self._unknown(after, written)
            for _ in range(TRIES):
                fixes = [*self._astray(after, written)]
                if not fixes:
                    break
                self._api.put([_cell(after, *fix) for fix in fixes])
                after = self._look()
        except ConnectorError as error:
            return error, unknown
        return after, unknown

    def _astray(self, after: Look, written: Sequence[Target]) -> Iterator[Fix]:
        lost = [target for target in written if target.row and not holds(after, target) and _moved(after, target)]
        if not lost:
            return
        sent: dict[str, list[Any]] = {}
        for target in written:
            for name, value in target.fields.items():
                sent.setdefault(name, []).append(_blank(value))
        meant = {target.id: target.fields for target in written}
        for row in after.rows:
            id = values.text(row.cells.get(after.id))
            old = self._before.ids.get(id, ())
            if len(old) != 1 or len(after.ids[id]) != 1:
                continue
            for name, candidates in sent.items():
                now, was = row.cells.get(name), old[0].cells.get(name)
                right = _blank(meant[id][name]) if name in meant.get(id, {}) else was
                if now != right and (now == was or now in candidates):
                    yield row, name, right

    def _unknown(self, after: Look, written: Sequence[Target]) -> str:
        """Cells that show a lost value, and of which only a person can say what stood there: in rows without an id of
        their own, or where whole columns were moved."""
        names = {name for target in written for name in target.fields}
        if any(after.header.columns.get(name) != self._before.header.columns[name] for name in names):
            numbers = ", ".join(str(target.row.number) for target in written if target.row)
            return phrase(
                "Columns were moved while it was written; look at rows %(numbers)s of tab %(tab)s.",
                numbers=numbers,
                tab=repr(after.place.tab),
            )
        lost = [target for target in written if target.row and not holds(after, target) and _moved(after, target)]
        places = [
            phrase("%(row)s, %(name)s", row=after.place.row(row.number), name=repr(name))
            for row in after.rows
            if not values.text(row.cells.get(after.id))
            for name in {name for target in lost for name in target.fields}
            if any(name in t.fields and row.cells.get(name) == t.fields[name] for t in lost)
        ]
        return (
            phrase("Rows were moved while it was written; look at %(places)s.", places=listed(places)) if places else ""
        )


def holds(look: Look, target: Target) -> bool:
    """Its row is there, once, and shows what was written."""
    rows = look.ids.get(target.id, ())
    return len(rows) == 1 and all(rows[0].cells.get(name) == _blank(value) for name, value in target.fields.items())


def cells_of(look: Look, target: Target) -> list[tuple[str, Any]]:
    assert target.row is not None
    return [_cell(look, target.row, name, value) for name, value in target.fields.items()]


def _cell(look: Look, row: Row, name: str, value: Any) -> tuple[str, Any]:
    return ranges.cell(look.place.tab, look.header.columns[name], row.number), values.sent(value)


def _moved(after: Look, target: Target) -> bool:
    rows = after.ids.get(target.id, ())
    return target.row is not None and len(rows) == 1 and rows[0].number != target.row.number


def _blank(value: Any) -> Any:
    return None if value == "" else value
