"""What one connection costs among many: ``python -m tests.benchmarks.among CONNECTIONS IMPORTERS DATABASE URL...`` prints a line of
JSON with milliseconds of CPU: of a run that finds nothing, of the clock's look at what is due, and of 100 changes in one system that
go to so many importers (none of the others wants them), for each record written."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from hub.jobs import scheduled
from hub.store import connections
from tests.benchmarks.work import Benched, opened, take_in, touched, whole

RUNS = 20


def main(count: int, importers: int, database: str, urls: list[str]) -> None:
    hub = opened(database, urls, beside=count - importers - 1)
    names = list(hub.urls)[: importers + 1]
    for _ in range(2):
        whole(hub, *names)
    _rest(hub)
    told = {"nothing": _each(lambda: take_in(hub)), "tick": _each(lambda: len(scheduled.due(hub)))}
    touched(urls, 100)
    began = time.process_time()
    written = whole(hub, *names)
    spent = time.process_time() - began
    assert written >= 100 * importers, written
    print(json.dumps(told | {"written": 1000 * spent / written, "importers": importers, "connections": count}))


def _rest(hub: Benched) -> None:
    """Nobody is due: what the clock finds nearly always."""
    with hub.writing() as conn:
        for name in hub.urls:
            connections.change(conn, name, due_at=hub.time.now() + timedelta(hours=1))


def _each(work: Callable[[], int]) -> float:
    work()
    began = time.process_time()
    for _ in range(RUNS):
        work()
    return 1000 * (time.process_time() - began) / RUNS


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
