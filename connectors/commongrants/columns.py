"""Opportunities of the protocol (0.4) as flat columns: ``funding.maxAwardAmount.amount``, ``keyDates.closeDate``.

An event is a day, a range of days or words; a custom field is its value. What is null and what is left out are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_DECIMAL = re.compile(r"-?\d+(\.\d*)?", re.ASCII)
_DAYS = ("date", "endDate", "startDate")
_OPENING_DAYS = ("date", "startDate", "endDate")
_WORDS = ("details", "description")


def cell(opportunity: Mapping[str, Any], column: str) -> Any:
    """One column; ``None`` where it says nothing."""
    first, _, rest = column.partition(".")
    if first == "customFields":
        name, _, below = rest.partition(".")
        return _plain(_at(_at(opportunity.get(first), f"{name}.value"), below))
    if first == "keyDates":
        return _event(_at(opportunity, column), opening=rest == "postDate")
    value = _at(opportunity, column)
    if column.endswith(".amount") and isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value.rstrip("."))
    return _plain(value)


def _at(value: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _event(event: Any, *, opening: bool) -> str | None:
    if not isinstance(event, Mapping):
        return event if isinstance(event, str) and event else None
    for name in (*(_OPENING_DAYS if opening else _DAYS), *_WORDS):
        if isinstance(event.get(name), str) and event[name]:
            return str(event[name])
    return None


def _plain(value: Any) -> Any:
    """Text, a number, or a list of texts; of an object its name or its value."""
    if isinstance(value, Mapping):
        return next((str(value[n]) for n in ("name", "customValue", "value") if value.get(n) not in (None, "")), None)
    if isinstance(value, list):
        return [text for each in value if (text := _plain(each)) not in (None, "")]
    return None if value == "" else value
