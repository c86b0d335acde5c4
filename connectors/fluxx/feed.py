"""Where reading changes starts: the newest ``updated_at`` seen, less an overlap.

Every date example of the vendor has whole days; that a filter heeds the time of day is not verified. So by default
whole days are asked for, from the day before the newest change seen: whatever zone the site counts its days in, that
is twelve hours of overlap at least, and an update that waits for the index needs five minutes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import CursorExpired
from connectors.fluxx import filters
from schemas.said import phrase

STAMP = "updated_at"
OVERLAP = timedelta(hours=1)
"""Where moments are asked for: the index may be five minutes behind, and a scan takes some minutes itself."""

AHEAD = timedelta(days=366)
"""How far beyond today a range of days reaches, so that no clock needs to be right."""

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)


def moment(stamp: Any) -> datetime | None:
    """A stamp as the wire has it, in UTC; ``None`` where it is none."""
    if not isinstance(stamp, str) or not _FORM.fullmatch(stamp):
        return None
    try:
        return datetime.fromisoformat(stamp).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def position(cursor: str) -> datetime:
    """Reads a cursor; ``CursorExpired`` if it is none."""
    found = moment(cursor)
    if found is None or found.year < 1990:
        raise CursorExpired(
            phrase("%(cursor)s is not a position in Fluxx's changes; everything is read anew.", cursor=repr(cursor))
        )
    return found


def condition(since: datetime, finely: bool, now: datetime) -> filters.Filter:
    """What to ask for. ``finely``: by the second."""
    if finely:
        return filters.since(STAMP, written(since - OVERLAP))
    return filters.days(STAMP, since.date() - timedelta(days=1), (max(since, now) + AHEAD).date())
