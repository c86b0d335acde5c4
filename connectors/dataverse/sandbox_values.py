"""One value on its way into a column of the stand-in.

Kept: text as ``str``, amounts as ``Decimal``, whole numbers and choices as ``int``, dates and times as the text of the
wire. Blank text is no text.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.dataverse.sandbox_errors import BAD_PROPERTY, NO_CHOICE, TOO_LONG, WireError, bad
from connectors.dataverse.sandbox_tables import Column

MOST = Decimal(922337203685477)
"""Of a money column."""

MOST_DECIMAL = Decimal(100_000_000_000)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stored(column: Column, value: Any) -> Any:
    """The value as the column keeps it; lookups are no business of this."""
    if value is None or value == "":
        if column.required:
            raise bad(f"Required field '{column.name}' is missing", "0x80040203")
        return column.default if column.type in ("Boolean", "State", "Status") else None
    kind: Any = _KINDS[column.type]
    if not isinstance(value, kind) or (isinstance(value, bool) and column.type != "Boolean"):
        raise bad(f"Cannot convert the literal '{value}' of '{column.name}' to the expected type", BAD_PROPERTY)
    if isinstance(value, str) and column.type in ("String", "Memo"):
        return _fitting(column, value)
    if column.type in ("Money", "Decimal"):
        return _amount(column, Decimal(value))
    if column.type in ("Picklist", "State", "Status") and value not in dict(column.choices):
        raise WireError(400, NO_CHOICE, f"The value {value} of '{column.name}' is outside the valid range.")
    if column.type == "DateTime":
        return _day(column, value) if column.days else _moment(column, value)
    return value


def _fitting(column: Column, text: str) -> str:
    if len(text) > column.length:
        told = f"A validation error occurred. The length of the '{column.name}' attribute exceeded {column.length}."
        raise WireError(400, TOO_LONG, told)
    return text


def _amount(column: Column, value: Decimal) -> Decimal:
    if abs(value) > (MOST if column.type == "Money" else MOST_DECIMAL):
        raise bad(f"The value of '{column.name}' is outside the valid range.", "0x80044330")
    return value.quantize(Decimal("0.0001") if column.type == "Money" else Decimal("0.01"), ROUND_HALF_UP)


def _day(column: Column, text: str) -> str:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise bad(f"Cannot convert the literal '{text}' of '{column.name}' to the expected type 'Edm.Date'", BAD_PROPERTY)


def _moment(column: Column, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad(
            f"Cannot convert the literal '{text}' of '{column.name}' to 'Edm.DateTimeOffset'", BAD_PROPERTY
        ) from None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


_KINDS: dict[str, type | tuple[type, ...]] = {
    "String": str,
    "Memo": str,
    "Uniqueidentifier": str,
    "DateTime": str,
    "Boolean": bool,
    "Integer": int,
    "BigInt": int,
    "Picklist": int,
    "State": int,
    "Status": int,
    "Money": (int, Decimal),
    "Decimal": (int, Decimal),
}
