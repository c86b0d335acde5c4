"""Dates of a timeline. The protocol has three kinds of event: one date, a range, and words ("every other Tuesday").

``starts`` and ``ends`` say of any of them when that is: ``2026-03-31``, ``2026-03-31T17:00:00``, or the words. Times are
the publisher's wall clock; the protocol gives no zone, so none is added.
"""

from __future__ import annotations

import re
from typing import Any

COMPUTED = ("starts", "ends")
PARTS = (
    "name", "eventType", "description", "date", "time", "startDate", "startTime", "endDate", "endTime", "details", *COMPUTED,
)  # fmt: skip
_TIME = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)


def part(event: Any, name: str) -> Any:
    """A part of an event as it is, or one of the computed."""
    if not isinstance(event, dict):
        return None
    return _moment(event, name == "ends") if name in COMPUTED else event.get(name)


def _moment(event: dict[str, Any], ends: bool) -> Any:
    """Some publishers leave ``eventType`` out, so what is there decides."""
    day, time = event.get("date"), event.get("time")
    if not day:
        which = "end" if ends else "start"
        day, time = event.get(f"{which}Date"), event.get(f"{which}Time")
    if not day:
        return event.get("details") or event.get("description")
    timed = isinstance(day, str) and isinstance(time, str) and _TIME.fullmatch(time)
    return f"{day}T{time}" if timed else day
