"""From one entry of a mapping file to its lens."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from mappings.choices import Choice, Choices, Partners, YesNo
from mappings.codecs import codec
from mappings.composed import Always, PlaceParts, PlaceText
from mappings.dates import Date, strptime_of
from mappings.lens import Lens
from mappings.numbers import Digits, Money, Number
from mappings.text import Html, Joined, Text
from schemas.codes import CODES
from schemas.fields import spec
from schemas.money import minor_units
from schemas.values import canonical

Entry = dict[str, Any]


class Wrong(ValueError):
    """An entry that cannot be used; the message names it and the way out."""


BY_VALUE = {
    "text": "text",
    "longtext": "text",
    "url": "text",
    "country": "text",
    "any": "text",
    "code": "choice",
    "codes": "choices",
    "bool": "yesno",
    "int": "number",
    "money": "money",
    "moneys": "text",
    "when": "date",
    "places": "places",
}
"""The type of an entry that names none, by the type of the commons value."""

HOLDS: dict[str, frozenset[str]] = {
    "text": frozenset({"text", "longtext", "url", "country", "any", "moneys", "code", "int", "bool", "when", "codes"}),
    "html": frozenset({"text", "longtext"}),
    "number": frozenset({"int"}),
    "money": frozenset({"money"}),
    "date": frozenset({"when"}),
    "choice": frozenset({"code", "text", "country"}),
    "choices": frozenset({"codes"}),
    "yesno": frozenset({"bool", "code"}),
    "places": frozenset({"places"}),
}
"""Which commons values a type can carry."""

SETTINGS = {
    "text": {"max", "prefix"},
    "html": set(),
    "number": {"decimal", "thousands"},
    "money": {"currency", "decimal", "thousands"},
    "date": {"format", "words"},
    "choice": {"values"},
    "choices": {"values", "separator"},
    "yesno": {"yes", "no"},
    "places": {"parts", "separator"},
}
_ALL = {"field", "fields", "type", "way", "always", "codec", "separator"}


def lens_for(path: str, entry: Entry) -> Lens:
    """The lens of one entry. Raises ``Wrong``."""
    field = spec(path)
    if "always" in entry:
        try:
            return Always(canonical(path, entry["always"]))
        except ValueError as error:
            raise Wrong(f'"{path}" is always {entry["always"]!r}: {error}') from None
    if "codec" in entry:
        return codec(entry["codec"], path, entry)
    type_ = entry.get("type", BY_VALUE[field.type])
    if type_ not in HOLDS:
        close = get_close_matches(str(type_), HOLDS, n=1)
        raise Wrong(f'"{path}": there is no type "{type_}".' + (f' Closest: "{close[0]}".' if close else ""))
    _check_settings(path, entry, type_)
    shows_only = type_ == "text" and field.type not in ("text", "longtext", "url", "country", "any")
    if field.type not in HOLDS[type_] or (shows_only and entry.get("way") != "out"):
        raise Wrong(
            f'"{path}" is {field.type} and cannot be read as {type_}'
            + (' (way = "out" can show it).' if shows_only else ".")
        )
    if "fields" in entry:
        if entry.get("way") != "in":
            raise Wrong(f'"{path}" joins several columns, which has no way back. Write way = "in".')
        return Joined(tuple(entry["fields"]), entry.get("separator", "\n\n"))
    if "field" not in entry and "parts" not in entry:
        raise Wrong(f'"{path}" names no column. Write field = "…".')
    return MAKERS[type_](path, entry)


def _check_settings(path: str, entry: Entry, type_: str) -> None:
    for key in entry.keys() - _ALL - SETTINGS[type_]:
        close = get_close_matches(key, _ALL | SETTINGS[type_], n=1)
        hint = f' Closest: "{close[0]}".' if close else ""
        raise Wrong(f'"{path}": a {type_} field has no setting "{key}".{hint}')


def _text(path: str, entry: Entry) -> Lens:
    return Text(entry["field"], entry.get("max"), entry.get("prefix", ""))


def _html(path: str, entry: Entry) -> Lens:
    return Html(entry["field"])


def _digits(entry: Entry) -> Digits:
    return Digits(entry.get("decimal", ""), entry.get("thousands", ""))


def _number(path: str, entry: Entry) -> Lens:
    return Number(entry["field"], _digits(entry))


def _money(path: str, entry: Entry) -> Lens:
    currency = entry.get("currency")
    if isinstance(currency, dict) and set(currency) == {"field"}:
        return Money(entry["field"], currency_column=currency["field"], digits=_digits(entry))
    if not isinstance(currency, str):
        raise Wrong(f'"{path}" is money and needs its currency: currency = "USD" or {{ field = "…" }}.')
    try:
        minor_units(currency)
    except ValueError as error:
        raise Wrong(f'"{path}": {error}') from None
    return Money(entry["field"], currency=currency, digits=_digits(entry))


def _date(path: str, entry: Entry) -> Lens:
    format = entry.get("format", "")
    if format:
        try:
            strptime_of(format)
        except ValueError as error:
            raise Wrong(f'"{path}": {error}') from None
    return Date(entry["field"], format, bool(entry.get("words")))


def _partners(path: str, entry: Entry) -> tuple[Partners, frozenset[str] | None]:
    codes = CODES.get(spec(path).codes or "")
    values = entry.get("values", {})
    strangers = [code for code in values if codes is not None and code not in codes]
    if strangers:
        close = get_close_matches(strangers[0], codes or (), n=1)
        hint = f' Closest: "{close[0]}".' if close else f" Known: {', '.join(codes or ())}."
        raise Wrong(f'"{path}" has no code "{strangers[0]}".{hint}')
    partners = Partners.of(values)
    count = sum(len(several) for several in partners.values.values())
    if count != len(partners.codes):
        raise Wrong(f'"{path}": one value of the system stands for two codes. Give each value to one code.')
    return partners, frozenset(codes) if codes is not None else None


def _choice(path: str, entry: Entry) -> Lens:
    return Choice(entry["field"], *_partners(path, entry))


def _choices(path: str, entry: Entry) -> Lens:
    return Choices(entry["field"], *_partners(path, entry), entry.get("separator", ""))


def _yesno(path: str, entry: Entry) -> Lens:
    if spec(path).type == "bool":
        return YesNo(entry["field"])
    if "yes" not in entry or "no" not in entry:
        raise Wrong(f'"{path}" is a code; say what a tick means: yes = "…", no = "…".')
    for tick in ("yes", "no"):
        try:
            canonical(path, entry[tick])
        except ValueError as error:
            raise Wrong(f'"{path}": {error}') from None
    return YesNo(entry["field"], entry["yes"], entry["no"])


def _places(path: str, entry: Entry) -> Lens:
    if "parts" in entry:
        unknown = entry["parts"].keys() - {"country", "subdivision", "place", "scope"}
        if unknown:
            raise Wrong(f'"{path}": a place has no part "{sorted(unknown)[0]}".')
        return PlaceParts(entry["parts"])
    return PlaceText(entry["field"], entry.get("separator", ";"))


MAKERS: dict[str, Callable[[str, Entry], Lens]] = {
    "text": _text,
    "html": _html,
    "number": _number,
    "money": _money,
    "date": _date,
    "choice": _choice,
    "choices": _choices,
    "yesno": _yesno,
    "places": _places,
}
