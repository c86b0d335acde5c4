"""Three budgets of calls a minute, by what is asked (REST API v2 guide, "Rate limits")."""

from __future__ import annotations

from collections import defaultdict, deque

from connectors.clock import Time
from connectors.fluxx.sandbox_errors import WireError

CALLS = {"list": 1500, "get": 180, "write": 60}
MINUTE = 60.0


class TooMany(WireError):
    """``wait``: seconds until there is room again."""

    def __init__(self, wait: float) -> None:
        super().__init__("API rate limit exceeded", status=429, code=429, certain=True)
        self.wait = wait


class Limits:
    """``calls`` by kind, empty for a site without limits. ``tells``: whether a 429 has Retry-After."""

    def __init__(self, time: Time, limited: bool = True) -> None:
        self._time = time
        self.calls = dict(CALLS) if limited else {}
        self.tells = False
        self._recent: dict[str, deque[float]] = defaultdict(deque)

    def count(self, kind: str) -> None:
        """One more call; ``TooMany`` when it is one too many."""
        if kind not in self.calls:
            return
        now, recent = self._time.monotonic(), self._recent[kind]
        while recent and recent[0] <= now - MINUTE:
            recent.popleft()
        if len(recent) >= self.calls[kind]:
            raise TooMany(recent[0] + MINUTE - now)
        recent.append(now)
