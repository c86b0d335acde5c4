"""From rows to records: each with the wanted columns of what it points at and of what belongs to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.contract import Raw, Record, Unavailable, Wanted
from connectors.dataverse.listing import holding
from connectors.dataverse.metadata import Column, Metadata, Table
from connectors.dataverse.session import Session
from connectors.dataverse.shape import ACTIVE, STATE, Part, Shape, Target, shape
from schemas.said import phrase

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MONEY, MOMENT = "Money", "DateTime"

Children = Mapping[str, Mapping[str, list[Raw]]]
"""Rows by their table, then by the id of the record that they belong to."""


class Reader:
    """Reads one table as one mapping wants it; lives for one reading, so that a target is asked for once."""

    def __init__(self, session: Session, metadata: Metadata, wanted: Wanted, page: str) -> None:
        self.session = session
        self.wanted = wanted
        self.columns = columns(wanted)
        self.shape: Shape = shape(metadata, wanted.object, self.columns, wanted.references)
        self._page = page
        self._known: dict[str, dict[str, Raw]] = {}

    def records(self, rows: Sequence[Raw], children: Children | None = None) -> list[Record]:
        """``children`` where they are known already; else they are asked for."""
        ids = [row_id(row, self.shape.table) for row in rows]
        if children is None:
            children = {name: self._children(part, ids) for name, part in self.shape.parts.items()}
        self._fetch(self.shape, rows)
        for name, part in self.shape.parts.items():
            self._fetch(part.shape, [row for id in ids for row in children[name].get(id, ())])
        return [self._record(id, row, children) for id, row in zip(ids, rows, strict=True)]

    def with_ids(self, ids: Sequence[str]) -> list[Record]:
        """The records of these ids that the application user sees."""
        table = self.shape.table
        return self.records(
            holding(
                self.session, table.set, self.shape.select(), table.id, ids, phrase("Reading %(name)s", name=table.name)
            )
        )

    def _record(self, id: str, row: Raw, children: Children) -> Record:
        fields = {name: self._cell(id, row, name, children) for name in self.columns}
        return Record(id, fields, str(row["@odata.etag"]), self._page.replace("{id}", id))

    def _cell(self, id: str, row: Raw, name: str, children: Children) -> Any:
        first, _, rest = name.partition(".")
        if first in self.shape.parts:
            part = self.shape.parts[first]
            values = [self._of(part.shape, child, rest) for child in children[first].get(id, ())]
            return together(part.shape.table.columns[rest.partition(".")[0]], values)
        return self._of(self.shape, row, name)

    def _of(self, of: Shape, row: Raw, name: str) -> Any:
        first, _, rest = name.partition(".")
        column = of.table.columns[first]
        if not column.lookup:
            return plain(row.get(column.property))
        pointed = row.get(column.property)
        if pointed is None:
            return None
        target = of.targets.get(first)
        seen = self._known.get(target.table.name, {}).get(str(pointed).lower(), {}) if target else {}
        if rest:
            return plain(seen.get(rest))
        # A target that the application user may not see gives its id alone.
        return {
            "id": str(pointed).lower(),
            **{c: plain(seen[c]) for c in (target.columns if target else ()) if c in seen},
        }

    def _fetch(self, of: Shape, rows: Iterable[Raw]) -> None:
        listed = list(rows)
        for name, target in of.targets.items():
            known = self._known.setdefault(target.table.name, {})
            pointed = [str(row.get(of.table.columns[name].property)).lower() for row in listed]
            missing = [id for id in dict.fromkeys(pointed) if id not in known and GUID.fullmatch(id)]
            for row in self._targets(target, missing):
                known[row_id(row, target.table)] = row
            known |= {id: {} for id in missing if id not in known}

    def _targets(self, target: Target, ids: Sequence[str]) -> list[Raw]:
        of = Shape(target.table, tuple(target.table.columns[c] for c in target.columns if c in target.table.columns))
        table = target.table
        return holding(self.session, table.set, of.select(), table.id, ids, phrase("Reading %(name)s", name=table.name))

    def _children(self, part: Part, ids: Sequence[str]) -> dict[str, list[Raw]]:
        table = part.shape.table
        rows = holding(
            self.session,
            table.set,
            selected(part),
            part.back.property,
            ids,
            phrase("Reading %(name)s", name=table.name),
        )
        return grouped(part, rows)


def columns(wanted: Wanted) -> tuple[str, ...]:
    """The columns to request, the key among them, each once."""
    key = (wanted.key,) if wanted.key else ()
    return tuple(dict.fromkeys((*wanted.fields, *key, *wanted.references)))


def selected(part: Part) -> str:
    """What is asked of the rows that belong to a record: whose they are and whether they count, too."""
    table = part.shape.table
    state = (STATE,) if STATE in table.columns else ()
    return part.shape.select(part.back.property, *state)


def grouped(part: Part, rows: Iterable[Raw]) -> dict[str, list[Raw]]:
    """By the record that they belong to; inactive ones do not count."""
    found: dict[str, list[Raw]] = {}
    for row in rows:
        row_id(row, part.shape.table)
        if row.get(STATE, ACTIVE) == ACTIVE and row.get(part.back.property):
            found.setdefault(str(row[part.back.property]).lower(), []).append(row)
    return found


def together(column: Column, values: Sequence[Any]) -> Any:
    """One cell for several rows: amounts add up, the latest date counts, other values must agree; where they do not,
    all of them, which no field takes for one."""
    filled = [value for value in values if value is not None]
    if not filled:
        return None
    if column.type == MONEY and all(isinstance(value, int | Decimal) for value in filled):
        return plain(sum(filled, Decimal(0)))
    if column.type == MOMENT:
        return max(filled)
    return filled[0] if all(value == filled[0] for value in filled) else filled


def row_id(row: Mapping[str, Any], table: Table) -> str:
    """The row's id; refuses what is no row of this table."""
    id = str(row.get(table.id)).lower()
    if not GUID.fullmatch(id) or not isinstance(row.get("@odata.etag"), str):
        raise Unavailable(
            phrase("Dataverse answered a row of %(name)s without a usable id or version.", name=table.name)
        )
    return id


def plain(value: Any) -> Any:
    """``1.25E7`` is how the wire may write 12500000; everything else stays as it is."""
    if isinstance(value, Decimal) and value.is_finite() and int(value.as_tuple().exponent) > 0:
        return int(value)
    return value
