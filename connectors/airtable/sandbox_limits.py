"""Airtable's rate limit: so many calls a second a base, and after one too many 30 seconds of nothing but 429."""

from __future__ import annotations

from collections import deque

from connectors.airtable.sandbox_errors import WireError
from connectors.clock import Time

PENALTY = 30.0


class Limit:
    """``calls`` in one second, ``None`` for no limit. ``budget`` is the calls left in this month, ``None`` for plenty."""

    def __init__(self, time: Time, calls: int | None) -> None:
        self._time = time
        self.calls = calls
        self.budget: int | None = None
        self._recent: deque[float] = deque()
        self._penalty_until = 0.0

    def count(self) -> None:
        """One more call; 429 when it is one too many."""
        if self.budget is not None:
            if self.budget <= 0:
                raise WireError(429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED", "The monthly API limit has been reached")
            self.budget -= 1
        if self.calls is None:
            return
        now = self._time.monotonic()
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
        self._recent.append(now)
        if now < self._penalty_until:
            raise _too_many()
        if len(self._recent) > self.calls:
            self._penalty_until = now + PENALTY
            raise _too_many()


def _too_many() -> WireError:
    return WireError(429, "RATE_LIMIT_REACHED", "Rate limit exceeded. Please try again later")
