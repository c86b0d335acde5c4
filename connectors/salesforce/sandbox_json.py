"""JSON as Salesforce writes it: numbers of currency and number fields look like Java's doubles, with exact digits."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def dumps(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(dumps(item) for item in value) + "]"
    return number(value) if isinstance(value, Decimal) else json.dumps(value)


def number(value: Decimal) -> str:
    """``12000.0``; from ten million on ``1.25E7`` (java.lang.Double.toString)."""
    plain = format(value.normalize() + 0, "f")
    if not value or Decimal("0.001") <= abs(value) < 10_000_000:
        return plain if "." in plain else plain + ".0"
    sign, digits, _ = value.normalize().as_tuple()
    shown = "".join(map(str, digits))
    return f"{'-' if sign else ''}{shown[0]}.{shown[1:] or '0'}E{value.adjusted()}"


def loads(body: bytes) -> Any:
    """``ValueError`` when it is not JSON in UTF-8."""
    return json.loads(body.decode("utf-8"), parse_float=Decimal)
