"""Which values of a base field the service calls valid. The rest it keeps all the same."""

from __future__ import annotations

import re

TYPES = ("string", "number", "email", "phone_number", "url", "boolean", "currency", "file", "date", "date_time")
CURRENCIES = ("USD", "EUR", "GBP", "CHF", "JPY", "KWD", "JOD")
_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_SHAPES = {
    "string": r"(?s).*",
    "number": r"-?\d+(\.\d+)?([eE][+-]?\d+)?",
    "email": r"\S+@\S+\.\S+",
    "phone_number": r"\+\d{5,15}(;ext=\d+)?",
    "url": r"[a-z]+://\S+",
    "boolean": r"true|false",
    "currency": rf"-?\d+\.\d+ ({'|'.join(CURRENCIES)})",
    "file": r"https?://\S+",
    "date": _DAY,
    "date_time": rf"{_DAY}[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)",
}


def valid(value: str, type: str) -> bool:
    """Nothing is trimmed."""
    return re.fullmatch(_SHAPES[type], value) is not None
