"""Places as text: ``Jordan``, ``JO``, ``JO-AM``, ``Amman, Jordan``, or any name of a place."""

from __future__ import annotations

from typing import Any

from mappings.entry import Entry
from mappings.lenses.choices import items
from mappings.lenses.countries import code_of, show
from mappings.lenses.lens import Lens, Raw, Value
from mappings.lenses.text import plain
from schemas.places import is_subdivision
from schemas.said import phrase
from schemas.values import canonical

Place = dict[str, str]


def places(entry: Entry) -> Lens:
    """A list, or text with a ``separator``; without one, text is one place. Options: ``part = "place"`` takes the
    text for the place's name whatever it says, ``part = "country"`` shows countries only; ``write = "names"``
    (default) or ``"codes"`` for countries; ``parts`` gives each part of one place a column."""
    if "parts" in entry.options:
        return _composed(entry)
    [column] = entry.columns
    separator, part = entry.options.get("separator"), entry.options.get("part", "")
    form = entry.options.get("write", "names")

    def get(raw: Raw) -> Value:
        found = [place for item in items(raw.get(column), separator) for place in [_read(item, part)] if place]
        return (canonical(entry.path, found) if len(found) > 1 else found) or None

    def put(value: Value, raw: Raw) -> Raw:
        there = items(raw.get(column), separator)
        shown = [text for text in (_show(place, part, form) for place in value or ()) if text]
        wanted = [_read(text, part) for text in shown]
        kept = [item for item in there if _read(item, part) is None or _read(item, part) in wanted]
        seen = [_read(item, part) for item in kept]
        merged = kept + list(dict.fromkeys(text for text in shown if _read(text, part) not in seen))
        if isinstance(raw.get(column), list) or (separator is None and len(merged) > 1):
            return {column: merged or None}
        if separator is not None and any((separator.strip() or separator) in text for text in shown):
            raise ValueError(
                phrase(
                    "A place has %(separator)s in its name, which parts the places of this column.",
                    separator=repr(separator),
                )
            )
        return {column: (separator or "").join(merged) or None}

    loses = {"country": phrase("all but the countries"), "place": phrase("all but the names of places")}
    return Lens((column,), get, put, loses.get(part, phrase("scopes, and countries beside a subdivision")))


def _read(item: Any, part: str) -> Place | None:
    text = plain(item) or ""
    if part == "place":
        return {"place": text} if text else None
    if part == "country":
        code = code_of(text)
        return {"country": code} if code else None
    if is_subdivision(text):
        return {"country": text[:2], "subdivision": text}
    code = code_of(text)
    if code:
        return {"country": code}
    head, comma, tail = text.rpartition(", ")
    code = code_of(tail) if comma and head else None
    return {"country": code, "place": head} if code else {"place": text} if text else None


def _show(place: Place, part: str, form: str) -> str | None:
    country, name = place.get("country"), place.get("place")
    if part == "country":
        return show(country, form) if country else None
    if part == "place":
        return name
    if name and country:
        return f"{name}, {show(country, form)}"
    return name or place.get("subdivision") or (show(country, form) if country else None)


def _composed(entry: Entry) -> Lens:
    """One place, each of its parts in a column of its own."""
    parts: dict[str, str] = entry.options["parts"]
    form = entry.options.get("write", "names")

    def get(raw: Raw) -> Value:
        found = {part: text for part, column in parts.items() for text in [plain(raw.get(column))] if text}
        if "country" in found:
            found["country"] = code_of(found["country"]) or found["country"]
        return canonical(entry.path, [found]) if found else None

    def put(value: Value, raw: Raw) -> Raw:
        if value and len(value) > 1:
            raise ValueError(phrase("The columns hold one place; there are %(number)s.", number=len(value)))
        place = value[0] if value else {}
        shown = {part: show(text, form) if part == "country" else text for part, text in place.items()}
        return {column: shown.get(part) for part, column in parts.items()}

    return Lens(tuple(parts.values()), get, put, phrase("parts of a place that have no column"))


def faults(options: Any) -> list[str]:
    parts = options.get("parts")
    known = {"country", "subdivision", "place", "scope"}
    found: list[str] = []
    if isinstance(parts, dict) and not parts.keys() <= known:
        found.append(phrase("has parts other than %(known)s.", known=", ".join(sorted(known))))
    if options.get("part", "place") not in ("place", "country"):
        found.append(phrase('has a part that is neither "place" nor "country".'))
    return found
