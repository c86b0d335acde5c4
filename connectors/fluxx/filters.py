"""The part of the filter grammar that is sent. Values are strings, a valueless operator takes "-".

Source: Fluxx REST API v2 guide, "Filtering". Models that no index stands behind take equality only, in a form of
their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

Filter = dict[str, Any]


def every(*conditions: list[str]) -> Filter:
    return {"group_type": "and", "conditions": list(conditions)}


def equal(values: Mapping[str, str]) -> Filter:
    """All of these columns have these values."""
    return every(*([column, "eq", value] for column, value in values.items()))


def filled(column: str) -> Filter:
    return every([column, "not-null", "-"])


def days(column: str, first: date, last: date) -> Filter:
    """From this day to that, both included."""
    return every([column, "range", f"{first:%m/%d/%Y} - {last:%m/%d/%Y}"])


def since(column: str, moment: str) -> Filter:
    """At or after a moment, if the site compares as finely as that."""
    return every([column, "gte", moment])


def plain(model: str, values: Mapping[str, str]) -> Filter:
    """Equality for a model that is not indexed."""
    return {model: dict(values)}
