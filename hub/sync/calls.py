"""What a run asked its system, for who looks why it went as it did: no query, header or body, and not of every run."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from hub import redact
from hub.store import runs
from hub.store.tables import RunCalls
from hub.sync.turn import Turn

MOST = 100
"""Calls of one run that are kept, the newest."""
QUIET = frozenset({"read", "unchanged", "not_shared", "kept", "calls_used", "calls_allowed", "calls_stop"})
"""Counts of a run in which nothing happened."""


class Calls:
    """Hears every call while the run goes on, which costs a line in memory; stores them when it is over."""

    def __init__(self) -> None:
        self._heard: deque[Mapping[str, Any]] = deque(maxlen=MOST)
        self._number = 0

    def hear(self, call: Mapping[str, Any]) -> None:
        self._heard.append(call)
        self._number += 1

    def store(self, conn: Connection, turn: Turn, state: str) -> None:
        """Where there is something to look into: a run that ended well and found nothing keeps none, or the many that
        only ask whether anything changed would fill the database."""
        idle = state == "done" and not any(count for name, count in turn.counts.items() if name not in QUIET)
        if self._heard and not idle:
            lines = [_line(call) for call in self._heard]
            runs.keep_calls(conn, RunCalls(run_id=turn.run_id, at=turn.now(), number=self._number, calls=lines))


def _line(call: Mapping[str, Any]) -> list[Any]:
    said = call.get("status") or redact.text(str(call.get("error", "")))
    return [call["method"], redact.text(call["url"]), said, round(call["seconds"] * 1000), call["attempt"]]
