"""How many calls a minute the stand-in answers, and what it says to one too many."""

from __future__ import annotations

from collections import deque

from connectors.clock import Time
from connectors.commongrants.sandbox_list import WireError


class Limit:
    """``calls`` in a minute, ``None`` for no limit."""

    def __init__(self, time: Time, calls: int | None) -> None:
        self._time = time
        self._recent: deque[float] = deque()
        self.calls = calls

    def count(self) -> None:
        """One more call; 429 with ``Retry-After`` when it is one too many."""
        if self.calls is None:
            return
        now = self._time.monotonic()
        while self._recent and self._recent[0] <= now - 60.0:
            self._recent.popleft()
        if len(self._recent) >= self.calls:
            wait = 60.0 - (now - self._recent[0])
            raise WireError(429, "Too many requests", {"Retry-After": str(max(1, round(wait + 0.5)))})
        self._recent.append(now)
