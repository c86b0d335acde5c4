"""Text: passed through as it is, never trimmed, normalised or unescaped."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from functools import reduce
from typing import Any

from mappings.entry import Entry
from mappings.lenses.lens import Lens, Raw, Value, as_it_is, kind_of, one_column
from schemas.said import phrase


def text(entry: Entry) -> Lens:
    """One column, or several joined. Options: ``max``, ``prefix``, ``drop``, ``separator``."""
    if len(entry.columns) > 1:
        return _joined(entry.columns, entry.options.get("separator", " "), entry.options.get("max"))
    [column] = entry.columns
    limit, prefix, drop = (entry.options.get(key) for key in ("max", "prefix", "drop"))
    if prefix is not None:
        return _prefixed(column, prefix)
    dropped = str.maketrans("", "", drop) if drop else None

    def get(raw: Raw) -> Value:
        value = raw.get(column)
        if value.__class__ is not str:
            value = plain(value)
        if value and dropped is not None:
            value = value.translate(dropped)
        return value or None

    def put(value: Value, raw: Raw) -> Raw:
        return {column: cut(value, limit) or None}

    loses = [phrase("characters after the first %(limit)s", limit=limit)] if limit else []
    loses += [phrase("the characters %(these)s", these=repr(drop))] if drop else []
    cell = as_it_is if limit is None else (lambda value, _: cut(value, limit) or None)
    return Lens(
        (column,),
        get,
        put,
        reduce(lambda all, one: phrase("%(all)s and %(one)s", all=all, one=one), loses) if loses else "",
        cell,
        dropped is None,
    )


def plain(value: Any) -> str | None:
    """The text of what a system gave. Numbers as their digits, a list of one as that one."""
    if value is None or value.__class__ is str:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        digits = format(value, "f")
        return (digits.rstrip("0").rstrip(".") if "." in digits else digits) or "0"
    if isinstance(value, list) and len(value) <= 1:
        return plain(value[0]) if value else None
    raise ValueError(phrase("The column holds %(value)s where text is expected.", value=kind_of(value)))


def cut(value: str | None, limit: int | None) -> str | None:
    """At most ``limit`` characters, not parted between a letter and the marks that belong to it."""
    if not value or limit is None or len(value) <= limit:
        return value
    end = limit
    while end > 1 and _clings(value[end]):
        end -= 1
    return value[:end] if end > 1 else value[:limit]


def _clings(character: str) -> bool:
    return character == "\u200d" or unicodedata.category(character) in ("Mn", "Me", "Mc", "Cf")


def _prefixed(column: str, prefix: str) -> Lens:
    """An identifier written with its scheme in front. Text with another scheme is somebody else's: read as
    blank, never overwritten."""

    def get(raw: Raw) -> Value:
        value = plain(raw.get(column))
        return value[len(prefix) :] or None if value and value.startswith(prefix) else None

    def put(value: Value, raw: Raw) -> Raw:
        there = raw.get(column)
        mine = not there or str(there).startswith(prefix)
        if value is None or value == "":
            return {column: None} if mine else {}
        if not mine:
            raise ValueError(
                phrase(
                    "The column already holds %(there)s, which does not start with %(prefix)s.",
                    there=repr(there),
                    prefix=repr(prefix),
                )
            )
        return {column: prefix + value}

    return Lens((column,), get, put)


def _joined(columns: tuple[str, ...], separator: str, limit: int | None) -> Lens:
    """Several columns read as one text. Written back, the text is taken apart at the first separators."""

    def get(raw: Raw) -> Value:
        return separator.join(part for part in (plain(raw.get(c)) for c in columns) if part) or None

    def put(value: Value, raw: Raw) -> Raw:
        parts = (value or "").split(separator, len(columns) - 1)
        if not all(parts):
            parts = [value or ""]
        parts += [""] * (len(columns) - len(parts))
        return {column: cut(part, limit) or None for column, part in zip(columns, parts, strict=True)}

    return Lens(
        columns, get, put, phrase("each part after its first %(limit)s characters", limit=limit) if limit else ""
    )


def whole_number_as_text(entry: Entry) -> Lens:
    """A whole number in a text column."""
    [column] = entry.columns

    def read(value: Any) -> Value:
        digits = plain(value) or ""
        if not digits.lstrip("-").isdecimal():
            raise ValueError(phrase("%(value)s is no whole number.", value=repr(value)))
        return int(digits)

    return one_column(column, read, lambda value, _: str(value))


def moneys(entry: Entry) -> Lens:
    """Computed sums as words for people: ``USD 12,000.50, EUR 500``. Read as the text that stands there."""
    [column] = entry.columns
    limit = entry.options.get("max")

    def write(value: Value, _: Any) -> str | None:
        if isinstance(value, str):
            return value
        return cut(", ".join(_words(item) for item in value), limit)

    return one_column(column, plain, write, phrase("the form: it is text for people"))


def _words(money: dict[str, str]) -> str:
    whole, dot, decimals = money["amount"].partition(".")
    return f"{money['currency']} {int(whole):,}{dot}{decimals}"
