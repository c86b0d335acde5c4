"""How many calls a member's program and pages a person may ask for in a minute, so that none takes the hub from the others.

Counted in this process. An allowance fills up evenly (a token bucket), so that a burst may use up what was saved
within a minute and no more.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field

PAGES = 1200
"""Pages a minute of one account, and of one address where nobody is signed in: twenty a second, which nobody who reads reaches."""
KNOWN = 10_000
"""How many are remembered before those whose allowance is full again are forgotten: addresses cost an attacker little."""


@dataclass(slots=True)
class Ration:
    """``a_minute`` calls; 0 for no limit."""

    a_minute: int
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, who: str, now: float) -> int:
        """Counts one call at a moment of a monotonic clock. 0 where it may go on, else the seconds until it may."""
        if not self.a_minute:
            return 0
        pace = self.a_minute / 60
        with self._lock:
            if len(self._left) >= KNOWN:
                self._left = {name: (left, at) for name, (left, at) in self._left.items() if now - at < 60}
            left, at = self._left.get(who, (float(self.a_minute), now))
            left = min(float(self.a_minute), left + max(0.0, now - at) * pace)
            if left < 1:
                self._left[who] = (left, now)
                return max(1, math.ceil((1 - left) / pace))
            self._left[who] = (left - 1, now)
            return 0
