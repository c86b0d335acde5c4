"""Time as a thing that is passed in, so that no test waits on the wall clock."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Time(Protocol):
    """``now`` is aware and in UTC; ``monotonic`` and ``sleep`` are in seconds."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemTime:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


class StoppableTime(SystemTime):
    """The machine's own time, in which nobody sleeps on for long once the process is ``told`` to end. A short pause is slept
    out, so that what is in hand can be finished; a longer one only returns early, and who slept asks ``told``."""

    SHORT = 2.0

    def __init__(self) -> None:
        self.told = threading.Event()

    def sleep(self, seconds: float) -> None:
        if seconds > self.SHORT:
            self.told.wait(seconds)
        else:
            super().sleep(seconds)

    def cut(self, seconds: float) -> bool:
        """Whether a pause of so long was not slept out."""
        return seconds > self.SHORT and self.told.is_set()


class ManualTime:
    """Time that stands still until someone sleeps: for sandboxes and tests.

    ``slept`` lists every sleep in seconds, in order.
    """

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._passed = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._passed += max(0.0, seconds)
