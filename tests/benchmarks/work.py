"""One piece of the hub's work in a process of its own: ``python -m tests.benchmarks.work WHAT DATABASE URL...`` prints what it
cost as a line of JSON. What is set up first is not counted."""

from __future__ import annotations

import cProfile
import os
import pstats
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

from connectors.clock import SystemTime
from connectors.contract import Connector
from hub import garbage
from hub.app import Hub, wanted
from hub.config import Config, ConnectionConfig, MemberConfig
from hub.ids import Ids
from hub.store import members
from hub.store.engine import open_engine
from hub.sync.run import OneRun
from tests.benchmarks.connector import Paged
from tests.benchmarks.peers.measure import measured

MAPPING = str(__import__("pathlib").Path(__file__).with_name("system.toml"))
RUNS = 50
"""In which nothing changed: one costs less than the clock of the processor tells apart."""


class Benched(Hub):
    """A hub whose connections go to the benchmark's servers, by name."""

    urls: dict[str, str]
    feed: Literal["timestamp", "full_scan"]
    writes: bool

    def connect(self, connection: str, patience: float | None = None) -> Connector:
        transport = self._transport(
            hosts=[self.urls[connection].removeprefix("http://")], time=self.time, allow_http=True
        )
        return Paged(self.urls[connection], wanted(self.mapping(connection)), transport, self.feed, self.writes)


def opened(
    database: str, urls: list[str], feed: Literal["timestamp", "full_scan"] = "timestamp", beside: int = 0
) -> Benched:
    """The first server's member shares all it has, the others import all there is; so many connections ``beside`` want nothing."""
    from hub.app import _register

    names = [*"abcdefghijkl"[: max(2, len(urls))], *(f"n{number:05}" for number in range(beside))]
    connections = {
        name: ConnectionConfig(
            name, name, "paged", MAPPING, shares=name == "a", imports=() if name in "bcdefghijkl" else None,
            first_sync="go", allow_http=True,
        )
        for name in names
    }  # fmt: skip
    members_ = {name: MemberConfig(name, name.title(), "a benchmark") for name in names}
    time = SystemTime()
    engine = open_engine(database)
    # Another process makes its tables: what Alembic needs for that is no part of a sync, in time or in memory.
    making = "import sys; from hub.store import engine, migrate; migrate.migrate(engine.open_engine(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", making, database], check=True)
    hub = Benched(Config(database, members_, connections, digest="bench"), engine, time=time, ids=Ids(time.now))
    hub.urls, hub.feed, hub.writes = dict.fromkeys(names, urls[-1]) | dict(zip(names, urls, strict=False)), feed, True
    with hub.writing() as conn:
        if not members.names(conn):
            _register(conn, hub)
    return hub


def take_in(hub: Benched, *names: str) -> int:
    """Pull and judge, without writing anywhere."""
    steps = [OneRun(hub, name, "bench") for name in names or ["a"]]
    for step in steps:
        step.take_in()
        assert step.result.state == "running", step.result
        step.give_out()
        assert step.result.state == "done", step.result
    return sum(step.result.counts["read"] for step in steps)


def whole(hub: Benched, *names: str) -> int:
    """Pull all, then push all, as ``hub sync`` does."""
    steps = [OneRun(hub, name, "bench") for name in names]
    for step in steps:
        step.take_in()
    for step in steps:
        step.give_out()
        assert step.result.state == "done", step.result
    return sum(step.result.counts["pushed"] + step.result.counts["pushed_new"] for step in steps)


def touched(urls: list[str], count: int) -> None:
    import requests

    requests.post(f"{urls[0]}/touch?count={count}", timeout=60)


def nothing(hub: Benched) -> int:
    """As many runs in which nothing changed; how many they were."""
    for _ in range(RUNS):
        assert take_in(hub) == 0
    return RUNS


def asked(urls: list[str]) -> dict[str, int]:
    """How often the systems were called so far, by method."""
    import requests

    told: Counter[str] = Counter()
    for url in urls:
        told.update(requests.get(f"{url}/calls", timeout=60).json())
    return dict(told)


def work(what: str, database: str, urls: list[str]) -> None:
    feed: Any = "full_scan" if what == "rescan" else "timestamp"
    hub = opened(database, urls, feed)
    act: Callable[[], int]
    if what == "in":
        hub.writes = False  # the keys that go back into the records are another row of the table
        act = lambda: take_in(hub)  # noqa: E731
    elif what in ("nothing", "rescan"):
        take_in(hub)
        take_in(hub)
        act = (lambda: nothing(hub)) if what == "nothing" else (lambda: take_in(hub))
    elif what == "push":
        take_in(hub)
        act = lambda: whole(hub, "b")  # noqa: E731
    else:
        whole(hub, *hub.urls)
        whole(hub, *hub.urls)
        touched(urls, 100)
        act = lambda: whole(hub, *hub.urls)  # noqa: E731
    garbage.search_seldom()
    writes, before = counted(hub), asked(urls)
    profile = os.environ.get("BENCH_PROFILE")
    if profile:
        run, spy = act, cProfile.Profile(time.process_time)

        def act() -> int:
            with spy:
                return run()

    measured(act, statements=writes, calls=lambda: {kind: n - before.get(kind, 0) for kind, n in asked(urls).items()})
    if profile:
        spy.dump_stats(profile)
        pstats.Stats(spy, stream=sys.stderr).sort_stats("tottime").print_stats(45)


def counted(hub: Benched) -> list[str]:
    """The statements that changed something, from now on."""
    from sqlalchemy import event

    seen: list[str] = []

    @event.listens_for(hub.engine, "after_cursor_execute")
    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("SELECT", "BEGIN", "PRAGMA")):
            seen.append(statement[:60])
            if len(seen) > 50:
                del seen[40:]

    return seen


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], sys.argv[3:])
