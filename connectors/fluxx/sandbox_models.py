"""The models of the stand-in and their columns, with what a value becomes in each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.fluxx.fields import CORE, STEM
from connectors.fluxx.sandbox_errors import WireError

INNER = {
    "amount_recommended": "decimal", "all_notes": "text!", "coi_declaration": "text", "ofac_status": "string",
    "ierf_probability": "string", "ierf_due_diligence_notes": "text", "request_review_summary": "text!",
}  # fmt: skip
"""Columns that are there and that nobody outside may ask for."""

TYPES: Mapping[str, Mapping[str, str]] = {
    "grant_request": {**CORE["grant_request"], **INNER},
    "organization": CORE["organization"],
    "user": {**STEM, "first_name": "string", "last_name": "string", "email": "string"},
    "program": {**STEM, "name": "string"},
    "note": {**STEM, "note": "text", "notable_id": "integer", "private": "boolean"},
    "model_theme": {**STEM, "name": "string", "model_type": "string"},
    "model_attribute": {
        **STEM, "model_type": "string", "name": "string", "description": "string", "attribute_type": "string",
        "multi_allowed": "boolean",
    },
    "model_attribute_value": {
        **STEM, "model_attribute_id": "relation:model_attribute", "value": "string", "description": "string",
        "retired": "boolean",
    },
}  # fmt: skip

UNINDEXED = frozenset({"model_theme", "model_attribute", "model_attribute_value"})
"""Models that no index stands behind: equality only, and always as they are now."""


@dataclass(frozen=True, slots=True)
class Column:
    """``target`` is the model that a relation points at."""

    name: str
    type: str
    writable: bool = True
    target: str = ""
    choices: tuple[str, ...] = ()
    several: bool = False


@dataclass
class Model:
    name: str
    columns: dict[str, Column] = field(default_factory=dict)

    @property
    def indexed(self) -> bool:
        return self.name not in UNINDEXED

    def column(self, name: Any) -> Column:
        """By its name, or by that of a relation without ``_id``."""
        found = self.columns.get(str(name)) or self.columns.get(f"{name}_id")
        if found is None:
            raise WireError(f"undefined method `{name}' for {self.name}")
        return found


def models() -> dict[str, Model]:
    return {
        name: Model(name, {column: _column(column, kind) for column, kind in columns.items()})
        for name, columns in TYPES.items()
    }


def _column(name: str, kind: str) -> Column:
    type, _, target = kind.rstrip("!").partition(":")
    return Column(name, type, not kind.endswith("!"), target)


def accept(column: Column, value: Any) -> Any:
    """What is kept of a written value; ``None`` for a cleared one."""
    if isinstance(value, Mapping) and set(value) == {"id"}:
        value = value["id"]
    if value is None or value == "" or value == []:
        return None
    if column.several:
        raise WireError(f"{column.name} takes several values: use model_attribute_choice")
    if column.choices and value not in column.choices:
        raise WireError(f"{column.name} is not included in the list")
    try:
        return _as_type(column.type, value)
    except (ValueError, TypeError, InvalidOperation):
        raise WireError(f"{column.name} is invalid") from None


def _as_type(type: str, value: Any) -> Any:
    if type in ("integer", "relation", "key"):
        if isinstance(value, bool):
            raise ValueError
        return int(str(value))
    if type in ("decimal", "float", "currency"):
        number = Decimal(str(value))
        if not number.is_finite():
            raise ValueError
        return number
    if type == "boolean":
        return value in (True, "true", "1", 1, "yes", "t")
    if type == "datetime":
        return stamp_of(str(value))
    if type == "date":
        return day_of(str(value)).isoformat()
    if not isinstance(value, str):
        return str(value)
    return value


def stamp_of(text: str) -> str:
    """A moment as it is kept and shown; a day is its midnight."""
    found = datetime.fromisoformat(text)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def day_of(text: str) -> date:
    """From ``2020-01-27``, a moment on that day, or ``01/27/2020``."""
    american = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", text.strip())
    if american:
        return date(int(american[3]), int(american[1]), int(american[2]))
    return date.fromisoformat(text.strip()[:10])
