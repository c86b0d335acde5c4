"""Which record a row of a brought sheet is. Pure.

A key wins, then the row's own number, then what the row is called. A sheet without keys and numbers may come back after
somebody renamed a project in it: such a row is shown to a person, for taken as new it would stand in the commons twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from connectors.contract import Raw

LONGEST = 200
"""Characters of an id. A longer one is cut, and told apart by its digest."""
ALIKE = 0.6
"""How like a title or an organisation has to be to be taken for the same under another spelling (as ``difflib`` counts)."""
COMPARED = 300
"""Records with which one row is compared."""
TELLING = 3
"""Different values in a row's other cells from which on all of them being the same is no chance."""
NEW = "new"
"""What a person writes into the key column of a row that looks like an earlier one and is not."""


@dataclass(frozen=True, slots=True)
class Identity:
    """``id``: the column with the row's own number, or empty. ``names``: columns that name a row together (a title and an
    organisation), where it has no number. ``key``: the key column, or empty."""

    id: str
    names: tuple[str, ...]
    key: str = ""

    def name(self, cells: Raw) -> str:
        """Empty where the first of the names is blank."""
        parts = [plain(cells.get(column)) for column in self.names]
        return bounded(" · ".join(filter(None, parts))) if parts and parts[0] else ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the hub knows of earlier rows. ``linked``: ids of records by their key; ``bases``: those records as they last
    were, by id; ``shared``: whether a row says of itself that it is."""

    linked: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, Raw] = field(default_factory=dict)
    shared: Callable[[Raw], bool] = lambda _: True


class Finder:
    """Finds the records of one sheet's rows."""

    def __init__(self, identity: Identity, known: Known) -> None:
        self.identity, self.known = identity, known
        names = [(identity.name(base), id) for id, base in known.bases.items()] if not identity.id else []
        called: dict[str, set[str]] = {}
        for name, id in names:
            called.setdefault(name, set()).add(id)
        self._called = {name: next(iter(ids)) for name, ids in called.items() if name and len(ids) == 1}

    def id(self, cells: Raw) -> str:
        """Empty where nothing tells which record it is."""
        key = text(cells.get(self.identity.key)) if self.identity.key else ""
        if key.casefold() == NEW:
            key = ""
        if key in self.known.linked:
            return self.known.linked[key]
        if self.identity.id:
            # What was downloaded and not yet imported anywhere has only its key.
            return bounded(text(cells.get(self.identity.id)) or key)
        name = self.identity.name(cells)
        return name if name in self.known.bases else self._called.get(name, name) or key

    def lookalikes(self, rows: Mapping[str, Raw]) -> dict[str, tuple[str, str]]:
        """``{id: (key, title)}``: for rows that would be new, the record that is missing from the sheet and that the row may
        be under another name. ``rows``: cells by id."""
        if self.identity.id or not self.identity.key or not self.identity.names:
            return {}
        missing = {id: base for id, base in self.known.bases.items() if id not in rows}
        new = {
            id: cells
            for id, cells in rows.items()
            if id not in self.known.bases and not text(cells.get(self.identity.key)) and self.known.shared(cells)
        }
        if not (missing and new):
            return {}
        keys = {id: key for key, id in self.known.linked.items()}
        by_part = [_by(missing, column) for column in self.identity.names]
        columns = sorted(
            {column for cells in new.values() for column in cells} - {*self.identity.names, self.identity.key}
        )
        by_rest = {_rest(base, columns): id for id, base in missing.items()}
        found: dict[str, tuple[str, str]] = {}
        for id, cells in new.items():
            rest = _rest(cells, columns)
            other = self._nearly(cells, by_part, missing) or (by_rest.get(rest) if len(set(rest)) > TELLING else None)
            if other is not None and other in keys:
                found[id] = (keys[other], text(missing[other].get(self.identity.names[0])))
        return found

    def _nearly(self, cells: Raw, by_part: list[dict[str, list[str]]], missing: Mapping[str, Raw]) -> str | None:
        """A record of which one name is the same, and the other nearly."""
        for at, column in enumerate(self.identity.names):
            same = by_part[at].get(plain(cells.get(column)), [])[:COMPARED]
            for other in (name for name in self.identity.names if name != column):
                spelt = {plain(missing[id].get(other)): id for id in same}
                near = get_close_matches(plain(cells.get(other)), spelt, n=1, cutoff=ALIKE)
                if near:
                    return spelt[near[0]]
        return None


def _rest(cells: Raw, columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(plain(cells.get(column)) for column in columns)


def _by(records: Mapping[str, Raw], column: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id, base in records.items():
        found.setdefault(plain(base.get(column)), []).append(id)
    found.pop("", None)
    return found


def text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def plain(value: Any) -> str:
    """Without what nobody means: capitals, and more than one space."""
    return " ".join(text(value).casefold().split())


def bounded(id: str) -> str:
    return id if len(id) <= LONGEST else f"{id[: LONGEST - 17]} {hashlib.sha256(id.encode()).hexdigest()[:16]}"
