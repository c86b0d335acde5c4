"""Three systems of two members, on plain dicts, with a reading of their own.

``a`` and ``c`` belong to member m1, ``b`` to m2. Each makes something of what it is given: ``a`` trims,
``b`` writes small and holds only eight letters of a need, ``c`` shouts. Nothing here uses the mapping
language to read: what a record says is told apart from how the hub reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mappings.language import Mapping, of
from mappings.source import Source
from tests.oracle.writes import Write

Raw = dict[str, Any]

MEMBERS = {"a": "m1", "b": "m2", "c": "m1"}
GUARDS = {"a": "version", "b": "compare", "c": "version"}
PATHS = ("summary", "need", "themes", "relationship", "commitment.note", "status", "language")
ROLES = {"current_grantee": "Grantee", "past_grantee": "Former", "peer": "Peer"}
SWAPPED = ROLES | {"current_grantee": "Former", "past_grantee": "Grantee"}
THEMES = {"education": "Education", "health": "Health", "arts": "Arts"}
AUDIENCES = {"Everyone": "all", "Us": "member:none"}
SHORT = 8


class Unknown:
    """What a picklist says that holds a value nobody told the hub about."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Variant:
    """How a system's mapping stands today."""

    need: str | None = "Need"
    swapped: bool = False


@dataclass(slots=True)
class Row:
    """``says``: for a path, the write that its cell shows; ``older``: what it was before, oldest first."""

    fields: Raw
    says: dict[str, Write] = field(default_factory=dict)
    version: int = 1
    older: list[tuple[Raw, dict[str, Write], int]] = field(default_factory=list)

    def __repr__(self) -> str:
        return str(self.fields)

    def remember(self) -> None:
        self.older = [*self.older[-4:], (dict(self.fields), dict(self.says), self.version)]


@dataclass(slots=True)
class System:
    name: str
    variant: Variant
    rows: dict[str, Row] = field(default_factory=dict)
    bin: dict[str, Row] = field(default_factory=dict)
    tombstones: list[str] = field(default_factory=list)
    added: int = 0
    swaps: int = 0

    def __repr__(self) -> str:
        return self.name

    @property
    def member(self) -> str:
        return MEMBERS[self.name]

    @property
    def mapping(self) -> Mapping:
        return _mapping(self.name, self.variant)

    @property
    def themes(self) -> dict[str, str]:
        return {c: w for c, w in THEMES.items() if self.name != "b" or c != "arts"}

    @property
    def roles(self) -> dict[str, str]:
        table = SWAPPED if self.variant.swapped else ROLES
        return {c: w for c, w in table.items() if self.name != "b" or c != "peer"}

    def column(self, path: str) -> str | None:
        """None where today's mapping has no column for the path."""
        return _columns(self.name, self.variant)[path]

    def way(self, path: str) -> str:
        return "out" if path == "status" else "in" if path == "commitment.note" and self.name == "b" else "both"

    @property
    def paths(self) -> list[str]:
        every = ("summary", "need", "themes", "relationship", "commitment.note", "status")
        return [path for path in every if self.column(path)]

    def add(self, fields: Raw) -> str:
        self.added += 1
        self.rows[f"{self.name}{self.added}"] = Row(self._saved(fields))
        return f"{self.name}{self.added}"

    def save(self, id: str, columns: Raw) -> None:
        row = self.rows[id]
        row.remember()
        row.fields |= self._saved(columns)
        row.version += 1

    def _saved(self, columns: Raw) -> Raw:
        return {column: self.keeps(column, value) for column, value in columns.items()}

    def keeps(self, column: str, value: Any) -> Any:
        """What the system makes of a value that it is given for a column."""
        if not isinstance(value, str):
            return value
        if column == "Summary":
            habits: dict[str, Callable[[str], str]] = {"a": str.strip, "b": str.lower, "c": str.upper}
            return habits[self.name](value)
        return value[:SHORT] if self.name == "b" and column == self.variant.need else value

    def cell(self, path: str, value: Any, before: Any = None) -> Any:
        """What somebody types so that a cell says ``value``; other items of a list stay."""
        if path == "themes":
            strange = [item for item in self._items(before) if item not in THEMES.values()]
            items = [self.themes[code] for code in value or () if code in self.themes] + strange
            return (";".join(items) if self.name == "c" else items) or None
        if path == "relationship":
            return None if value is None else "Mystery" if value is UNKNOWN else self.roles[value]
        return value

    def shows(self, path: str, raw: Raw) -> Any:
        """What a record says for a path, in the words of the commons; ``UNKNOWN`` for a strange picklist value."""
        there = raw.get(self.column(path) or "")
        if path == "themes":
            return sorted(code for code, word in self.themes.items() if word in self._items(there)) or None
        if path == "relationship":
            return next((code for code, word in self.roles.items() if word == there), UNKNOWN if there else None)
        return there or None

    def strange(self, raw: Raw) -> list[str]:
        """Themes that the mapping does not know."""
        return [item for item in self._items(raw.get("Themes")) if item not in self.themes.values()]

    def view(self, path: str, value: Any) -> Any:
        """A commons value as the mapping would show it here; ``UNKNOWN`` where this system has no word for it."""
        if path == "themes":
            return [code for code in value or () if code in self.themes] or None
        if path == "relationship":
            return value if value is None or value in self.roles else UNKNOWN
        return value[:SHORT] if path == "need" and self.name == "b" and value else value or None

    def settled(self, path: str, value: Any) -> Any:
        """The same after the system had it for a night."""
        shown = self.view(path, value)
        return self.keeps(self.column(path) or "", shown) or None if isinstance(shown, str) else shown

    @staticmethod
    def _items(cell: Any) -> list[str]:
        return cell.split(";") if isinstance(cell, str) else list(cell or ())


@cache
def _columns(name: str, variant: Variant) -> dict[str, str | None]:
    usual = {"summary": "Summary", "themes": "Themes", "relationship": "Role", "status": "Listing"}
    return usual | {"commitment.note": "Note", "need": variant.need, "language": "Language" if name == "b" else None}


@cache
def _mapping(name: str, variant: Variant) -> Mapping:
    system = System(name, variant)
    themes: Raw = {"field": "Themes", "type": "choices", "values": system.themes}
    fields: Raw = {
        "summary": "Summary",
        "themes": themes | ({"separator": ";"} if name == "c" else {}),
        "relationship": {"field": "Role", "type": "choice", "values": system.roles},
        "commitment.note": {"field": "Note", "way": system.way("commitment.note")},
        "status": {"field": "Listing", "way": "out", "type": "text"},
    }
    if variant.need:
        fields["need"] = {"field": variant.need, "max": SHORT} if name == "b" else variant.need
    if name == "b":
        fields["language"] = {"field": "Language", "way": "once"}
    tree = {"system": "plain", "object": "rows", "key": "Key", "share": {"field": "Share", "values": AUDIENCES}}
    return of(Source(name, Path(f"{name}.toml"), tree | {"fields": fields}, {}))
