"""Reading a change feed that is ordered by the system's own stamps without missing what becomes visible late.

Three habits, each against a gap: the next reading starts an overlap before the newest stamp seen (a row
may bear the time of its change and be shown only when its transaction ends); it asks for rows *at or
after* that start (equal stamps may still follow); and the start moves only when the last page was read.
Rows come twice that way, which is harmless: what is as it was is no change.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Window:
    """One reading of such a feed, from ``since`` (None: everything). Stamps are by the system's clock only."""

    def __init__(self, since: datetime | None, overlap: timedelta) -> None:
        self.since = since
        self._overlap = overlap
        self._newest: datetime | None = None

    def condition(self, column: str, literal: str) -> str:
        """What to ask for, ``literal`` being ``since`` as the system writes it; empty for everything."""
        return f"{column} >= {literal}" if self.since else ""

    def saw(self, stamp: datetime) -> None:
        """A row with this stamp was shown."""
        self._newest = stamp if self._newest is None else max(self._newest, stamp)

    def next(self, last: bool) -> datetime | None:
        """Where the next reading starts, never before this one did; ``None`` while pages are still to come."""
        if not last:
            return None
        start = self.since or BEGINNING
        return start if self._newest is None else max(start, self._newest - self._overlap)
