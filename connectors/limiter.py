"""When the next call may go out: vendors count calls per base, org or token, not per process or thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from connectors.clock import Time
from connectors.contract import Rate, RateLimited
from schemas.said import phrase

if TYPE_CHECKING:
    from connectors.answer import Answer

# Calls leave evenly and arrive unevenly: a window a little longer than the vendor's keeps a
# late first call and an early sixth out of the same second there.
MARGIN = 1.05


@dataclass(frozen=True, slots=True)
class Throttle:
    """How politely to talk to one place.

    ``scope`` names what the vendor counts for ("airtable:appX"); a 429 pauses all of it, for
    ``wait_on_429`` seconds where the vendor fixes that, else as its Retry-After says.
    ``spent`` looks at a 429 and returns a sentence when it means that a daily or monthly budget
    is used up: then ``QuotaSpent`` is raised and nothing is repeated.
    """

    scope: str
    rates: tuple[Rate, ...] = ()
    wait_on_429: float | None = None
    spent: Callable[[Answer], str | None] | None = None


class Limits(Protocol):
    """Keeps rates. Connectors and the transport need no more of it."""

    def reserve(self, throttle: Throttle, most: float) -> float:
        """Take the next free place; the seconds to wait for it. More than ``most``: nothing is
        taken and ``RateLimited`` is raised."""
        ...

    def pause(self, scope: str, seconds: float) -> None:
        """Nothing more to this scope for so long."""
        ...


def too_long(scope: str, seconds: float) -> RateLimited:
    return RateLimited(
        phrase(
            "%(scope)s: the next call may go out in %(seconds)s seconds; try again then.",
            scope=scope,
            seconds=f"{seconds:.0f}",
        ),
        seconds,
    )


class Limiter:
    """Keeps the rates of one process. Where there are several the hub passes one that they share."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._lock = threading.Lock()
        self._granted: dict[tuple[str, int, float], deque[float]] = {}
        self._paused_until: dict[str, float] = {}

    def reserve(self, throttle: Throttle, most: float) -> float:
        with self._lock:
            now = self._time.monotonic()
            at = max(now, self._paused_until.get(throttle.scope, now))
            for rate in throttle.rates:
                at = max(at, self._paused_until.get(rate.scope, now), self._free_from(rate))
            if at - now > most:
                raise too_long(throttle.scope, at - now)
            for rate in throttle.rates:
                self._places(rate).append(at)
            return at - now

    def pause(self, scope: str, seconds: float) -> None:
        with self._lock:
            until = self._time.monotonic() + seconds
            self._paused_until[scope] = max(until, self._paused_until.get(scope, until))

    def _places(self, rate: Rate) -> deque[float]:
        return self._granted.setdefault((rate.scope, rate.calls, rate.seconds), deque(maxlen=rate.calls))

    def _free_from(self, rate: Rate) -> float:
        places = self._places(rate)
        if len(places) < rate.calls:
            return places[-1] if places else self._time.monotonic()
        return max(places[0] + rate.seconds * MARGIN, places[-1])
