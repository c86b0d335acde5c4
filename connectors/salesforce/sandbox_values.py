"""One value on its way into a column of the stand-in, and out again.

Kept: text as ``str``, numbers as ``Decimal``, dates and times as the text of the
wire. Blank text is no text: Salesforce keeps no empty strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.salesforce.ids import long_id
from connectors.salesforce.sandbox_errors import WireError
from connectors.salesforce.sandbox_objects import Column

_MOST = Decimal(10) ** 16


def stamp(moment: datetime) -> str:
    """A moment as Salesforce writes it, ``2021-11-06T17:38:40.000+0000``: whole seconds, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def moment_of(text: str) -> datetime:
    """Reads every form of dateTime that Salesforce takes; ``ValueError`` otherwise."""
    return datetime.fromisoformat(text).astimezone(UTC)


def stored(column: Column, value: Any, exists: Callable[[tuple[str, ...], str], bool]) -> Any:
    """The value as the column keeps it. ``exists(objects, id)`` tells whether a lookup's target is there."""
    if value is None or value == "":
        if column.type == "boolean":
            raise WireError(
                400, "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{column.name}: value not of required type: ", [column.name]
            )
        if column.required or column.name == "OwnerId":
            raise WireError(
                400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{column.name}]", [column.name]
            )
        return None
    if column.type == "boolean":
        return _of_type(column, value, bool)
    if column.type in ("currency", "double"):
        return _number(column, value)
    text = _of_type(column, value, str)
    if column.type in ("date", "datetime"):
        return _day(column, text) if column.type == "date" else _moment(column, text)
    if column.type == "reference":
        return _target(column, text, exists)
    if column.type == "picklist" and column.restricted and text not in column.values:
        raise _bad_choice(column, text)
    if column.type == "multipicklist":
        return _choices(column, text)
    if len(text) > column.length:
        raise WireError(
            400, "STRING_TOO_LONG", f"{column.name}: data value too large: {text[:40]} (max length={column.length})", [column.name]
        )  # fmt: skip
    if column.type == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise WireError(400, "INVALID_EMAIL_ADDRESS", f"{column.name}: invalid email address: {text}", [column.name])
    return text


def _of_type(column: Column, value: Any, kind: type) -> Any:
    if isinstance(value, kind):
        return value
    shown = {bool: "VALUE_TRUE", str: "VALUE_STRING", dict: "START_OBJECT", list: "START_ARRAY"}.get(
        type(value), "VALUE_NUMBER"
    )
    raise WireError(
        400, "JSON_PARSER_ERROR", f"Cannot deserialize instance of {column.type} from {shown} value {value} or request may be missing a required field"
    )  # fmt: skip


def _number(column: Column, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        _of_type(column, value, Decimal)
    number = Decimal(value)
    if abs(number) >= _MOST:
        raise WireError(
            400, "NUMBER_OUTSIDE_VALID_RANGE", f"{column.name}: value outside of valid range on numeric field: {value}", [column.name]
        )  # fmt: skip
    return number.quantize(Decimal(1).scaleb(-column.scale), ROUND_HALF_UP)


def _day(column: Column, text: str) -> str:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise WireError(400, "JSON_PARSER_ERROR", f"Cannot deserialize instance of date from VALUE_STRING value {text}")


def _moment(column: Column, text: str) -> str:
    try:
        return stamp(moment_of(text))
    except ValueError:
        raise WireError(
            400, "JSON_PARSER_ERROR", f"Cannot deserialize instance of datetime from VALUE_STRING value {text}"
        ) from None


def _target(column: Column, text: str, exists: Callable[[tuple[str, ...], str], bool]) -> str:
    full = long_id(text)
    if full is None:
        raise WireError(400, "MALFORMED_ID", f"{column.name}: id value of incorrect type: {text}", [column.name])
    if not exists(column.refers, full):
        raise WireError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    return full


def _choices(column: Column, text: str) -> str | None:
    """Several choices, in the order of the picklist's definition, unknown ones after them."""
    chosen = dict.fromkeys(part.strip() for part in text.split(";") if part.strip())
    unknown = [part for part in chosen if part not in column.values]
    if unknown and column.restricted:
        raise _bad_choice(column, unknown[0])
    return ";".join([value for value in column.values if value in chosen] + unknown) or None


def _bad_choice(column: Column, text: str) -> WireError:
    return WireError(
        400,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        f"{column.name}: bad value for restricted picklist field: {text}",
        [column.name],
    )
