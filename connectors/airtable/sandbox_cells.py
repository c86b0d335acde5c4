"""What a column takes: cell values by field type, with and without typecast, and as text for the page."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from connectors.airtable.sandbox_errors import invalid
from connectors.airtable.schema import COMPUTED

NUMBERS = frozenset({"number", "currency", "percent", "duration", "rating"})
LONGEST = 100_000
TEXTS = frozenset({"singleLineText", "multilineText", "richText", "email", "url", "phoneNumber"})
LINKS = "multipleRecordLinks"
KNOWN = NUMBERS | TEXTS | COMPUTED | {"singleSelect", "multipleSelects", "checkbox", "date", "dateTime", LINKS}
TICKED = ("1", "true", "yes", "on", "checked")


@dataclass
class Column:
    """One field of a table; ``options`` as Airtable's schema has them, ``{"choices": [{"id", "name"}]}`` and the like."""

    id: str
    name: str
    type: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def computed(self) -> bool:
        return self.type in COMPUTED

    @property
    def choices(self) -> list[str]:
        return [choice["name"] for choice in self.options.get("choices", ())]

    def schema(self) -> dict[str, Any]:
        described: dict[str, Any] = {"id": self.id, "name": self.name, "type": self.type}
        return described | ({"options": self.options} if self.options else {})


def accept(column: Column, value: Any, typecast: bool) -> Any:
    """The cell to keep, ``None`` for a blank one; 422 when the column does not take the value. Links are not its business."""
    if column.computed:
        message = f'Field "{column.name}" cannot accept a value because the field is computed'
        raise invalid(message, "INVALID_VALUE_FOR_COLUMN")
    if value is None or value == "" or value == [] or value is False:
        return None
    if column.type in TEXTS:
        return _text(column, value, typecast)
    if column.type in NUMBERS:
        return _number(column, value, typecast)
    if column.type == "checkbox":
        if typecast and isinstance(value, str):
            return True if value.strip().lower() in TICKED else None
        return value if value is True else _refuse(column)
    if column.type in ("date", "dateTime"):
        return _when(column, value)
    if column.type == "singleSelect":
        return _choice(column, value, typecast)
    if column.type == "multipleSelects":
        values = value.split(",") if typecast and isinstance(value, str) else value
        if not isinstance(values, list):
            _refuse(column)
        return [_choice(column, each.strip() if typecast else each, typecast) for each in values]
    return value


def _text(column: Column, value: Any, typecast: bool) -> str:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else _refuse(column)
    return json.dumps(value) if typecast else _refuse(column)


def _number(column: Column, value: Any, typecast: bool) -> int | float:
    if typecast and isinstance(value, str):
        digits = re.sub(r"[^0-9.eE+-]", "", value)
        try:
            value = float(digits)
        except ValueError:
            _refuse(column)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse(column)
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)


def _when(column: Column, value: Any) -> str:
    if not isinstance(value, str):
        _refuse(column)
    try:
        if column.type == "date":
            return date.fromisoformat(value[:10]).isoformat()
        moment = datetime.fromisoformat(value)
    except ValueError:
        return str(_refuse(column))
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _choice(column: Column, value: Any, typecast: bool) -> str:
    if not isinstance(value, str):
        _refuse(column)
    if value not in column.choices:
        if not typecast:
            message = f'Insufficient permissions to create new select option "{json.dumps(value)}"'
            raise invalid(message, "INVALID_MULTIPLE_CHOICE_OPTIONS")
        column.options.setdefault("choices", []).append({"id": f"sel{len(column.choices):014d}", "name": value})
    return str(value)


def _refuse(column: Column) -> Any:
    raise invalid(f'Field "{column.name}" cannot accept the provided value', "INVALID_VALUE_FOR_COLUMN")


def shown(value: Any) -> str:
    """A cell as text, as a formula and the page see it."""
    if value is None:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return json.dumps(value) if isinstance(value, dict) else str(value)
