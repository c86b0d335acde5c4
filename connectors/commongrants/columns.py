"""The columns of a call: parts of the protocol's nested opportunity, named by the path that leads there.

``funding.maxAwardAmount.currency``, ``customFields.agency.name``. A part of a list is the list of that part of its
items. Texts go on as they are. Computed are three: ``status`` (the value, or ``custom: `` and the custom one),
``acceptedApplicantTypes`` (one text) and ``starts`` and ``ends`` of every event.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from connectors.commongrants import applicants, events

CUSTOM = "customFields."
OTHER_DATES = "keyDates.otherDates."
STATUS = "status"
APPLICANTS = "acceptedApplicantTypes"
STATUSES = ("forecasted", "open", "closed", "custom")
_EVENTS = ("keyDates.postDate", "keyDates.closeDate")
_MONEY = ("funding.totalAmountAvailable", "funding.minAwardAmount", "funding.maxAwardAmount")
_AMOUNT = re.compile(r"-?(?:\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})", re.ASCII)
"""The protocol's decimal string, which may end or begin with its point."""

OFFERED: Mapping[str, str] = {
    "id": "uuid",
    "title": "text",
    "description": "text",
    STATUS: "text",
    "status.value": "choice",
    "status.customValue": "text",
    "status.description": "text",
    "funding.details": "text",
    **{f"{money}.{part}": kind for money in _MONEY for part, kind in (("amount", "decimal"), ("currency", "text"))},
    **{f"funding.{name}": "integer" for name in ("minAwardCount", "maxAwardCount", "estimatedAwardCount")},
    **{f"{event}.{part}": "text" for event in _EVENTS for part in events.PARTS},
    APPLICANTS: "text",
    "source": "url",
    "createdAt": "datetime",
    "lastModifiedAt": "datetime",
}
"""What every publisher may fill, and its type (OpportunityBase, version 0.4)."""


def known(column: str) -> bool:
    """Whether the protocol has such a column. A custom field may have any name, and so may a date of a timeline."""
    if column.startswith(CUSTOM):
        return len(column) > len(CUSTOM)
    if column.startswith(OTHER_DATES):
        name, _, part = column.removeprefix(OTHER_DATES).rpartition(".")
        return bool(name) and part in events.PARTS
    return column in OFFERED


def custom(rows: Iterable[Any]) -> list[str]:
    """The custom fields that these opportunities have, as columns, in the order in which they come up."""
    tables = (row.get("customFields") for row in rows if isinstance(row, dict))
    return list(dict.fromkeys(f"{CUSTOM}{name}" for table in tables if isinstance(table, dict) for name in table))


def value(row: Mapping[str, Any], column: str) -> Any:
    """What the column says; None where the opportunity has no such part."""
    if column == STATUS:
        return _status(row.get("status"))
    if column == APPLICANTS:
        return applicants.text(row.get(APPLICANTS))
    if column.startswith(CUSTOM):
        found = _custom(row.get("customFields"), column.removeprefix(CUSTOM))
    else:
        found = _part(row, column.split(".")) if not column.startswith(OTHER_DATES) else _other_date(row, column)
    if column.endswith(".amount") and isinstance(found, str) and _AMOUNT.fullmatch(found):
        return Decimal(found)
    return found


def _status(status: Any) -> Any:
    if not isinstance(status, dict):
        return status
    named = status.get("customValue")
    return f"custom: {named}" if status.get("value") == "custom" and named else status.get("value")


def _custom(table: Any, path: str) -> Any:
    """The longest name first: names may have points in them (``gov.grants@agency``)."""
    names = path.split(".")
    for end in range(len(names), 0, -1):
        field = table.get(".".join(names[:end])) if isinstance(table, dict) else None
        if isinstance(field, dict):
            return _part(field.get("value"), names[end:])
    return None


def _other_date(row: Mapping[str, Any], column: str) -> Any:
    name, _, part = column.removeprefix(OTHER_DATES).rpartition(".")
    there = _part(row, ["keyDates", "otherDates"])
    return events.part(there.get(name), part) if isinstance(there, dict) else None


def _part(value: Any, names: list[str]) -> Any:
    if not names:
        return value
    if isinstance(value, list):
        found = [_part(item, names) for item in value]
        return [item for item in found if item is not None] or None
    if not isinstance(value, dict):
        return None
    if len(names) == 1 and names[0] in events.COMPUTED and names[0] not in value:
        return events.part(value, names[0])
    return _part(value.get(names[0]), names[1:])
