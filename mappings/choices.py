"""Lenses for closed lists: one of them, several, and a tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings.lens import Raw, Unholdable, Unreadable, blank
from mappings.text import plain


@dataclass(frozen=True, slots=True)
class Partners:
    """Code to the system's values; the first is the way back. Empty: the system uses the codes themselves."""

    values: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, str]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Partners:
        lists = {code: tuple(v) if isinstance(v, list) else (v,) for code, v in values.items()}
        return cls(lists, {value: code for code, several in lists.items() for value in several})

    def code(self, value: str) -> str | None:
        return self.codes.get(value) if self.values else value

    def value(self, code: str) -> str | None:
        return self.values[code][0] if code in self.values else (None if self.values else code)


@dataclass(frozen=True, slots=True)
class Choice:
    column: str
    partners: Partners
    known: frozenset[str] | None
    lossy: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def read(self, raw: Raw) -> str | None:
        value = raw.get(self.column)
        if blank(value):
            return None
        code = self.partners.code(plain(value, self.column))
        if code is None or (self.known is not None and code not in self.known):
            raise Unreadable(f'"{self.column}" holds {value!r}, which has no partner in this mapping.')
        return code

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        if blank(value):
            return {self.column: None}
        partner = self.partners.value(str(value))
        if partner is None:
            raise Unholdable(f'"{self.column}" has no value for {value}.')
        return {self.column: partner}


@dataclass(frozen=True, slots=True)
class Choices:
    """Several values, in a list or in text with a separator. Values without a partner are the system's
    own business: not read, and kept when writing."""

    column: str
    partners: Partners
    known: frozenset[str] | None
    separator: str = ""
    lossy: str = "codes without a partner are not shown"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def _items(self, raw: Raw | None) -> list[str]:
        value = raw.get(self.column) if raw is not None else None
        if blank(value):
            return []
        if isinstance(value, list):
            return [plain(item, self.column) for item in value]
        parts = plain(value, self.column)
        return [part.strip() for part in parts.split(self.separator)] if self.separator else [parts]

    def _code(self, item: str) -> str | None:
        code = self.partners.code(item)
        return code if code is not None and (self.known is None or code in self.known) else None

    def read(self, raw: Raw) -> list[str] | None:
        codes = {code for item in self._items(raw) if (code := self._code(item)) is not None}
        return sorted(codes) or None

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        wanted = list(value or [])
        kept = [i for i in self._items(original) if (code := self._code(i)) is None or code in wanted]
        have = {self._code(item) for item in kept}
        added = [p for code in wanted if code not in have and (p := self.partners.value(code)) is not None]
        items = kept + added
        if not items:
            return {self.column: None}
        return {self.column: self.separator.join(items) if self.separator else items}


_YES = frozenset({"true", "yes", "y", "1", "on", "x"})
_NO = frozenset({"false", "no", "n", "0", "off"})


def ticked(value: Any) -> bool | None:
    """A tick in any system's spelling; None where it is neither yes nor no."""
    if blank(value) or value is False:
        return False
    if value is True:
        return True
    text = str(value).strip().casefold()
    return True if text in _YES else False if text in _NO else None


@dataclass(frozen=True, slots=True)
class YesNo:
    """A tick. ``yes`` and ``no`` are what it means in the commons; an empty box is a no."""

    column: str
    yes: Any = True
    no: Any = False
    lossy: str = "an empty box reads as no"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def read(self, raw: Raw) -> Any:
        tick = ticked(raw.get(self.column))
        if tick is None:
            raise Unreadable(f'"{self.column}" holds {raw.get(self.column)!r}, which is neither yes nor no.')
        return self.yes if tick else self.no

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        if value not in (self.yes, self.no, None):
            raise Unholdable(f'"{self.column}" is a tick; it cannot say {value}.')
        tick = value == self.yes
        cell = original.get(self.column) if original is not None else None
        return {self.column: ("yes" if tick else "no") if isinstance(cell, str) and cell else tick}
