"""Writing one cell of a workbook so that it shows what was given, or is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl.cell.cell import MergedCell
from openpyxl.utils.exceptions import IllegalCharacterError

from connectors.contract import Invalid
from connectors.spreadsheet.formula import marked

LONGEST = 32_767
"""Characters in one cell (Microsoft: Excel specifications and limits)."""
DIGITS = 15
"""Digits that a number keeps (the same page)."""


def put(cell: Any, name: str, value: Any) -> None:
    """``name`` is the column's. Text that looks like a formula stays text even when a person edits the cell."""
    if isinstance(cell, MergedCell):
        raise Invalid(f"{cell.coordinate} ({name!r}) is part of merged cells. Split them.", [name])
    if cell.data_type == "f":
        raise Invalid(f'{cell.coordinate} holds a formula. Map {name!r} with way = "in", or clear the cell.', [name])
    if isinstance(value, list):
        raise Invalid("A cell holds one text; give the field a separator in the mapping.", [name])
    if isinstance(value, str):
        _text(cell, name, value)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        if len(Decimal(value).normalize().as_tuple().digits) > DIGITS:
            raise Invalid(f"Excel keeps {DIGITS} digits; {value} has more.", [name])
        cell.value = float(value) if isinstance(value, Decimal) else value
    else:
        cell.value = value


def _text(cell: Any, name: str, text: str) -> None:
    if len(text) > LONGEST:
        raise Invalid(f"A cell holds {LONGEST} characters; this text has {len(text)}.", [name])
    if cell.is_date and _is_day(text):
        cell.value = date.fromisoformat(text)
        return
    try:
        cell.value = text
    except IllegalCharacterError:
        raise Invalid("The text has a control character that XLSX cannot hold.", [name]) from None
    cell.data_type = "s"
    runs = marked(text) != text
    if runs or cell.quotePrefix:
        cell.quotePrefix = runs


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
