"""Numbers as systems write them: real numbers, or text in a declared form. Never guessed, never a float."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from mappings.entry import Entry
from mappings.lenses.lens import Lens, Value, kind_of, one_column
from schemas.money import amount_text
from schemas.said import phrase, together
from schemas.values import canonical

Parse = Callable[[Any], "str | int | Decimal"]
Form = Callable[[str], Any]


def number(entry: Entry) -> Lens:
    """A number: an int where the commons has one, else its decimal text."""
    [column] = entry.columns
    parse, form = style(entry.options)
    whole = entry.spec.type == "int"

    def read(value: Any) -> Value:
        digits = amount_text(parse(value))
        return canonical(entry.path, Decimal(digits) if whole else digits)

    return one_column(column, read, lambda value, _: form(amount_text(value)))


def style(options: Any) -> tuple[Parse, Form]:
    """How a column shows numbers: ``parse`` a raw value, and ``form`` to write one.

    With ``decimal`` or ``thousands`` declared the column is text in that form; otherwise numbers are written,
    and text must be plain digits.
    """
    decimal, thousands = options.get("decimal", "."), options.get("thousands", "")
    declared = "decimal" in options or "thousands" in options
    grouped = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|" if thousands else ""
    shape = re.compile(rf"[+-]?(?:{grouped}\d+)(?:{re.escape(decimal)}\d+)?")
    way_out = phrase('Write plain digits, or declare "decimal" and "thousands" in the mapping.')

    def parse(value: Any) -> str | int | Decimal:
        if value.__class__ is int or isinstance(value, Decimal):
            return value
        if value.__class__ is not str:
            raise ValueError(phrase("The column holds %(value)s where a number is expected.", value=kind_of(value)))
        text = value.strip()
        if not shape.fullmatch(text):
            raise ValueError(together([phrase("%(value)s is no number.", value=repr(value)), way_out]))
        return text.replace(thousands, "").replace(decimal, ".") if declared else text

    def form(digits: str) -> Any:
        if not declared:
            return int(digits) if "." not in digits else Decimal(digits)
        whole, _, fraction = digits.partition(".")
        if thousands:
            whole = f"{int(whole):,}".replace(",", thousands)
        return whole + (decimal + fraction if fraction else "")

    return parse, form
