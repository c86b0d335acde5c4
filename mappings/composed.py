"""Lenses for values made of parts: places, and the organisation that a record points at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mappings.lens import Raw, Unholdable, Unreadable, blank
from mappings.text import plain
from schemas.places import is_country


@cache
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Country code to English name, and back (CLDR)."""
    from babel import Locale

    names = {code: name for code, name in Locale("en").territories.items() if len(code) == 2 and is_country(code)}
    return names, {name.casefold(): code for code, name in names.items()}


def country_code(text: str) -> str | None:
    """A country by code or English name."""
    text = text.strip()
    return text if len(text) == 2 and text.isupper() and is_country(text) else _names()[1].get(text.casefold())


@dataclass(frozen=True, slots=True)
class PlaceText:
    """Places as text or a list: ``Jordan; Amman, Jordan; the upper valley``."""

    column: str
    separator: str = ";"
    lossy: str = "scope and subdivision are not shown"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def read(self, raw: Raw) -> list[dict[str, str]] | None:
        value = raw.get(self.column)
        if blank(value):
            return None
        items = value if isinstance(value, list) else plain(value, self.column).split(self.separator)
        places = [self._place(str(item).strip()) for item in items if str(item).strip()]
        return sorted(_unique(places), key=lambda p: (p.get("country", ""), p.get("place", ""))) or None

    def _place(self, text: str) -> dict[str, str]:
        if code := country_code(text):
            return {"country": code}
        place, comma, last = text.rpartition(",")
        if comma and place.strip() and (code := country_code(last)):
            return {"country": code, "place": place.strip()}
        return {"place": text}

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        if blank(value):
            return {self.column: None}
        texts = [self._text(place) for place in value]
        if any(self.separator in text for text in texts if text):
            raise Unholdable(f'A place has "{self.separator}" in its name, which separates places in "{self.column}".')
        return {self.column: f"{self.separator} ".join(dict.fromkeys(text for text in texts if text)) or None}

    def _text(self, place: Mapping[str, str]) -> str:
        country = _names()[0].get(place.get("country", ""), "")
        return ", ".join(part for part in (place.get("place", ""), country) if part)


def _unique(places: list[dict[str, str]]) -> list[dict[str, str]]:
    return [place for i, place in enumerate(places) if place not in places[:i]]


@dataclass(frozen=True, slots=True)
class PlaceParts:
    """One place, its parts in columns of their own: ``{country = "Country Code", place = "Town"}``."""

    parts: Mapping[str, str]
    lossy: str = "one place only"

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.parts.values())

    def read(self, raw: Raw) -> list[dict[str, str]] | None:
        place = {part: plain(raw[c], c) for part, c in self.parts.items() if not blank(raw.get(c))}
        if "country" in place and not is_country(place["country"]):
            raise Unreadable(f'"{self.parts["country"]}" holds {place["country"]!r}, which is no country code.')
        return [place] if place else None

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        if value and len(value) > 1:
            raise Unholdable("These columns hold one place; the opportunity has several.")
        place = value[0] if value else {}
        return {column: place.get(part) for part, column in self.parts.items()}


@dataclass(frozen=True, slots=True)
class Pointed:
    """One part of what a reference column points at. The target is never changed through it: an
    organisation's name is corrected where organisations are kept."""

    column: str
    part: str
    lossy: str = "written once, when the record is created"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def read(self, raw: Raw) -> str | None:
        target = raw.get(self.column)
        value = target.get(self.part) if isinstance(target, dict) else None
        return None if blank(value) else plain(value, self.column)

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class Always:
    """A constant of the mapping: read for every record, written nowhere."""

    value: Any
    columns: tuple[str, ...] = ()
    lossy: str = ""

    def read(self, raw: Raw) -> Any:
        return self.value

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        return {}
