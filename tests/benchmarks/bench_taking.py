"""What programs and people take away of 100,000 opportunities in a commons of 300 members: the lists and searches of CommonGrants, and a
file of each format. ``python -m tests.benchmarks.bench_taking [COUNT] [postgresql | URL]``."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from hub import exports
from hub.app import Hub
from hub.tokens import create
from hub.web.app import create_app
from tests.benchmarks.bench_finding import filled

RUNS = 7
PAGE, SEARCH, ROWS = 0.25, 0.25, 2_000
"""Seconds of its own for a page and for a search, at the median; rows a second of a file. A page has 100 items."""
GROWS = 60.0
"""MB that a file may add to what the process holds already, however many rows it has."""
ROOT = "/common-grants/opportunities"


def main(count: int = 100_000, url: str = "") -> None:
    with filled(count, url) as hub:
        slow = [*pages(hub), *files(hub, count)]
    assert not slow, f"over their bar: {', '.join(slow)}"


def pages(hub: Hub) -> list[str]:
    client, (_row, token) = create_app(hub).test_client(), create(hub, "m7", "bench", ["read"])
    headers = {"Authorization": f"Bearer {token}"}

    def listed(page: int) -> Callable[[], Any]:
        return lambda: client.get(f"{ROOT}?page={page}&pageSize=100", headers=headers)

    def searched(**body: Any) -> Callable[[], Any]:
        return lambda: client.post(f"{ROOT}/search", json=body, headers=headers)

    calls = {
        "first page": (listed(1), PAGE),
        "page 500": (listed(500), PAGE),
        "one of them": (_one(client, headers), PAGE),
        "all, newest first": (searched(), SEARCH),
        "open calls": (searched(filters={"status": {"operator": "in", "value": ["open", "forecasted"]}}), SEARCH),
        "a rare word": (searched(search="w15001"), SEARCH),
        "projects by title": (
            searched(filters={"customFilters": {"opportunityKind": {"operator": "in", "value": ["project"]}}}, sorting={"sortBy": "title", "sortOrder": "asc"}),
            SEARCH,
        ),
    }  # fmt: skip
    return [what for what, (call, bar) in calls.items() if measured(what, call) > bar]


def _one(client: FlaskClient, headers: dict[str, str]) -> Callable[[], Any]:
    first = client.get(ROOT, headers=headers).get_json()["items"][0]["id"]
    return lambda: client.get(f"{ROOT}/{first}", headers=headers)


def measured(what: str, call: Callable[[], Any]) -> float:
    """Seconds of this process's own time at the median."""
    took: dict[str, list[float]] = {"clock": [], "own": []}
    for _ in range(RUNS):
        clock, own = time.perf_counter(), time.process_time()
        answer = call()
        took["clock"].append(time.perf_counter() - clock)
        took["own"].append(time.process_time() - own)
        assert answer.status_code == 200, answer.text
        if took["clock"][-1] > 10:
            break
    clock, own = (statistics.median(took[kind]) for kind in ("clock", "own"))
    print(f"{what:>20}: median {1000 * clock:8.1f} ms by the clock, {1000 * own:8.1f} ms of its own")
    return own


def files(hub: Hub, count: int) -> list[str]:
    slow = []
    for format in exports.FORMATS:
        reader, before = exports.Reader("m7", "m7"), _held()
        clock, own = time.perf_counter(), time.process_time()
        size = sum(map(len, exports.export(hub, reader, format)))
        took, of_its_own, more = time.perf_counter() - clock, time.process_time() - own, _held() - before
        clock = time.process_time()
        rows = exports.losses(hub, reader, format).rows
        told = time.process_time() - clock
        print(
            f"{format:>20}: {size / 1e6:6.1f} MB in {took:6.1f} s by the clock, {of_its_own:6.1f} s of its own; {more:4.0f} MB more"
            f" held; what it leaves out is told in {told:.1f} s ({rows} rows)"
        )
        if count / of_its_own < ROWS or more > GROWS:
            slow.append(format)
    return slow


def _held() -> float:
    """The most that the process has held so far, in MB (getrusage(2): KB on Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, *sys.argv[2:3])
