"""Retry-After in all the forms that servers send (RFC 9110 section 10.2.3), and in those they should not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 6 * 3600.0
_SECONDS = re.compile(r"[0-9]{1,9}")


def seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait, at most six hours; ``None`` when absent or senseless ("soon", "-5", "1.5", "120, 60").

    A date is measured against the server's own ``Date``, so that its clock may be wrong.
    """
    value = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), LONGEST)
    until = _date(value)
    if until is None:
        return None
    since = _date(headers.get("date", "").strip()) or now
    return min(max(0.0, (until - since).total_seconds()), LONGEST)


def _date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
